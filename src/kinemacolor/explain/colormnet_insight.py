"""A look into ColorMNet and its kin, whose memory holds tokens."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.explain.insight import Correspondence
from kinemacolor.explain.usage import tensor_bytes
from kinemacolor.frames import Luma
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer, ColorMNetState, normalised_luma
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.memory import TokenBuffer, rows_of
from kinemacolor.models.colormnet.network import ColorMNet
from kinemacolor.models.colormnet.pvgfe import PVGFE
from kinemacolor.resize import Padding


class ColorMNetInsight:
    """The image encoder's maps, and what keys find among an exemplar's."""

    def __init__(self, colorizer: ColorMNetColorizer) -> None:
        self.colorizer, self.network = colorizer, colorizer.network

    def _padded(self, luma: Luma) -> Float[Tensor, "1 1 h w"]:
        padding = Padding.to_multiple((luma.shape[-2], luma.shape[-1]), self.network.multiple)
        return padding.pad(normalised_luma(luma.to(self.colorizer.device, torch.float32)))[None]

    @torch.no_grad()
    def features(self, luma: Luma) -> dict[str, Float[Tensor, "_ _ _"]]:
        """The encoder's maps at each stride and the key; of PVGFE its two branches too (the paper's Figure 6)."""
        padded = self._padded(luma)
        maps, key = self.network.encode(padded)
        found = {}
        if isinstance(self.network, ColorMNet) and isinstance(self.network.pvgfe, PVGFE):
            found["local branch, stride 16"] = self.network.pvgfe.local_branch(padded)[2]
            found["global branch, stride 16"] = self.network.pvgfe.global_branch(padded)
        found |= {f"features, stride {stride}": getattr(maps, f"stride{stride}") for stride in (16, 8, 4)}
        found["key, stride 16"] = key.key
        return {name: level[0].float() for name, level in found.items()}

    @torch.no_grad()
    def _searched(self, luma: Luma, exemplar: Reference, top_k: int) -> tuple[Key, Key, mfp.Answer]:
        asking, there = (self.network.encode(self._padded(each))[1] for each in (luma, exemplar.luma))
        query = mfp.query_operand(rows_of(asking.key), rows_of(asking.selection))
        memory = mfp.memory_operand(rows_of(there.key), rows_of(there.shrinkage)[:, 0])
        return asking, there, mfp.search(query, [memory], top_k)

    def correspondence(self, luma: Luma, exemplar: Reference) -> Correspondence:
        """The one token that answers most; likeness is the share of the answer that it has among ``top_k``."""
        asking, there, answer = self._searched(luma, exemplar, self.colorizer.policy.top_k)
        size = (asking.key.shape[-2], asking.key.shape[-1])
        likeness, best = answer.weight.max(1)
        place = answer.token.gather(1, best[:, None])[:, 0]
        return Correspondence(
            place.view(size), likeness.view(size), exemplar_grid=(there.key.shape[-2], there.key.shape[-1])
        )

    def warped(self, luma: Luma, exemplar: Reference) -> Float[Tensor, "2 h4 w4"]:
        """The exemplar's chroma at stride 16 in place of its value, read as memory is read."""
        asking, there, answer = self._searched(luma, exemplar, self.colorizer.policy.top_k)
        grid, size = ((key.key.shape[-2], key.key.shape[-1]) for key in (there, asking))
        padding = Padding.to_multiple((exemplar.luma.shape[-2], exemplar.luma.shape[-1]), self.network.multiple)
        chroma = padding.pad(exemplar.chroma.to(self.colorizer.device, torch.float32))
        read = mfp.read(answer, [rows_of(F.adaptive_avg_pool2d(chroma, grid)[None])])
        return read.T.reshape(2, *size)

    def memory_bytes(self, state: ColorMNetState) -> dict[str, int]:
        """Exemplars, working and long-term memory as far as they are filled, and what else a frame leaves."""
        memory = state.memory
        buffers = {"exemplars": memory.permanent, "working": memory.working, "long-term": memory.long_term}
        other: tuple[Any, ...] = (state.hidden, state.source)
        return {name: _filled(buffer) for name, buffer in buffers.items()} | {"latest frame": tensor_bytes(other)}


def _filled(buffer: TokenBuffer) -> int:
    return sum(column.nbytes for column in buffer.tokens.columns()) if len(buffer) else 0
