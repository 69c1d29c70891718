"""The networks that some figures need, loaded where their files are; other figures are left out, and that is said."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.errors import LicenseNotAcceptedError
from kinemacolor.metrics import backbones, classifier
from kinemacolor.metrics.classifier import Classify
from kinemacolor.metrics.inception import Inception
from kinemacolor.metrics.lpips import Lpips

LPIPS_FIGURES = frozenset({"lpips", "lpips_unscaled"})
CLASS_FIGURES = frozenset({"top1", "top5"})


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """Paths that a user gives; None takes the cache's file, or fetches it once its license is agreed to."""

    lpips: Path | None = None
    lpips_heads: Path | None = None
    fid: Path | None = None
    fid_clip: Path | None = None
    classifier: Path | None = None
    accept_license: bool = False


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks that are loaded; None where one is not there."""

    lpips: Lpips | None = None
    fid: Inception | None = None
    fid_clip: Inception | None = None
    classify: Classify | None = None

    @property
    def lacking(self) -> frozenset[str]:
        """The figures that cannot be measured with these."""
        found: dict[str, object] = dict.fromkeys(LPIPS_FIGURES, self.lpips)
        found |= dict.fromkeys(CLASS_FIGURES, self.classify)
        found |= {"fid": self.fid, "fid_clip": self.fid_clip}
        return frozenset(name for name, network in found.items() if network is None)


def load_networks(figures: Sequence[str], files: NetworkFiles) -> tuple[Networks, list[str]]:
    """The networks that these figures need, and a line for each that is not there.

    Raises ``WeightsError`` where a file that was given is missing, damaged or another's.
    """
    notes: list[str] = []
    found: dict[str, object] = {}
    for name, (wanted, load) in _loaders(files).items():
        if wanted.intersection(figures):
            try:
                found[name] = load()
            except LicenseNotAcceptedError as error:
                missing = " and ".join(sorted(wanted.intersection(figures)))
                notes.append(f"Left out: {missing}. {error}")
    return Networks(**found), notes  # type: ignore[arg-type]


def _loaders(files: NetworkFiles) -> Mapping[str, tuple[frozenset[str], Callable[[], object]]]:
    def path(backbone: backbones.Backbone, given: Path | None, option: str) -> Path:
        return backbones.path_of(backbone, given, option=option, accept_license=files.accept_license)

    def lpips() -> Lpips:
        return Lpips.load(
            path(backbones.ALEXNET, files.lpips, "--lpips-weights"),
            path(backbones.LPIPS_HEADS, files.lpips_heads, "--lpips-heads"),
        )

    def classify() -> Classify:
        if files.classifier is None:
            return classifier.efficientnet_lite()
        return classifier.VGG19Classifier.load(path(backbones.VGG19, files.classifier, "--classifier-weights"))

    return {
        "lpips": (LPIPS_FIGURES, lpips),
        "fid": (
            frozenset({"fid"}),
            lambda: Inception.load(path(backbones.INCEPTION_FID, files.fid, "--fid-weights"), fid=True),
        ),
        "fid_clip": (
            frozenset({"fid_clip"}),
            lambda: Inception.load(
                path(backbones.INCEPTION_IMAGENET, files.fid_clip, "--fid-clip-weights"), fid=False
            ),
        ),
        "classify": (CLASS_FIGURES, classify),
    }
