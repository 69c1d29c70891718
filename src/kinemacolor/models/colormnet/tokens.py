"""Memory's tokens: rows of key, value and how often they were of use, and a buffer that they grow in."""

from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.anchors import Part
from kinemacolor.models.colormnet.restriction import Origins
from kinemacolor.models.kept import kept_as


@kept_as("colormnet-tokens")
@dataclass(frozen=True, slots=True)
class Tokens:
    """Rows of memory. ``operand`` is ``mfp.memory_operand`` of key and shrinkage; ``value`` has all planes joined.

    ``use`` sums the weights that a token answered with, ``life`` counts the reads since it was written. ``origin`` is
    the frame and the position that it comes from. ``say`` is added to its similarity: the logarithm of how much of it
    an exemplar shows. ``color`` is the a*b* of an exemplar's token, ``anchor`` that exemplar's number, else -1.
    """

    key: Float[Tensor, "n k"]
    shrinkage: Float[Tensor, " n"]
    selection: Float[Tensor, "n k"]
    operand: Float[Tensor, "n k2"]
    value: Float[Tensor, "n v"]
    use: Float[Tensor, " n"]
    life: Float[Tensor, " n"]
    origin: Origins
    log_weight: Float[Tensor, " n"]
    color: Float[Tensor, "n 2"]
    anchor: Int[Tensor, " n"]

    @classmethod
    def new(
        cls,
        key: Float[Tensor, "n k"],
        shrinkage: Float[Tensor, " n"],
        selection: Float[Tensor, "n k"],
        value: Float[Tensor, "n v"],
        frame: int | None = None,
    ) -> "Tokens":
        """Tokens that were never read: all positions of a ``frame`` in order, or of no frame."""
        unused = torch.zeros_like(shrinkage)
        operand = mfp.memory_operand(key, shrinkage)
        origin = torch.full((len(key), 2), -1, device=key.device)
        if frame is not None:
            origin[:, 0], origin[:, 1] = frame, torch.arange(len(key), device=key.device)
        none = torch.full_like(shrinkage, -1, dtype=torch.long)
        plain = (torch.zeros_like(shrinkage), key.new_zeros(len(key), 2), none)
        return cls(key, shrinkage, selection, operand, value, unused, unused + 1e-7, origin, *plain)

    def of_anchor(self, number: int, part: Part) -> "Tokens":
        """These tokens as those of an exemplar: without what is not shown."""
        kept = part.kept()
        shown = torch.ones_like(self.shrinkage) if part.coverage is None else part.coverage
        log_weight, anchor = shown.clamp_min(1e-6).log(), torch.full_like(self.anchor, number)
        return replace(self, log_weight=log_weight, color=part.color, anchor=anchor).take(kept)

    @property
    def usage(self) -> Float[Tensor, " n"]:
        """S' of Eq. 6: use per read."""
        return self.use / self.life

    def columns(self) -> tuple[Tensor, ...]:
        """All tensors, in order."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def take(self, rows: slice | Tensor) -> "Tokens":
        """Some of the rows."""
        return Tokens(*(column[rows] for column in self.columns()))


class TokenBuffer:
    """Tokens in preallocated rows: appending copies only the new ones."""

    def __init__(self) -> None:
        self._rows: Tokens | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def tokens(self) -> Tokens:
        """The rows in use, as views. There is at least one."""
        assert self._rows is not None
        return self._rows.take(slice(0, self._count))

    def append(self, tokens: Tokens) -> None:
        """Adds rows at the end; the buffer doubles when it is full."""
        count = self._count + len(tokens.key)
        if self._rows is None or count > len(self._rows.key):
            capacity = max(count, 2 * self._count)
            grown = Tokens(*(column.new_empty(capacity, *column.shape[1:]) for column in tokens.columns()))
            if self._rows is not None:
                _copy(self.tokens, grown, 0)
            self._rows = grown
        _copy(tokens, self._rows, self._count)
        self._count = count

    def keep(self, rows: slice | Tensor) -> None:
        """Leaves only these rows, in this order."""
        kept = Tokens(*(column.clone() for column in self.tokens.take(rows).columns()))
        self._count = 0
        self.append(kept)


def _copy(source: Tokens, target: Tokens, first: int) -> None:
    for column, into in zip(source.columns(), target.columns()):
        into[first : first + len(column)] = column


def rows_of(planes: Float[Tensor, "1 c h w"]) -> Float[Tensor, "n c"]:
    """A map's pixels as rows, in fp32."""
    return planes[0].flatten(1).T.contiguous().float()
