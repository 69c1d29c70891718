"""The common part of ColorMNet and its kin: colors passed on from memory, and how that is trained on clips."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.policy import Propagation

FeaturesT = TypeVar("FeaturesT")

_ALL_STORED_FRAMES = 3
_DEEP_UPDATE_PROBABILITY = 0.2


class PropagationNetwork(nn.Module, ABC, Generic[FeaturesT]):
    """A network of parameters only: memory and sensory state come in and go out.

    Lumas are (L* - 50) / 50 and chromas a*b* / 110, of sizes that are multiples of ``multiple``. A value holds
    ``planes`` parts that share weights. ``propagation`` says which earlier frames answer. ``config`` is a dataclass
    of what the network is.
    """

    config: Any
    planes: int
    propagation: Propagation = "mfp"

    @property
    @abstractmethod
    def multiple(self) -> int:
        """The number that both sides of a picture must be multiples of."""

    @abstractmethod
    def encode(self, luma: Float[Tensor, "b 1 h w"]) -> tuple[FeaturesT, Key]:
        """All that the luma alone tells."""

    @abstractmethod
    def no_hidden(self, key: Key) -> Float[Tensor, "b p s hk wk"]:
        """The sensory state before the first frame."""

    @abstractmethod
    def encode_value(
        self, luma: Float[Tensor, "b 1 h w"], chroma: Float[Tensor, "b 2 h w"], features: FeaturesT
    ) -> Float[Tensor, "b p v hk wk"]:
        """The value that memory keeps of a colored frame, in fp32."""

    @abstractmethod
    def deep_update(
        self, value: Float[Tensor, "b p v hk wk"], hidden: Float[Tensor, "b p s hk wk"]
    ) -> Float[Tensor, "b p s hk wk"]:
        """The sensory state after a frame that is written to memory."""

    @abstractmethod
    def attend(self, key: Key, source: Key, value: Float[Tensor, "b p v hk wk"]) -> Float[Tensor, "b p v hk wk"]:
        """L of Eq. 12: what the neighborhood in the source frame says."""

    @abstractmethod
    def decode(
        self,
        features: FeaturesT,
        readout: Float[Tensor, "b p v hk wk"],
        hidden: Float[Tensor, "b p s hk wk"],
        *,
        update_hidden: bool,
    ) -> tuple[Float[Tensor, "b 2 h w"], Float[Tensor, "b p s hk wk"]]:
        """Eq. 13: the chroma, and the sensory state after this frame (or as it was)."""

    def forward(
        self,
        luma: Float[Tensor, "b t 1 h w"],
        exemplar_chroma: Float[Tensor, "b 2 h w"],
        *,
        generator: torch.Generator | None = None,
        checkpointed: bool = False,
    ) -> Float[Tensor, "b t1 2 h w"]:
        """The chroma of frames 1 to t - 1 of training clips whose frame 0 is the exemplar, with gradients.

        As the release trains: every token of the stored frames answers; from the fourth frame on these are the
        exemplar and two frames drawn by ``generator``; local attention looks at the frame before; the deep update
        runs on one written frame in five. With ``"stacking"`` all frames answer, with ``"recurrent"`` the one before.
        ``checkpointed`` computes each frame again in the backward pass, so that
        activations of one frame at a time are held.
        """
        run: Callable[..., Any] = partial(checkpoint, use_reentrant=False) if checkpointed else _call
        frames = luma.unbind(1)
        features, key = run(self.encode, frames[0])
        value = run(self.encode_value, frames[0], exemplar_chroma, features)
        hidden = run(self.deep_update, value, self.no_hidden(key))
        stored = [(key, value)]
        chromas = []
        for number, frame in enumerate(frames[1:], start=1):
            is_last = number == len(frames) - 1
            features, key = run(self.encode, frame)
            answering = [stored[i] for i in _stored_frames(number, self.propagation, generator)]
            readout = run(_read_frames, key, answering) + run(self.attend, key, *stored[-1])
            chroma, hidden = run(self.decode, features, readout, hidden, update_hidden=not is_last)
            chromas.append(chroma)
            if not is_last:
                value = run(self.encode_value, frame, chroma, features)
                if torch.rand((), generator=generator) < _DEEP_UPDATE_PROBABILITY:
                    hidden = run(self.deep_update, value, hidden)
                stored.append((key, value))
        return torch.stack(chromas, dim=1)


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _stored_frames(number: int, propagation: Propagation, generator: torch.Generator | None) -> list[int]:
    """Which of the frames before this one answer."""
    if propagation == "recurrent":
        return [number - 1]
    if propagation == "stacking" or number <= _ALL_STORED_FRAMES:
        return list(range(number))
    drawn = torch.randperm(number - 1, generator=generator)[: _ALL_STORED_FRAMES - 1] + 1
    return [0, *sorted(drawn.tolist())]


def _rows(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    return planes.flatten(2).transpose(1, 2).float()


def _read_frames(key: Key, frames: list[tuple[Key, Tensor]]) -> Tensor:
    """V of Eq. 10 from whole frames."""
    with torch.autocast(key.key.device.type, enabled=False):
        keys = torch.cat([_rows(k.key) for k, _ in frames], dim=1)
        shrinkage = torch.cat([_rows(k.shrinkage) for k, _ in frames], dim=1)[..., 0]
        values = torch.cat([_rows(value.flatten(1, 2)) for _, value in frames], dim=1)
        asking = mfp.query_operand(_rows(key.key), _rows(key.selection))
        answer = mfp.full_read(asking, mfp.memory_operand(keys, shrinkage), values)
    planes = frames[0][1].shape[1]
    return answer.transpose(1, 2).reshape(len(answer), planes, -1, *key.key.shape[-2:])
