"""From a model's card to the model, ready to color: its weights, its device and its settings."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from kinemacolor import weights as weights_files
from kinemacolor.errors import ModelError, SettingError, WeightsError
from kinemacolor.models import settings as model_settings
from kinemacolor.models.base import Colorizer
from kinemacolor.models.cards import CARDS, ModelCard, card_of
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.default import DEFAULT
from kinemacolor.models.devices import device_of
from kinemacolor.models.host_memory import keep_few_arenas
from kinemacolor.models.spatiotemporal.memory_restriction import DenseRestriction

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def dtype_of(precision: str | torch.dtype | None) -> torch.dtype | None:
    """The dtype of a ``--precision`` name, or the dtype itself; None (the model's own choice) for ``auto``.

    Raises ``SettingError`` for another name.
    """
    if precision is None or isinstance(precision, torch.dtype):
        return precision
    if precision != "auto" and precision not in _DTYPES:
        raise SettingError(f"There is no precision '{precision}'. Give auto, {', '.join(_DTYPES)}.")
    return _DTYPES.get(precision)


def settings_of(card: ModelCard, values: Mapping[str, object], *, memory: MemoryPolicy | None = None) -> Any:
    """The model's settings with some changed by name, as text or as values; ``memory`` is what they begin as.

    None is for the model to choose, by its weights. Raises ``SettingError`` for a name that the model does not have,
    or a value that it cannot take.
    """
    changes = {**values, **card.fixed}
    if not changes:
        return memory
    return model_settings.changed(memory or import_module(card.package).SETTINGS, changes, model=card.name)


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


def _restriction(card: ModelCard, wanted: object) -> type[DenseRestriction] | None:
    """The restriction that the setting ``restrict`` asks for."""
    if wanted is None or wanted == "none":
        return None
    if not card.can_restrict:
        able = ", ".join(each.name for each in CARDS.values() if each.can_restrict)
        raise ModelError(
            f"Model '{card.name}' has no memory to restrict. Use one that has ({able}), or leave it out."
        )
    if wanted != "dense":
        raise SettingError(f"Setting 'restrict' cannot be '{wanted}'. Give dense, or none.")
    return DenseRestriction


def load_model(
    name: str = DEFAULT,
    *,
    weights: str | Path = "default",
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    memory: MemoryPolicy | None = None,
    settings: Mapping[str, object] | None = None,
    accept_license: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Colorizer:
    """The model with this name, ready to color.

    Args:
        name: a key of ``CARDS``.
        weights: ``"default"`` (included, cached or fetched), one of the card's ``variants``, or a checkpoint's path.
        device: ``"cpu"``, ``"cuda:0"``, ``"gpu"``, ...; None takes a GPU if there is one.
        dtype: the precision of the network's heavy parts; None is the model's own choice.
        memory: how ColorMNet's memory behaves; None is that of its weights.
        settings: the model's own by name (``{"temperature": 0.02}``), as text or as values; ``models.settings``. A
            model that can be restricted also has ``restrict``: ``"dense"`` lets each position read its memory only
            where dense tracks lead.
        accept_license: agree to the license of weights that have to be fetched.
        progress: called with bytes fetched and bytes in all (None if unknown) while fetching.

    Raises:
        ModelError: unknown name, unusable device, or an option that the model does not have.
        SettingError: a name in ``settings`` that the model does not have, or a value that it cannot take.
        WeightsError: weights missing, damaged or of another network; ``LicenseNotAcceptedError`` before a fetch.
    """
    card = card_of(name)
    if memory is not None and not card.takes_memory_policy:
        raise ModelError(f"Model '{name}' has no memory policy. Use --model colormnet, or leave memory out.")
    values = dict(settings or {})
    restriction = _restriction(card, values.pop("restrict", None))
    path = _file_of(card, weights, accept_license=accept_license, progress=progress)
    arguments: dict[str, object] = {"device": device_of(device), "dtype": dtype}
    arguments["settings"] = settings_of(card, values, memory=memory)
    if restriction is not None:
        arguments["restriction"] = restriction
    keep_few_arenas()
    load = import_module(card.package).load
    model: Colorizer = load(path, **arguments) if path is not None else load(**arguments)
    return model
