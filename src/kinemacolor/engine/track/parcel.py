"""A colored shot on its way from one track into another: its files, each with its hash, taken in once."""

from dataclasses import dataclass, field
from pathlib import Path

from kinemacolor.engine.track import seal
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.folder import ChromaTrack, stem_of
from kinemacolor.engine.track.pieces import listed_pieces, piece_of
from kinemacolor.errors import OutputError, TrackError, reason_of_failed_write
from kinemacolor.frames import Shot


@dataclass(frozen=True, slots=True)
class ParcelFile:
    """A file of a shot. ``described`` is its length and hash, ``data`` its bytes; None where they lie in a folder."""

    name: str
    described: dict[str, object]
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A complete shot: its files in the order in which they get their names, its own notes last."""

    shot: Shot
    key: str
    notes: ChunkNotes
    files: tuple[ParcelFile, ...]


def packed(track: ChromaTrack, shot: Shot, key: str, *, with_bytes: bool) -> Parcel:
    """A shot that is complete in a track; its files' bytes too where they are to travel ``with_bytes``.

    Raises ``BrokenSealError`` where it is damaged, ``TrackError`` where it is not there.
    """
    notes = track.verified(shot, key)
    if notes is None:
        raise TrackError(f"{track.path} does not have the shot at frame {shot.start}.")
    files = []
    for path in _files_of(track, shot, key):
        described = seal.described(path)
        files.append(ParcelFile(path.name, described, path.read_bytes() if with_bytes else None))
    return Parcel(shot, key, notes, tuple(files))


def take_in(track: ChromaTrack, parcel: Parcel, *, folder: Path | None = None) -> bool:
    """Puts a shot into a track, its notes last; False where the track has it already, and nothing is done.

    Files without bytes are moved here from ``folder``, on the same disk. Whatever ends this halfway, the shot is
    either there or not.

    Raises ``BrokenSealError`` where a file is not what was packed, or is none of this shot's; ``OutputError`` where
    the disk does not take it.
    """
    if track.notes(parcel.shot, parcel.key) is not None:
        return False
    stem = stem_of(parcel.shot.start, parcel.key)
    for file in parcel.files:
        if not is_of(file.name, stem):
            raise seal.BrokenSealError(f"{file.name} is no file of the shot at frame {parcel.shot.start}")
        if file.data is not None and seal.described_bytes(file.data) != file.described:
            raise seal.BrokenSealError(f"{file.name} has changed on its way")
        if file.data is None and folder is not None:
            seal.require_described(folder / file.name, file.described)
    try:
        for file in parcel.files:
            if file.data is not None:
                seal.write_bytes(track.shots / file.name, file.data)
            elif folder is not None:
                (folder / file.name).replace(track.shots / file.name)
    except OSError as error:
        raise OutputError(
            f"Writing the chroma track {track.path} failed: {reason_of_failed_write(error)}. The same command goes "
            "on from there: shots that are complete are kept."
        ) from error
    return True


def is_of(name: str, stem: str) -> bool:
    """Whether a file's name is one that a shot with this stem can have: its chunk, its pieces, and their notes."""
    head, _, tail = name.partition(".")
    piece, _, ending = tail.rpartition(".")
    return head == stem and ending in ("mkv", "json") and (not piece or piece.isdigit())


def _files_of(track: ChromaTrack, shot: Shot, key: str) -> list[Path]:
    chunk = track.shots / f"{stem_of(shot.start, key)}.mkv"
    listed = listed_pieces(chunk)
    chunks = [chunk] if listed is None else [piece_of(chunk, first) for first in listed[0]]
    files = [path for each in chunks for path in (each, each.with_suffix(".json"))]
    return files if listed is None else [*files, chunk.with_suffix(".json")]
