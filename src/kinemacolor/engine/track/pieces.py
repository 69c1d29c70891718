"""A long shot of a track in pieces: a chunk for each span, with the model's state behind it, until the shot is whole.

A piece is named by its shot and the frame that it begins with. The shot's own notes come when all pieces are there,
say which they are, and stand for a chunk; from then on no state is kept. Before, the last two are.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kinemacolor.engine.track import seal
from kinemacolor.engine.track.chunk import (
    STATE,
    ChunkNotes,
    ChunkWriter,
    notes_in,
    read_chunk,
    verified_notes,
    verified_state,
)
from kinemacolor.errors import OutputError, reason_of_failed_write
from kinemacolor.models.base import Answer

_PIECES = "pieces"
_STATES_KEPT = 2


@dataclass(frozen=True, slots=True)
class Begun:
    """What a track has of a shot that is not complete: pieces from its first frame on, and the state behind them.

    ``firsts`` are the frames that they begin with, counted from the shot's first; ``notes`` are those of all.
    """

    firsts: tuple[int, ...]
    notes: ChunkNotes
    state: bytes = field(repr=False)


def piece_of(path: Path, first: int) -> Path:
    """The place of a piece of the shot whose chunk is at ``path``."""
    return path.with_name(f"{path.stem}.{first:06d}{path.suffix}")


def pieces_there(path: Path) -> list[Path]:
    """All files of a shot's pieces."""
    return sorted(path.parent.glob(f"{path.stem}.[0-9]*"))


def begun(path: Path, faults: list[str]) -> Iterator[Begun]:
    """What can be gone on from, the farthest first. A damaged piece ends what there is.

    A line for each piece or state that is damaged goes to ``faults``.
    """
    several: list[ChunkNotes] = []
    firsts: list[int] = []
    first = 0
    while True:
        try:
            notes = verified_notes(piece_of(path, first))
        except seal.BrokenSealError as error:
            faults.append(f"from frame {first} of it on: {error}")
            break
        if notes is None or not notes.frames:
            break
        several.append(notes)
        firsts.append(first)
        first += notes.frames
    for count in range(len(several), max(0, len(several) - _STATES_KEPT), -1):
        try:
            state = verified_state(piece_of(path, firsts[count - 1]))
        except (seal.BrokenSealError, OSError) as error:
            faults.append(
                f"the state behind frame {firsts[count - 1] + several[count - 1].frames - 1} of it: {error}"
            )
            continue
        yield Begun(tuple(firsts[:count]), _joined(several[:count]), state)


def _joined(several: Sequence[ChunkNotes]) -> ChunkNotes:
    return ChunkNotes(
        frames=sum(each.frames for each in several),
        damaged=sum(each.damaged for each in several),
        seconds=round(sum(each.seconds for each in several), 3),
        confidence=[each for notes in several for each in notes.confidence],
    )


def listed_pieces(path: Path) -> tuple[list[int], ChunkNotes] | None:
    """The first frames of a complete shot's pieces, and its notes; None for one that is not in pieces.

    Raises as ``read_sealed`` does.
    """
    content = seal.read_sealed(path.with_suffix(".json"))
    if _PIECES not in content:
        return None
    firsts = content[_PIECES]
    if not (isinstance(firsts, list) and firsts and all(type(each) is int and each >= 0 for each in firsts)):
        raise seal.BrokenSealError("it does not say which pieces it has")
    return firsts, notes_in(content)


def verified_pieces(path: Path, firsts: Sequence[int], notes: ChunkNotes) -> None:
    """Raises ``BrokenSealError`` where a piece is damaged or missing, or all are not the shot."""
    expected = 0
    for first in firsts:
        own = verified_notes(piece_of(path, first))
        if own is None or first != expected:
            raise seal.BrokenSealError(f"the piece from its frame {expected} on is missing")
        expected += own.frames
    if expected != notes.frames:
        raise seal.BrokenSealError(f"its pieces have {expected} frames instead of {notes.frames}")


def read_pieces(path: Path, firsts: Sequence[int], *, first: int = 0) -> Iterator[Answer]:
    """The answers of pieces one after the other, from the shot's frame ``first`` on. Raises ``TrackError``."""
    stops: list[int | None] = [*firsts[1:], None]
    for begins, stop in zip(firsts, stops):
        if stop is None or stop > first:
            yield from read_chunk(piece_of(path, begins), first=max(0, first - begins))


class ShotWriter:
    """Takes a shot's answers. What is complete under its name stays: pieces as they end, else the shot at its end.

    ``firsts`` are the pieces that are there already, up to frame ``first``, where writing goes on.
    """

    def __init__(
        self,
        path: Path,
        description: dict[str, object],
        *,
        in_pieces: bool,
        firsts: Sequence[int] = (),
        first: int = 0,
    ) -> None:
        self._path, self._description, self._in_pieces = path, description, in_pieces
        self._firsts, self._first, self._added = list(firsts), first, 0
        self._chunk = self._opened()

    def _opened(self) -> ChunkWriter:
        if not self._in_pieces:
            return ChunkWriter(self._path, self._description)
        return ChunkWriter(piece_of(self._path, self._first), {**self._description, "first": self._first})

    def add(self, answer: Answer) -> None:
        """Writes one frame. Raises ``OutputError`` where the disk does not take it."""
        self._chunk.add(answer)
        self._added += 1

    def end_piece(self, notes: ChunkNotes, state: bytes) -> None:
        """The span is complete; from now on it is kept, with the model's ``state`` behind it."""
        self._chunk.commit(notes, state=state)
        self._next()
        for first in self._firsts[:-_STATES_KEPT]:
            piece_of(self._path, first).with_suffix(STATE).unlink(missing_ok=True)
        self._chunk = self._opened()

    def _next(self) -> None:
        if self._added:
            self._firsts.append(self._first)
        self._first, self._added = self._first + self._added, 0

    def commit(self, notes: ChunkNotes, *, rest: ChunkNotes | None = None) -> None:
        """The shot is complete: ``notes`` are its own, ``rest`` those since its last piece ended."""
        if not self._in_pieces:
            self._chunk.commit(notes)
            self._remove_all_but(())
            return
        self._chunk.commit(rest or notes)
        self._next()
        try:
            seal.write_sealed(self._path.with_suffix(".json"), {**asdict(notes), _PIECES: self._firsts})
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(
                f"Writing the chroma track {self._path.parent} failed: {reason_of_failed_write(error)}. The same "
                "command goes on from there."
            ) from error
        self._remove_all_but(self._firsts)

    def _remove_all_but(self, firsts: Sequence[int]) -> None:
        """Removes the states, and the pieces that are none of the shot's."""
        kept = {piece_of(self._path, first).with_suffix(end).name for first in firsts for end in (".mkv", ".json")}
        with suppress(OSError):
            for place in pieces_there(self._path):
                if place.name not in kept:
                    place.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Removes what was written since the last piece ended."""
        self._chunk.abandon()
