"""The models by name: what each is, what it needs, whose weights it takes, and how to load it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

import torch

from kinemacolor import weights as weights_files
from kinemacolor.errors import ModelError, WeightsError
from kinemacolor.models import settings as model_settings
from kinemacolor.models.base import Colorizer
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.default import DEFAULT
from kinemacolor.models.spatiotemporal.memory_restriction import DenseRestriction
from kinemacolor.weights import WeightsFile

Precision = Literal["auto", "fp32", "bf16", "fp16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a user should know of a model before choosing it.

    ``package`` is the module that holds its ``load``. ``weights`` is the file to fetch, None where weights come
    with the installation (``included``) or only from a path; ``takes_folder`` where that may be a folder of files.
    ``can_restrict`` where tracks can say what its memory may be asked. ``takes_own`` where a model that needs no
    weights takes a file of the user's. ``variants`` are the names of other weights that come with the installation.
    """

    name: str
    title: str
    summary: str
    exemplars: str
    license: str
    package: str
    included: bool
    weights: WeightsFile | None = None
    takes_memory_policy: bool = False
    takes_folder: bool = False
    can_restrict: bool = False
    takes_masks: bool = False
    takes_own: bool = False
    variants: tuple[str, ...] = ()


CARDS: dict[str, ModelCard] = {
    "colormnet-lite": ModelCard(
        name="colormnet-lite",
        title="ColorMNet-lite",
        summary="Our own: exemplars as memory, colours carried by flow, a learnt guess where neither knows. "
        "Learnt from permissively licensed films and photographs; --weights all from more, of mixed licences.",
        exemplars="one or more",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.colormnet_lite",
        included=True,
        takes_own=True,
        variants=("permissive", "all"),
    ),
    "matching": ModelCard(
        name="matching",
        title="Flow and feature matching",
        summary="Training-free: optical flow where it is consistent, EfficientNet-Lite feature matching elsewhere.",
        exemplars="one or more",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.matching",
        included=True,
    ),
    "flow": ModelCard(
        name="flow",
        title="Optical flow alone",
        summary="The baseline: the exemplar's colours carried from frame to frame by optical flow.",
        exemplars="one or more; best if the first frame is one",
        license="Apache-2.0",
        package="kinemacolor.models.matching",
        included=True,
    ),
    "colormnet": ModelCard(
        name="colormnet",
        title="ColorMNet (ECCV 2024)",
        summary="Memory-based propagation over DINOv2 and ResNet50 features; the authors' weights.",
        exemplars="one or more",
        license="code Apache-2.0; the authors' weights CC BY-NC-SA 4.0 (non-commercial)",
        package="kinemacolor.models.colormnet",
        included=False,
        weights=WeightsFile(
            name="DINOv2FeatureV6_LocalAtten_s2_154000.pth",
            url="https://github.com/yyang181/colormnet/releases/download/v0.1/DINOv2FeatureV6_LocalAtten_s2_154000.pth",
            size_bytes=None,
            sha256=None,
            license="CC BY-NC-SA 4.0 (non-commercial; parts XMem MIT, DINOv2 Apache-2.0)",
            license_url="https://creativecommons.org/licenses/by-nc-sa/4.0/",
        ),
        takes_memory_policy=True,
        can_restrict=True,
    ),
    "deep-exemplar": ModelCard(
        name="deep-exemplar",
        title="Deep Exemplar (CVPR 2019)",
        summary="Each frame matched to the exemplar in VGG19's features and coloured after the one before.",
        exemplars="one or more, of the film or of another scene",
        license=(
            "code Apache-2.0; the authors' weights come without terms of their own (their code is MIT); VGG19's "
            "among them learnt from ImageNet"
        ),
        package="kinemacolor.models.deep_exemplar",
        included=False,
        weights=WeightsFile(
            name="deep-exemplar-colorization_checkpoint.zip",
            url=(
                "https://github.com/zhangmozhe/Deep-Exemplar-based-Video-Colorization/releases/download/v1.0/"
                "colorization_checkpoint.zip"
            ),
            size_bytes=None,
            sha256=None,
            license="no terms of their own (the authors' code is MIT)",
            license_url="https://github.com/zhangmozhe/Deep-Exemplar-based-Video-Colorization",
        ),
        takes_folder=True,
    ),
    "deep-exemplar-lite": ModelCard(
        name="deep-exemplar-lite",
        title="Deep Exemplar in small",
        summary="Deep Exemplar over EfficientNet-Lite features, with a light network that chooses among colours. "
        "Learnt from permissively licensed films and photographs.",
        exemplars="one or more, of the film or of another scene",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.deep_exemplar.lite",
        included=True,
        takes_own=True,
    ),
    "spatiotemporal": ModelCard(
        name="spatiotemporal",
        title="Spatiotemporal correspondence (2020)",
        summary="Colours only from where tracks and object masks lead, refined by deep-exemplar-lite's network.",
        exemplars="one or more; best if they are frames of the film, no more than 100 frames apart",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.spatiotemporal",
        included=True,
        takes_masks=True,
        takes_own=True,
    ),
    "bistnet": ModelCard(
        name="bistnet",
        title="BiSTNet (2022; as released for NTIRE 2023)",
        summary="Two exemplars fused by time and flow, guided by edges and segmentation; the authors' weights.",
        exemplars="two, the shot's first and last frame; or one, or more at known frames",
        license=(
            "code Apache-2.0; the authors' weights come without terms of their own (their code is MIT), with RAFT's "
            "(BSD-3) and ProtoSeg's (MIT; it learnt from Cityscapes, which is for research only)"
        ),
        package="kinemacolor.models.bistnet",
        included=False,
        weights=WeightsFile(
            name="bistnet-checkpoints-v1.0.3.zip",
            url="https://github.com/yyang181/NTIRE23-VIDEO-COLORIZATION/releases/download/v1.0.3/checkpoints.zip",
            size_bytes=None,
            sha256=None,
            license="no terms of their own (the code is MIT); ProtoSeg learnt from Cityscapes, for research only",
            license_url="https://github.com/yyang181/NTIRE23-VIDEO-COLORIZATION",
        ),
        takes_folder=True,
    ),
    "colormnet-small": ModelCard(
        name="colormnet-small",
        title="ColorMNet over a light trunk",
        summary="ColorMNet's memory, local attention and decoder over EfficientNet-Lite0. No trained weights yet.",
        exemplars="one or more",
        license="Apache-2.0",
        package="kinemacolor.models.colormnet_small",
        included=False,
        takes_memory_policy=True,
        can_restrict=True,
    ),
}
"""Every model, by the name that ``--model`` takes."""


