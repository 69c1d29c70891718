"""A look into ColorMNet and its kin, whose memory holds tokens."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.explain.insight import Correspondence
from kinemacolor.explain.usage import tensor_bytes
from kinemacolor.frames import Luma, size_of
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer, ColorMNetState, normalized_luma
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.network import ColorMNet
from kinemacolor.models.colormnet.pvgfe import PVGFE
from kinemacolor.models.colormnet.tokens import TokenBuffer, rows_of
from kinemacolor.resize import Padding


class _Seen:
    """A picture as the network sees it, and which places of its maps lie within the picture, not in the padding."""

    def __init__(self, luma: Luma, multiple: int, device: torch.device) -> None:
        self.size = size_of(luma)
        self.padding = Padding.to_multiple(self.size, multiple)
        self.luma = self.padding.pad(normalized_luma(luma.to(device, torch.float32)))[None]

    def inside(self, planes: Float[Tensor, "1 c h w"]) -> Float[Tensor, "1 c h1 w1"]:
        """The places of a map whose middle lies within the picture."""
        stride = self.luma.shape[-2] // planes.shape[-2]
        rows, columns = (
            slice(math.ceil(first / stride - 0.5), math.ceil((first + length) / stride - 0.5))
            for first, length in zip((self.padding.top, self.padding.left), self.size)
        )
        return planes[..., rows, columns]


class ColorMNetInsight:
    """The image encoder's maps, and what keys find among an exemplar's. The padding's places are left out."""

    def __init__(self, colorizer: ColorMNetColorizer) -> None:
        self.colorizer, self.network = colorizer, colorizer.network

    def _seen(self, luma: Luma) -> _Seen:
        return _Seen(luma, self.network.multiple, self.colorizer.device)

    @torch.no_grad()
    def features(self, luma: Luma) -> dict[str, Float[Tensor, "_ _ _"]]:
        """The encoder's maps at each stride and the key; of PVGFE its two branches too (the paper's Figure 6)."""
        seen = self._seen(luma)
        maps, key = self.network.encode(seen.luma)
        found = {}
        if isinstance(self.network, ColorMNet) and isinstance(self.network.pvgfe, PVGFE):
            found["local branch, stride 16"] = self.network.pvgfe.local_branch(seen.luma)[2]
            found["global branch, stride 16"] = self.network.pvgfe.global_branch(seen.luma)
        found |= {f"features, stride {stride}": getattr(maps, f"stride{stride}") for stride in (16, 8, 4)}
        found["key, stride 16"] = key.key
        return {name: seen.inside(level)[0].float() for name, level in found.items()}

    @torch.no_grad()
    def _searched(self, luma: Luma, exemplar: Reference) -> tuple[Key, Key, mfp.Affinity]:
        """The keys of both and the answer that memory would give if it held this exemplar alone."""
        asking, there = (self._key(each) for each in (luma, exemplar.luma))
        query = mfp.query_operand(rows_of(asking.key), rows_of(asking.selection))
        memory = mfp.memory_operand(rows_of(there.key), rows_of(there.shrinkage)[:, 0])
        return asking, there, mfp.search(query, [memory], self.colorizer.policy.top_k)

    def _key(self, luma: Luma) -> Key:
        seen = self._seen(luma)
        key = self.network.encode(seen.luma)[1]
        return Key(seen.inside(key.key), seen.inside(key.shrinkage), seen.inside(key.selection))

    def correspondence(self, luma: Luma, exemplar: Reference) -> Correspondence:
        """The one token that answers most; likeness is the share of the answer that it has among ``top_k``."""
        asking, there, answer = self._searched(luma, exemplar)
        likeness, best = answer.weight.max(1)
        place = answer.token.gather(1, best[:, None])[:, 0]
        size = size_of(asking.key)
        return Correspondence(place.view(size), likeness.view(size), exemplar_grid=size_of(there.key))

    def warped(self, luma: Luma, exemplar: Reference) -> Float[Tensor, "2 h4 w4"]:
        """The exemplar's chroma at stride 16 in place of its value, read as memory is read."""
        asking, there, answer = self._searched(luma, exemplar)
        chroma = F.adaptive_avg_pool2d(exemplar.chroma.to(self.colorizer.device, torch.float32), size_of(there.key))
        return mfp.read(answer, [rows_of(chroma[None])]).T.reshape(2, *size_of(asking.key))

    def memory_bytes(self, state: ColorMNetState) -> dict[str, int]:
        """Exemplars, working and long-term memory as far as they are filled, and what else a frame leaves."""
        memory = state.memory
        buffers = {"exemplars": memory.permanent, "working": memory.working, "long-term": memory.long_term}
        other: tuple[Any, ...] = (state.hidden, state.source)
        return {name: _filled(buffer) for name, buffer in buffers.items()} | {"latest frame": tensor_bytes(other)}


def _filled(buffer: TokenBuffer) -> int:
    return sum(column.nbytes for column in buffer.tokens.columns()) if len(buffer) else 0
