"""The authors' files: which hold what, and the names of their tensors, theirs and ours.

The release has one file for each network. These tables, and Deep Exemplar's for the parts that the two share, are the
only place that knows their names. A name is a section's prefix, then at most one of its fragments is replaced: the
first that fits.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase as fnmatch
from pathlib import Path

from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.models import release
from kinemacolor.models.deep_exemplar.official import COLORIZATION, CORRESPONDENCE

Pairs = tuple[tuple[str, str], ...]
Sections = tuple[tuple[str, str, Pairs], ...]

_BLOCK: Pairs = (
    ("conv1", "first"),
    ("conv2", "second"),
    ("norm1", "first_norm"),
    ("norm2", "second_norm"),
    ("downsample", "skip"),
)


def _raft_encoder(theirs: str, ours: str) -> Sections:
    blocks = tuple(
        (f"{theirs}.layer{layer}.{block}.", f"{ours}.blocks.{2 * layer - 2 + block}.", _BLOCK)
        for layer in (1, 2, 3)
        for block in (0, 1)
    )
    ends = (("conv1", "stem"), ("norm1", "stem_norm"), ("conv2", "out"))
    return (*blocks, *((f"{theirs}.{left}.", f"{ours}.{right}.", ()) for left, right in ends))


_RAFT: Sections = (
    *_raft_encoder("fnet", "matching"),
    *_raft_encoder("cnet", "surroundings"),
    ("update_block.encoder.convc", "motion.correlation", ()),
    ("update_block.encoder.convf", "motion.flow", ()),
    ("update_block.encoder.conv.", "motion.join.", ()),
    *(
        (f"update_block.gru.conv{letter}{n}.", f"{way}.{name}.", ())
        for letter, name in (("z", "update"), ("r", "reset"), ("q", "candidate"))
        for n, way in ((1, "rows"), (2, "columns"))
    ),
    ("update_block.flow_head.conv1.", "step.0.", ()),
    ("update_block.flow_head.conv2.", "step.2.", ()),
    ("update_block.mask.", "upsampling.", ()),
)


_CORRESPONDENCE: Sections = tuple((f"{theirs}.", f"{ours}.", ()) for theirs, ours in CORRESPONDENCE.items())
_UNET: Pairs = tuple(COLORIZATION.items())
_MSRB: Sections = (
    ("size64.", "coarse.", _UNET),
    ("size128.", "middle.", _UNET),
    ("size256.", "finest.", _UNET),
    ("upconv1.", "up_to_half.", ()),
    ("upconv2.", "up_to_full.", ()),
)

_GATE: Pairs = (
    ("ATB_preconv", "mix"),
    ("ATB_11", "received.0"),
    ("ATB_12", "received.1"),
    # not a slip: the second half goes through 22 and then 21
    ("ATB_22", "own.0"),
    ("ATB_21", "own.1"),
)
_GATES: Sections = (
    ("atb_forward.", "from_before.", _GATE),
    ("atb_backward.", "from_after.", _GATE),
    ("atb_fuse.", "meet.", _GATE),
    ("atb_fuse_videointerp_atb.", "direct.", _GATE),
)

_RESIDUAL: Pairs = (
    *((f"{kind}{n}", f"layers.{n - 1}.{index}") for n in (1, 2, 3) for index, kind in ((0, "conv"), (1, "bn"))),
    ("downsample", "skip"),
)


def _exchange(stage: int, module: int) -> Sections:
    prefix, target = f"backbone.stage{stage}.{module}.", f"trunk.stages.{stage - 2}.{module}."
    blocks = tuple(
        (f"{prefix}branches.{branch}.{block}.", f"{target}branches.{branch}.{block}.", _RESIDUAL)
        for branch in range(stage)
        for block in range(4)
    )
    return (*blocks, (f"{prefix}fuse_layers.", f"{target}exchange.paths.", ()))


_PROTOSEG: Sections = (
    *(
        (f"backbone.{kind}{n}.", f"trunk.stem.{n - 1}.{index}.", ())
        for n in (1, 2)
        for index, kind in ((0, "conv"), (1, "bn"))
    ),
    *((f"backbone.layer1.{block}.", f"trunk.first.{block}.", _RESIDUAL) for block in range(4)),
    ("backbone.transition1.0.", "trunk.openings.0.", ()),
    ("backbone.transition1.1.0.", "trunk.openings.1.", ()),
    ("backbone.transition2.2.0.", "trunk.narrowings.0.", ()),
    ("backbone.transition3.3.0.", "trunk.narrowings.1.", ()),
    *(section for stage, count in ((2, 1), (3, 4), (4, 3)) for n in range(count) for section in _exchange(stage, n)),
    ("cls_head.0.", "head.0.", ()),
    ("cls_head.1.0.", "head.1.", ()),
    ("proj_head.proj.", "projection.", ()),
    ("proj_head.mlp2.", "second_projection.", ()),
    ("feat_norm.", "feature_norm.", ()),
    ("mask_norm.", "score_norm.", ()),
    ("prototypes", "prototypes", ()),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the release. ``pattern`` is its name there; without a needed one the network cannot run.

    ``unused`` are patterns of tensors that the file has and its network does not use, or has twice.
    """

    pattern: str
    needed: bool
    sections: Sections = ()
    unused: tuple[str, ...] = ()

    def our_name(self, published: str) -> str | None:
        """Our name of one of the file's tensors, None if it belongs to none of its networks."""
        return _renamed(published, self.sections)

    def official_name(self, ours: str) -> str:
        """The authors' name of one of our tensors; a name that is none of ours stays."""
        reverse = tuple((o, t, tuple((right, left) for left, right in pairs)) for t, o, pairs in self.sections)
        return _renamed(ours, reverse) or ours

    def renamed(self, published: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors under our names; those that belong to no part keep theirs, so that a loader names them.

        A leading ``module.`` (DataParallel) is taken off.
        """
        bare = {name.removeprefix("module."): tensor for name, tensor in published.items()}
        kept = {n: tensor for n, tensor in bare.items() if not any(fnmatch(n, each) for each in self.unused)}
        return {self.our_name(name) or name: tensor for name, tensor in kept.items()}


def _renamed(name: str, sections: Sections) -> str | None:
    for prefix, target, fragments in sections:
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            for fragment, other in fragments:
                if rest == fragment or rest.startswith(f"{fragment}."):
                    return target + other + rest.removeprefix(fragment)
            return target + rest
    return None


PARTS: dict[str, Part] = {
    "features": Part("vgg19_conv.pth", needed=True, unused=("conv5_[34].*",)),
    "correspondence": Part("nonlocal_net_iter_*.pth", needed=True, sections=_CORRESPONDENCE),
    "msrb": Part("fusenet_iter_*.pth", needed=True, sections=_MSRB, unused=("size256.*",)),
    "gates": Part("atb_iter_*.pth", needed=True, sections=_GATES),
    # one norm of each striding block is there under two names; of both the second counts, as in the release
    "flow": Part("raft-sintel.pth", needed=False, sections=_RAFT, unused=("*layer[23].0.norm3.*",)),
    "segmentation": Part("hrnet_w48_proto*.pth", needed=False, sections=_PROTOSEG),
    "edges": Part("*bsds500*", needed=False),
}
"""The release's files by what they hold. HED's it fetches when it runs; ``layers.hed`` knows its names."""

_OWN, _OWN_SUFFIX = "network", ".safetensors"
_ADVICE = "Give the authors' checkpoints.zip, the folder it unpacks to, or a file that Kinemacolor saved."


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Path]]:
    """The file of each part of the release that is there, by the part's name; unpacked files are gone afterwards.

    A safetensors file is Kinemacolor's own: the part ``network``, which stands for all that are needed.

    Raises ``WeightsError`` where ``path`` is neither an archive nor a folder, or a needed part is missing.
    """
    if path.suffix == _OWN_SUFFIX:
        yield {_OWN: path}
        return
    with release.opened(path, _part_of, advice=_ADVICE) as found:
        missing = [part.pattern for name, part in PARTS.items() if part.needed and name not in found]
        if missing and _OWN not in found:
            raise WeightsError(f"{path} is not BiSTNet's release: it has no {', no '.join(missing)}. {_ADVICE}")
        yield found


def _part_of(name: str) -> str | None:
    if fnmatch(name, f"bistnet*{_OWN_SUFFIX}"):
        return _OWN
    return next((part for part, file in PARTS.items() if fnmatch(name, file.pattern)), None)