_BOTH_WAYS = frozenset({"matching", "flow", "colormnet-lite"})
"""Our own: exemplars inside a shot colour towards its start too. The papers' models go forward, as they are."""


def goes_both_ways(name: str) -> bool:
    """Whether this model colours from exemplars inside a shot in both directions unless told otherwise."""
    return name in _BOTH_WAYS


def list_models() -> list[ModelCard]:
    """The cards of all models, the default first."""
    return sorted(CARDS.values(), key=lambda card: card.name != DEFAULT)


def card_of(name: str) -> ModelCard:
    """The card with this name. Raises ``ModelError`` naming the models there are."""
    try:
        return CARDS[name]
    except KeyError:
        raise ModelError(f"There is no model '{name}'. Models: {', '.join(CARDS)}.") from None


def _device(device: str | torch.device | None) -> torch.device:
    if device is None or device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"Device '{device}' cannot be used here ({reason}). Use --device cpu.") from error
    return chosen


def _file_of(
    card: ModelCard, weights: str | Path, *, accept_license: bool, progress: Callable[[int, int | None], None] | None
) -> Path | None:
    """The file to load, None where the weights come with the installation."""
    if str(weights) in card.variants:
        return Path(str(import_module(card.package).__file__)).with_name(f"{weights}.safetensors")
    if str(weights) != "default":
        if card.included and not card.takes_own:
            raise ModelError(
                f"Model '{card.name}' takes no weights file. Leave --weights out, or use another --model."
            )
        path = Path(weights)
        if not (path.is_file() or (card.takes_folder and path.is_dir())):
            raise WeightsError(f"Weights file {path} does not exist. Give the path of a file that does.")
        return path
    if card.included:
        return None
    if card.weights is None:
        raise WeightsError(
            f"Model '{card.name}' has no published weights. Give a file of your own with --weights PATH."
        )
    return weights_files.fetch(card.weights, accept_license=accept_license, progress=progress)


def load_model(
    name: str = DEFAULT,
    *,
    weights: str | Path = "default",
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    memory: MemoryPolicy | None = None,
    restrict: Literal["dense"] | None = None,
    settings: Mapping[str, object] | None = None,
    accept_license: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Colorizer:
    """The model with this name, ready to colour.

    Args:
        name: a key of ``CARDS``.
        weights: ``"default"`` (included, cached or fetched), one of the card's ``variants``, or a checkpoint's path.
        device: ``"cpu"``, ``"cuda:0"``, ...; None takes a GPU if there is one.
        dtype: the precision of the network's heavy parts; None is the model's own choice.
        memory: how ColorMNet's memory behaves; None is that of its weights.
        restrict: ``"dense"`` lets each position read ColorMNet's memory only where dense tracks lead.
        settings: the model's own by name (``{"temperature": 0.02}``), as text or as values; ``models.settings``.
        accept_license: agree to the licence of weights that have to be fetched.
        progress: called with bytes fetched and bytes in all (None if unknown) while fetching.

    Raises:
        ModelError: unknown name, unusable device, or an option that the model does not have.
        SettingError: a name in ``settings`` that the model does not have, or a value that it cannot take.
        WeightsError: weights missing, damaged or of another network; ``LicenseNotAcceptedError`` before a fetch.
    """
    card = card_of(name)
    if memory is not None and not card.takes_memory_policy:
        raise ModelError(f"Model '{name}' has no memory policy. Use --model colormnet, or leave memory out.")
    if restrict is not None and not card.can_restrict:
        able = ", ".join(each.name for each in CARDS.values() if each.can_restrict)
        raise ModelError(f"Model '{name}' has no memory to restrict. Use one that has ({able}), or leave it out.")
    path = _file_of(card, weights, accept_license=accept_license, progress=progress)
    load = import_module(card.package).load
    arguments: dict[str, object] = {"device": _device(device), "dtype": dtype}
    if card.takes_memory_policy:
        arguments["policy"] = memory
    if name == "flow":
        arguments["features"] = False
    if settings:
        arguments |= model_settings.arguments_for(load, arguments, settings, model=name)
    if restrict is not None:
        arguments["restriction"] = DenseRestriction
    model: Colorizer = load(path, **arguments) if path is not None else load(**arguments)
    return model


def dtype_of(precision: Precision) -> torch.dtype | None:
    """The dtype of a ``--precision`` name; None (the model's own choice) for ``auto``."""
    return _DTYPES.get(precision)
