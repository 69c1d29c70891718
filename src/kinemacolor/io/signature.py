"""Kind of a file by its bytes: a name for what is no film, and whether the end of a film's file is missing."""

from pathlib import Path
from typing import BinaryIO

from kinemacolor.errors import InputError, NotAVideoError, TruncatedError

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf", "a 7z archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"\x80\x02", "a Python pickle"),
    (0, b"{", "JSON text"),
)
_TEXT_BYTES = frozenset(range(32, 127)) | {7, 8, 9, 10, 12, 13, 27} | frozenset(range(128, 256))
_MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_TS_BYTES, _TS_SYNC = 188, 0x47
_HEAD_BYTES = 4096


def kind_of(head: bytes) -> str:
    """Kind of file that its first bytes look like, in words: ``HTML text``, ``a PDF document``, ``unknown data``."""
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "HTML text"
    if start.startswith((b"<?xml", b"<svg")):
        return "XML text"
    for offset, magic, name in _MAGIC:
        if head[offset:].startswith(magic):
            return name
    if head and _TEXT_BYTES.issuperset(head) and b"\0" not in head:
        return "plain text"
    if head and not any(head):
        return "zeros only"
    return "unknown data"


def _mp4_boxes(file: BinaryIO, size: int) -> tuple[set[bytes], int]:
    """Types of the top-level boxes, and how many bytes the last one lacks."""
    types: set[bytes] = set()
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - position
        if length < 8:
            break
        types.add(header[4:8])
        position += length
    return types, max(0, position - size)


def _ebml_number(data: bytes, position: int) -> tuple[int | None, int]:
    """An EBML variable-length size and the position after it; None where the size is left open."""
    length = 9 - data[position].bit_length()
    value = int.from_bytes(data[position : position + length], "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), position + length


def _missing_of_matroska(head: bytes, size: int) -> int:
    position = head.find(_SEGMENT)
    if position < 0 or position + 12 > len(head):
        return 0
    length, start = _ebml_number(head, position + 4)
    return 0 if length is None else max(0, start + length - size)


def _is_transport_stream(head: bytes) -> bool:
    places = range(0, len(head), _TS_BYTES)
    return len(places) > 1 and all(head[place] == _TS_SYNC for place in places)


def missing_bytes(path: Path) -> int:
    """Number of bytes missing by the file's own headers (MP4, MOV, Matroska, WebM, AVI, MPEG-TS); 0 for others.

    A transport stream says no length, but consists of whole packets: of one cut off it is what its last one lacks.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if head[4:8] in _MP4_BOXES:
            return _mp4_boxes(file, size)[1]
        if head.startswith(_EBML):
            return _missing_of_matroska(head, size)
    if _is_transport_stream(head):
        return -size % _TS_BYTES
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return max(0, int.from_bytes(head[4:8], "little") + 8 - size)
    return 0


def why_unreadable(path: Path) -> InputError:
    """The error that says why no demuxer opens a file: empty, cut off, or no video."""
    size = path.stat().st_size
    if size == 0:
        return TruncatedError(f"{path} is empty (0 bytes). Copy or download it again.")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        types, missing = _mp4_boxes(file, size) if head[4:8] in _MP4_BOXES else (set[bytes](), 0)
    if types and b"moov" not in types:
        lack = f"; at least {missing} bytes are missing" if missing else ""
        return TruncatedError(
            f"{path} is truncated: it has no index (moov){lack}. "
            "Copy it again, or finish the recording that wrote it."
        )
    if types or head.startswith(_EBML) or head.startswith(b"RIFF"):
        return TruncatedError(f"{path} is truncated or damaged within its header. Copy or download it again.")
    return NotAVideoError(
        f"{path} is not a video: it looks like {kind_of(head)}. Give a film, such as mp4, mov or mkv."
    )
