"""The authors' files: what each holds, and the names of its tensors, theirs and ours.

These tables are the only place that knows their names. VGG19's convolutions bear the same names in both.
"""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.layers.vgg import BEYOND
from kinemacolor.models import release
from kinemacolor.weights.tensors import read_tensors

FILES = {
    "features": "vgg19_conv.pth",
    "correspondence": "nonlocal_net_iter_*.pth",
    "colorization": "colornet_iter_*.pth",
}
"""The release's files by the part of ``DeepExemplar`` that they hold. ``vgg19_gray.pth`` has no use."""

_ADVICE = "Give the authors' colorization_checkpoint.zip, the folder it unpacks to, or a file that Kinemacolor saved."


def _branch(number: int, *positions: int) -> dict[str, str]:
    ours = ("first", "first_slope", "second", "second_slope")
    return {f"layer{number}_1.{at}": f"branch{number}.{name}" for at, name in zip(positions, ours)}


CORRESPONDENCE = {
    **_branch(2, 1, 3, 5, 7),
    **_branch(3, 1, 3, 5, 7),
    **_branch(4, 1, 3, 5, 7),
    **_branch(5, 1, 3, 6, 8),
    **{
        f"layer.{block}.{theirs}": f"blocks.{block}.{ours}"
        for block in range(3)
        for theirs, ours in (("conv1", "first"), ("prelu", "slope"), ("conv2", "second"))
    },
    "theta": "theta",
    "phi": "phi",
}
"""Layers of N, theirs and ours."""

COLORIZATION = {
    "conv1_1.0": "block1.convs.0",
    "conv1_1.2": "block1.convs.1",
    "conv1_2": "block1.convs.2",
    **{
        f"conv{block}_{number}": f"block{block}.convs.{number - 1}"
        for block in range(2, 8)
        for number in range(1, 3 if block == 2 else 4)
    },
    "conv1_2norm_ss": "down1",
    "conv2_2norm_ss": "down2",
    "conv3_3norm_ss": "down3",
    "conv8_1.1": "join8.up",
    "conv3_3_short": "join8.skip",
    "conv8_2": "block8.convs.0",
    "conv8_3": "block8.convs.1",
    "conv9_1.1": "join9.up",
    "conv2_2_short": "join9.skip",
    "conv9_2": "block9.convs.0",
    "conv10_1.1": "join10.up",
    "conv1_2_short": "join10.skip",
    "conv10_2": "last",
    "conv10_ab": "chroma",
}
"""Layers of C, theirs and ours."""

_DISCRIMINATOR = {
    **{f"layer{n}.0.module": f"convs.{n - 1}" for n in range(1, 7)},
    **{f"attention.{part}_conv.module": f"attention.{part}" for part in ("query", "key", "value")},
    "last.module": "last",
}
_LAYERS: dict[str, dict[str, str]] = {
    "features": {},
    "correspondence": CORRESPONDENCE,
    "colorization": COLORIZATION,
    "discriminator": _DISCRIMINATOR,
}


def our_name(part: str, published: str) -> str:
    """Our name, within a part, of one of the authors' tensors; one that is none of that part's stays."""
    layer, _, kind = published.rpartition(".")
    layers = _LAYERS[part]
    return f"{layers[layer]}.{kind.removesuffix('_bar')}" if layer in layers else published


def official_name(part: str, ours: str) -> str:
    """The authors' name of one of a part's tensors; one that is none of ours stays."""
    layer, _, kind = ours.rpartition(".")
    theirs = {right: left for left, right in _LAYERS[part].items()}
    spectral = part == "discriminator" and kind == "weight"
    return f"{theirs[layer]}.{kind}{'_bar' if spectral else ''}" if layer in theirs else ours


def renamed(part: str, published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A file's tensors under our names; those that are none of its part's keep theirs, so that a loader names them.

    A leading ``module.`` (DataParallel) is taken off. Of VGG19 what lies beyond relu5_2 is left out.
    """
    bare = {name.removeprefix("module."): tensor for name, tensor in published.items()}
    beyond = BEYOND if part == "features" else frozenset()
    return {our_name(part, name): tensor for name, tensor in bare.items() if name not in beyond}


def read(path: Path) -> dict[str, dict[str, Tensor]]:
    """The tensors of each part of the release, by the part's name, from its archive or folder.

    Raises ``WeightsError`` where ``path`` is neither an archive nor a folder, a part is missing, or a file damaged.
    """
    with release.opened(path, _part_of, advice=_ADVICE) as found:
        missing = [pattern for part, pattern in FILES.items() if part not in found]
        if missing:
            raise WeightsError(f"{path} is not Deep Exemplar's release: it has no {', no '.join(missing)}. {_ADVICE}")
        # cloned, since what is read is mapped to files that are gone in a moment
        return {
            part: {name: tensor.clone() for name, tensor in read_tensors(file).items()}
            for part, file in found.items()
        }


def _part_of(name: str) -> str | None:
    return next((part for part, pattern in FILES.items() if fnmatch(name, pattern)), None)
