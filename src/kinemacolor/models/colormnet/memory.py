"""MFP, the storage: permanent exemplars, working memory, long-term memory, and when what moves where."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from kinemacolor.models.colormnet import mfp
from kinemacolor.models.colormnet.anchors import Anchor, Part, most_alike, nearer_first, without_conflict
from kinemacolor.models.colormnet.key import Key
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.restriction import AllowedTokens, Restriction, frames_of
from kinemacolor.models.colormnet.tokens import TokenBuffer, Tokens, rows_of
from kinemacolor.models.kept import kept_as


@kept_as("colormnet-traces")
@dataclass(frozen=True, slots=True)
class Traces:
    """What the frames of a shot have left in memory: all but the exemplars that were in it before the first.

    None is no token.
    """

    permanent: Tokens | None
    working: Tokens | None
    long_term: Tokens | None
    anchors: tuple[Anchor, ...]
    frame_tokens: int
    consolidations: int
    is_partial: bool


@kept_as("colormnet-memory")
class Memory:
    """The memory of a film, to be searched by the frames that come."""

    def __init__(self, policy: MemoryPolicy) -> None:
        self.policy = policy
        self.permanent = TokenBuffer()
        self.working = TokenBuffer()
        self.long_term = TokenBuffer()
        self.anchors: list[Anchor] = []
        self._frame_tokens = 0
        self._consolidations = 0
        self._is_partial = False
        self._given = (0, 0)

    def is_given(self) -> None:
        """Says that what is in it now comes from the exemplars alone, and is no trace of any frame."""
        self._given = (len(self.permanent), len(self.anchors))

    def traces(self) -> Traces:
        """What frames have left in it. How often exemplars' tokens were read is none: nothing asks for it."""
        tokens, anchors = (0, 0) if self.policy.latest_only else self._given
        return Traces(
            _rows_from(self.permanent, tokens),
            _rows_from(self.working),
            _rows_from(self.long_term),
            tuple(self.anchors[anchors:]),
            self._frame_tokens,
            self._consolidations,
            self._is_partial,
        )

    def take_up(self, traces: Traces) -> None:
        """Puts traces into a memory that has no more than the exemplars."""
        if self.policy.latest_only:
            self.permanent, self.anchors = TokenBuffer(), []
        self.working, self.long_term = TokenBuffer(), TokenBuffer()
        buffers = (self.permanent, self.working, self.long_term)
        for buffer, tokens in zip(buffers, (traces.permanent, traces.working, traces.long_term)):
            if tokens is not None:
                buffer.append(tokens)
        self.anchors = [*self.anchors, *traces.anchors]
        self._frame_tokens, self._consolidations = traces.frame_tokens, traces.consolidations
        self._is_partial = traces.is_partial

    @property
    def sizes(self) -> tuple[int, int]:
        """Tokens in working memory, exemplars included, and in long-term memory."""
        return len(self.permanent) + len(self.working), len(self.long_term)

    def _segments(self, key: Key) -> list[Tokens]:
        """The tokens that a frame asks: those of its exemplars, of long-term and of working memory."""
        found = [buffer.tokens for buffer in (self.long_term, self.working) if len(buffer)]
        if not len(self.permanent):
            return found
        if self.policy.anchors_at_once is None or len(self.anchors) <= self.policy.anchors_at_once:
            return [self.permanent.tokens, *found]
        asked = most_alike(self.anchors, rows_of(key.key), self.policy.anchors_at_once)
        return [*(self.permanent.tokens.take(anchor.rows) for anchor in asked), *found]

    def write(
        self,
        key: Key,
        value: Float[Tensor, "1 p v h w"],
        *,
        permanent: bool = False,
        part: Part | None = None,
        frame: int | None = None,
    ) -> None:
        """Adds a frame. A ``permanent`` one, an exemplar, is never consolidated; ``part`` says what of it counts.

        ``frame`` is its number in the shot, None where it is no frame of it.
        """
        with torch.autocast(value.device.type, enabled=False):
            rows = (rows_of(key.key), rows_of(key.shrinkage)[:, 0], rows_of(key.selection))
            tokens = Tokens.new(*rows, rows_of(value.flatten(1, 2)), frame)
            if self.policy.latest_only and frame is not None:
                self.permanent, self.working, self.anchors = TokenBuffer(), TokenBuffer(), []
            if permanent:
                part = part or Part(tokens.color)
                tokens = tokens.of_anchor(len(self.anchors), part)
                self._is_partial |= part.coverage is not None
                first = len(self.permanent)
                self.permanent.append(tokens)
                self.anchors.append(Anchor(slice(first, len(self.permanent)), tokens.key.mean(0), part.frame))
                return
            self.working.append(tokens)
            self._frame_tokens = len(tokens.key)
            # the exemplars count as one frame, however many they are
            full = (self.policy.working_max_frames - 1) * self._frame_tokens
            if self.policy.long_term and len(self.working) >= full:
                self._consolidate()

    def _consolidate(self) -> None:
        """Eq. 6 to 8: the oldest frames of working memory become prototypes."""
        keep = (self.policy.working_min_frames - 1) * self._frame_tokens
        oldest = len(self.working) - keep
        candidates = self.working.tokens.take(slice(0, oldest))
        chosen = candidates.take(self._chosen(candidates.usage))
        asking = mfp.query_operand(chosen.key, chosen.selection)
        shrinkage, value = mfp.prototype_values(asking, candidates.operand, candidates.shrinkage, candidates.value)
        self._make_room()
        self.long_term.append(Tokens.new(chosen.key, shrinkage, chosen.selection, value))
        self.working.keep(slice(oldest, oldest + keep))
        self._consolidations += 1

    def _chosen(self, usage: Float[Tensor, " n"]) -> Int[Tensor, " m"]:
        """Which candidates become prototypes."""
        count = self.policy.prototypes_tokens
        if self.policy.choice == "random":
            return mfp.drawn(usage, count, seed=self._consolidations)
        return mfp.most_used(usage, count) if self.policy.choice == "usage" else mfp.spread(usage, count)

    def _make_room(self) -> None:
        room = self.policy.long_term_max_tokens - self.policy.prototypes_tokens
        surplus = len(self.long_term) - room
        if surplus <= 0:
            return
        tokens = self.long_term.tokens
        if self.policy.choice == "random":
            self.long_term.keep(mfp.drawn(tokens.usage, len(tokens.key) - surplus, seed=self._consolidations))
        else:
            # where weights decay, the oldest are read least
            worth = tokens.usage if self.policy.choice == "usage" else -tokens.life
            self.long_term.keep(mfp.worth_keeping(worth, surplus))

    def follow(self, key: Key, restriction: Restriction | None) -> AllowedTokens | None:
        """The part of memory that may answer the next frame; None without a restriction."""
        if restriction is None:
            return None
        segments = [tokens.origin for tokens in self._segments(key)]
        origins = torch.cat(segments) if segments else torch.zeros(0, 2, dtype=torch.long, device=key.key.device)
        candidates = restriction.follow(key.key, frames_of(origins))
        return AllowedTokens(origins, candidates, key.key.shape[-2] * key.key.shape[-1])

    def read(
        self, key: Key, planes: int, allowed: AllowedTokens | None = None, *, now: int = 0
    ) -> Float[Tensor, "1 p v h w"]:
        """V of Eq. 10: what memory says of each pixel, per plane, in frame ``now``. Counts the use of every token.

        With ``allowed`` only those tokens answer.
        """
        height, width = key.key.shape[-2:]
        with torch.autocast(key.key.device.type, enabled=False):
            asking = mfp.query_operand(rows_of(key.key), rows_of(key.selection))
            segments = self._segments(key)
            answer = mfp.search(
                asking,
                [tokens.operand for tokens in segments],
                self.policy.top_k,
                allowed=allowed,
                bias=self._bias(segments),
            )
            answer = self._settled(answer, segments, now)
            readout = mfp.read(answer, [tokens.value for tokens in segments])
            self._count_use(answer, segments)
        return readout.T.reshape(1, planes, -1, height, width)

    def _settled(self, answer: mfp.Affinity, segments: list[Tokens], now: int) -> mfp.Affinity:
        """The answer as the policy for exemplars has it: the paper's is as it is."""
        if self.policy.conflict_radius is None and not self.policy.nearness:
            return answer
        color, anchor = (torch.cat(column) for column in zip(*((t.color, t.anchor) for t in segments)))
        if self.policy.nearness:
            frames = [each.frame for each in self.anchors]
            answer = nearer_first(answer, anchor, frames, now, self.policy.nearness)
        if self.policy.conflict_radius is None:
            return answer
        return without_conflict(answer, color, anchor, self.policy.conflict_radius)

    def _bias(self, segments: list[Tokens]) -> Float[Tensor, " n"] | None:
        """The term added to each token's similarity, None where that is nothing.

        For an exemplar's token the logarithm of how much of it is shown; for others, where weights decay, that of
        their weight, lower with each read.
        """
        if self.policy.choice == "decay":
            ages = torch.cat([tokens.life * (tokens.anchor < 0) for tokens in segments])
            return ages * math.log(1 - self.policy.decay_per_frame) + _log_weights(segments)
        return _log_weights(segments) if self._is_partial else None

    @staticmethod
    def _count_use(answer: mfp.Affinity, segments: list[Tokens]) -> None:
        first = 0
        for tokens in segments:
            rows, weights = _part(answer, first, len(tokens.key))
            tokens.use.index_add_(0, rows, weights)
            tokens.life.add_(1)
            first += len(tokens.key)


def _rows_from(buffer: TokenBuffer, first: int = 0) -> Tokens | None:
    return buffer.tokens.take(slice(first, None)) if len(buffer) > first else None


def _part(answer: mfp.Affinity, first: int, count: int) -> tuple[Int[Tensor, " n"], Float[Tensor, " n"]]:
    rows, weights, _ = mfp.affinity_of_segment(answer, first, count)
    return rows, weights


def _log_weights(segments: list[Tokens]) -> Float[Tensor, " n"]:
    return torch.cat([tokens.log_weight for tokens in segments])
