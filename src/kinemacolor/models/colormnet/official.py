"""The authors' checkpoint: 667 names, theirs and ours.

This table is the only place that knows their names. A name is a section's prefix, then at most one of its fragments
is replaced: the first that fits.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from kinemacolor.errors import WeightsError, reason_of
from kinemacolor.models.colormnet.network import ColorMNetConfig

Pairs = tuple[tuple[str, str], ...]

_DINO: Pairs = (
    ("cls_token", "class_token"),
    ("pos_embed", "position"),
    ("patch_embed.proj", "patches"),
    ("attn.qkv", "attention.qkv"),
    ("attn.proj", "attention.out"),
    ("ls1.gamma", "scale1"),
    ("ls2.gamma", "scale2"),
    ("mlp.fc1", "expand"),
    ("mlp.fc2", "project"),
)
_RESNET: Pairs = (
    *((f"conv{n}", f"layers.{n - 1}.conv") for n in (1, 2, 3)),
    *((f"bn{n}", f"layers.{n - 1}.norm") for n in (1, 2, 3)),
    ("downsample.0", "shortcut.conv"),
    ("downsample.1", "shortcut.norm"),
)
_FUSION: Pairs = (
    ("encode_enc", "guide"),
    ("norm1", "guide_norm"),
    ("norm2", "local_norm"),
    ("norm3", "out_norm"),
    ("crossattn.to_out.0", "attention.out"),
    *(
        (f"crossattn.to_{letter}{suffix}", f"attention.{name}.{step}")
        for letter, name in (("q", "query"), ("k", "key"), ("v", "value"))
        for suffix, step in (("", "pointwise"), ("_dw", "depthwise"))
    ),
    ("crossattn.temperature", "attention.temperature"),
)
_FUSER: Pairs = (
    ("block1.downsample", "first.skip"),
    ("block1", "first"),
    ("block2", "second"),
    ("attention.ChannelGate.mlp.1", "gate.squeeze"),
    ("attention.ChannelGate.mlp.3", "gate.excite"),
    ("attention.SpatialGate.spatial.conv", "gate.spatial"),
)
_UPSAMPLE: Pairs = (("out_conv.downsample", "block.skip"), ("out_conv", "block"), ("skip_conv", "skip"))

_SECTIONS: tuple[tuple[str, str, Pairs], ...] = (
    ("key_encoder.network2.backbone.", "pvgfe.global_branch.dino.", _DINO),
    ("key_encoder.network2.conv3.", "pvgfe.global_branch.mix.", ()),
    ("key_encoder.network2.bn3.", "pvgfe.global_branch.norm.", ()),
    ("key_encoder.fuse1.", "pvgfe.fuse16.", _FUSION),
    ("key_encoder.fuse2.", "pvgfe.fuse8.", _FUSION),
    ("key_encoder.fuse3.", "pvgfe.fuse4.", _FUSION),
    ("key_encoder.conv1.", "pvgfe.local_branch.stem.conv.", ()),
    ("key_encoder.bn1.", "pvgfe.local_branch.stem.norm.", ()),
    ("key_encoder.res2.", "pvgfe.local_branch.stages.0.", _RESNET),
    ("key_encoder.layer2.", "pvgfe.local_branch.stages.1.", _RESNET),
    ("key_encoder.layer3.", "pvgfe.local_branch.stages.2.", _RESNET),
    ("value_encoder.conv1.", "value.trunk.stem.conv.", ()),
    ("value_encoder.bn1.", "value.trunk.stem.norm.", ()),
    *((f"value_encoder.layer{n}.", f"value.trunk.stages.{n - 1}.", _RESNET) for n in (1, 2, 3)),
    ("value_encoder.fuser.", "value.fuser.", _FUSER),
    ("value_encoder.hidden_reinforce.", "value.deep_update.", ()),
    ("key_proj.key_proj.", "key.key.", ()),
    ("key_proj.d_proj.", "key.shrinkage.", ()),
    ("key_proj.e_proj.", "key.selection.", ()),
    ("short_term_attn.relative_emb_k.", "local_attention.relative.", ()),
    ("short_term_attn.dw_conv.conv.", "local_attention.smooth.", ()),
    ("short_term_attn.projection.", "local_attention.project.", ()),
    ("decoder.fuser.", "decoder.fuser.", _FUSER),
    ("decoder.hidden_update.transform.", "decoder.sensory.update.transform.", ()),
    *((f"decoder.hidden_update.g{n}_conv.", f"decoder.sensory.from{n}.", ()) for n in (16, 8, 4)),
    ("decoder.up_16_8.", "decoder.up8.", _UPSAMPLE),
    ("decoder.up_8_4.", "decoder.up4.", _UPSAMPLE),
    ("decoder.pred.", "decoder.predict.", ()),
)


def _renamed(name: str, sections: tuple[tuple[str, str, Pairs], ...]) -> str | None:
    for prefix, target, fragments in sections:
        if name.startswith(prefix):
            rest = name.removeprefix(prefix)
            for fragment, ours in fragments:
                changed = re.sub(rf"(^|\.){re.escape(fragment)}(?=\.|$)", rf"\g<1>{ours}", rest)
                if changed != rest:
                    return target + changed
            return target + rest
    return None


_REVERSED = tuple((ours, theirs, tuple((right, left) for left, right in pairs)) for theirs, ours, pairs in _SECTIONS)


def our_name(official: str) -> str | None:
    """Our name of one of the authors' tensors, None if it belongs to none of their parts."""
    return _renamed(official, _SECTIONS)


def official_name(ours: str) -> str:
    """The authors' name of one of our tensors; a name that is none of ours stays."""
    return _renamed(ours, _REVERSED) or ours


def renamed(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The authors' tensors under our names; those that belong to no part keep theirs, so that a loader names them."""
    return {our_name(name) or name: tensor for name, tensor in published.items()}


def config_of(published: Mapping[str, Tensor], path: Path) -> ColorMNetConfig:
    """The network that an authors' file holds: what is not the release's own is read from the tensors' shapes.

    Raises ``WeightsError`` where none of the tensors is ColorMNet's.
    """
    defaults = ColorMNetConfig()
    if not any(our_name(name) for name in published):
        raise WeightsError(
            f"None of the {len(published)} tensors in {path} is named as in ColorMNet's release. "
            "Give the authors' DINOv2FeatureV6_LocalAtten_s2_154000.pth, or a file that Kinemacolor saved."
        )

    def rows(name: str, default: int) -> int:
        return published[name].shape[0] if name in published and published[name].ndim else default

    try:
        return ColorMNetConfig(
            key_channels=rows("key_proj.key_proj.weight", defaults.key_channels),
            value_channels=rows("value_encoder.fuser.block2.conv2.weight", defaults.value_channels),
            hidden_channels=rows("decoder.hidden_update.transform.weight", 3 * defaults.hidden_channels) // 3,
        )
    except ValueError as error:
        raise WeightsError(
            f"The tensors in {path} are of no network that can be built ({reason_of(error)}). Fetch the file again."
        ) from error
