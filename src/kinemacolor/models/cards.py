"""The models by name: what each is, what it can do, what it needs and whose weights it takes.

Nothing here needs torch, so that a list of models costs no time; ``models.load`` makes a model of a card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinemacolor.errors import ModelError
from kinemacolor.models.default import DEFAULT
from kinemacolor.weights import WeightsFile

DRAFT_PX = 200
"""The short side that a draft is colored at."""


@dataclass(frozen=True, slots=True)
class Effort:
    """A choice between speed and quality: settings by name, and the working size's short side; None leaves it."""

    settings: Mapping[str, object] = field(default_factory=dict)
    working_size: int | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model before it is chosen: its needs, its license and its capabilities.

    ``package`` is the module that holds its ``load`` and its default ``SETTINGS``; ``fixed`` are settings that make
    it this model and no other of the package, by name.

    ``weights`` is the file to fetch, None where weights come with the installation (``included``) or only from a
    path; ``takes_folder`` where that may be a folder of files; ``takes_own`` where a model that needs no weights
    takes a file of the user's; ``variants`` are the names of other weights that come with the installation.

    ``bidirectional``: exemplars inside a shot color towards its start too unless told otherwise (our own models;
    the papers' go forward, as they are). ``efforts``: how it behaves at an effort other than its default, by name
    (``effort_of``). ``takes_masks``: it has a use for object masks. ``takes_memory_policy``:
    its settings are a ``MemoryPolicy``; ``can_restrict``: tracks can say what its memory may be asked.
    """

    name: str
    title: str
    summary: str
    exemplars: str
    license: str
    package: str
    included: bool
    weights: WeightsFile | None = None
    variants: tuple[str, ...] = ()
    fixed: Mapping[str, object] = field(default_factory=dict)
    takes_folder: bool = False
    takes_own: bool = False
    takes_masks: bool = False
    takes_memory_policy: bool = False
    can_restrict: bool = False
    bidirectional: bool = False
    efforts: Mapping[str, Effort] = field(default_factory=dict)


CARDS: dict[str, ModelCard] = {
    "colormnet-lite": ModelCard(
        name="colormnet-lite",
        title="ColorMNet-lite",
        summary="Our own: exemplars as memory, colors carried by flow, a learnt prior where neither knows. "
        "Learnt from permissively licensed films and photographs; --weights all from more, of mixed licenses.",
        exemplars="one or more",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.colormnet_lite",
        included=True,
        variants=("permissive", "all"),
        takes_own=True,
        bidirectional=True,
        efforts={
            "draft": Effort(
                {
                    "prior": "look",
                    "search.top_k": 4,
                    "preset": "medium",
                    "look_every": 4,
                    "look_if_lost": 0.4,
                    "prior_every": 1,
                },
                working_size=DRAFT_PX,
            ),
            "best": Effort({"stride": 1, "look_every": 1, "prior_every": 1}),
        },
    ),
    "matching": ModelCard(
        name="matching",
        title="Flow and feature matching",
        summary="Training-free: optical flow where it is consistent, EfficientNet-Lite feature matching elsewhere.",
        exemplars="one or more",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.matching",
        included=True,
        bidirectional=True,
    ),
    "flow": ModelCard(
        name="flow",
        title="Optical flow alone",
        summary="The baseline: the exemplar's colors carried from frame to frame by optical flow.",
        exemplars="one or more; best if the first frame is one",
        license="Apache-2.0",
        package="kinemacolor.models.matching",
        included=True,
        fixed={"features": False},
        bidirectional=True,
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
        summary="Each frame matched to the exemplar in VGG19's features and colored after the one before.",
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
        summary="Deep Exemplar over EfficientNet-Lite features, with a light network that chooses among colors. "
        "Learnt from permissively licensed films and photographs.",
        exemplars="one or more, of the film or of another scene",
        license="Apache-2.0 (code and the EfficientNet-Lite0 weights it installs)",
        package="kinemacolor.models.deep_exemplar_lite",
        included=True,
        takes_own=True,
    ),
    "spatiotemporal": ModelCard(
        name="spatiotemporal",
        title="Spatiotemporal correspondence (2020)",
        summary="Colors only from where tracks and object masks lead, refined by deep-exemplar-lite's network.",
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
}
"""Every model, by the name that ``--model`` takes."""


def effort_of(card: ModelCard, name: str) -> Effort:
    """The settings that an effort means to this model; ``default`` changes nothing, ``draft`` the size at least.

    Raises ``ModelError`` where the model does not have it.
    """
    if name == "default":
        return Effort()
    if name == "draft" and name not in card.efforts:
        return Effort(working_size=DRAFT_PX)
    if name not in card.efforts:
        having = ", ".join(each.name for each in CARDS.values() if name in each.efforts)
        raise ModelError(f"Model '{card.name}' has no effort '{name}'. Leave --effort out, or use {having}.")
    return card.efforts[name]


def list_models() -> list[ModelCard]:
    """The cards of all models, the default first."""
    return sorted(CARDS.values(), key=lambda card: card.name != DEFAULT)


def card_of(name: str) -> ModelCard:
    """The card with this name. Raises ``ModelError`` naming the models there are."""
    try:
        return CARDS[name]
    except KeyError:
        raise ModelError(f"There is no model '{name}'. Models: {', '.join(CARDS)}.") from None
