"""The networks that LPIPS, FID and the classifier stand on: their published files, found, fetched and checked."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from kinemacolor import weights
from kinemacolor.errors import LicenseNotAcceptedError, WeightsError
from kinemacolor.weights import WeightsFile
from kinemacolor.weights.tensors import load_strictly, read_tensors

_BSD = ("BSD-3-Clause, trained on ImageNet", "https://github.com/pytorch/vision/blob/main/LICENSE")
_TORCH = "https://download.pytorch.org/models/"


@dataclass(frozen=True, slots=True)
class Backbone:
    """A published file, and the beginning of its SHA-256 (torch's hub has it in the name)."""

    file: WeightsFile
    digest: str


def _torchvision(name: str) -> Backbone:
    file = WeightsFile(name, _TORCH + name, None, None, *_BSD)
    return Backbone(file, name.rpartition("-")[2].removesuffix(".pth"))


ALEXNET = _torchvision("alexnet-owt-7be5be79.pth")
VGG19 = _torchvision("vgg19-dcbb9e9d.pth")
INCEPTION_IMAGENET = _torchvision("inception_v3_google-0cc3c7bd.pth")
INCEPTION_FID = Backbone(
    WeightsFile(
        "pt_inception-2015-12-05-6726825d.pth",
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        None,
        None,
        "Apache-2.0, Google's Inception v3 of 2015-12-05",
        "https://github.com/mseitzer/pytorch-fid/blob/master/LICENSE",
    ),
    "6726825d",
)
LPIPS_HEADS = Backbone(
    WeightsFile(
        "lpips-v0.1-alex.pth",
        "https://github.com/richzhang/PerceptualSimilarity/raw/master/lpips/weights/v0.1/alex.pth",
        6009,
        "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
        "BSD-2-Clause",
        "https://github.com/richzhang/PerceptualSimilarity/blob/master/LICENSE",
    ),
    "df73285e",
)


def path_of(backbone: Backbone, given: Path | None, *, option: str, accept_license: bool) -> Path:
    """The file to read: the one given, else the cache's, else fetched; its SHA-256 is checked unless it was given.

    ``option`` is what a user gives the path by, for messages.

    Raises ``WeightsError`` where it is missing or damaged; ``LicenseNotAcceptedError`` before anything is fetched.
    """
    if given is not None:
        if not given.is_file():
            raise WeightsError(f"{option} {given}: there is no such file. Give the path of {backbone.file.name}.")
        return given
    if not accept_license and weights.locate(backbone.file) is None:
        raise LicenseNotAcceptedError(
            f"{backbone.file.name} is not here. It is at {backbone.file.url} under {backbone.file.license}. "
            f"Agree with --accept-license to fetch it, give your copy with {option} PATH, or do without."
        )
    path = weights.fetch(backbone.file, accept_license=accept_license)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(backbone.digest):
        raise WeightsError(f"{path} is damaged: its SHA-256 begins {found[:8]}, not {backbone.digest}. Delete it.")
    return path


def load_published(
    network: nn.Module, path: Path, *, keep: Callable[[str], bool] = lambda name: True, prefix: str = ""
) -> None:
    """Reads a published file into a network whose tensors bear its names after ``prefix``; others must not ``keep``.

    Raises ``WeightsError`` that lists what is missing or of another shape.
    """
    found: dict[str, Tensor] = {}
    for name, value in read_tensors(path).items():
        if name.startswith(prefix) and keep(name):
            found[name.removeprefix(prefix)] = value
    # older files lack the counters of batch norms, which inference does not use
    counters = {name: value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")}
    load_strictly(network, {**counters, **found}, path)
