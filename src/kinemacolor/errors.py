"""Every error that a user can cause.

::

    KinemacolorError
    ├── InputError               a film or folder that cannot be read
    │   ├── NotAVideoError       the file is something else
    │   ├── TruncatedError       the file ends before its index or its frames
    │   └── NoVideoStreamError   sound only, or a cover picture only
    ├── ExemplarError            an exemplar that cannot serve
    │   ├── GrayExemplarError    it has no color
    │   ├── ExemplarIndexError   its frame is not in the film
    │   └── UnreadableImageError it cannot be decoded
    ├── OutputError              the output cannot be written
    │   ├── OutputExistsError    something is there already
    │   └── CodecError           the encoder or container refuses
    ├── ModelError               a model that cannot be built or run here
    │   └── WeightsError         weights missing, damaged or of another network
    │       └── LicenseNotAcceptedError
    ├── TrackError               a chroma track that cannot be used
    │   └── BusyError            another run is working on it
    └── SettingError             a value outside what is possible
        └── ShotListError        a line of a shot list that names no shot
"""

import errno


class KinemacolorError(Exception):
    """Anything that a user can mend. The message says what happened, what would be right, what to do."""


class InputError(KinemacolorError):
    """A film or folder that cannot be read."""


class NotAVideoError(InputError):
    """The file is no video; the message names what it looks like."""


class TruncatedError(InputError):
    """The file ends before its index or before its first frame."""


class NoVideoStreamError(InputError):
    """The file has sound or a cover picture, but no film."""


class ExemplarError(KinemacolorError):
    """An exemplar that cannot serve."""


class GrayExemplarError(ExemplarError):
    """The exemplar has no color to give."""


class ExemplarIndexError(ExemplarError):
    """The exemplar is bound to a frame that the film does not have."""


class UnreadableImageError(ExemplarError):
    """The picture cannot be decoded."""


class OutputError(KinemacolorError):
    """The output cannot be written."""


class OutputExistsError(OutputError):
    """Something lies under the output's name already."""


class CodecError(OutputError):
    """The encoder, the pixel format or the container refuses."""


class ModelError(KinemacolorError):
    """A model that cannot be built or run here."""


class WeightsError(ModelError):
    """Weights are missing, damaged, or belong to another network."""


class LicenseNotAcceptedError(WeightsError):
    """The weights' license was not accepted, so nothing was fetched."""


class SettingError(KinemacolorError):
    """A setting has a value outside what is possible."""


class ShotListError(SettingError):
    """A shot list has a line that cannot be used; the message names it."""


class TrackError(KinemacolorError):
    """A chroma track is missing, damaged, or belongs to something else."""


class BusyError(TrackError):
    """Another run is working on the same track or project."""


_WORDS_OF_LIBAV = {
    "Invalid data found when processing input": "its data is damaged, or of another kind",
    "Generic error in an external library": "the encoder's own library gave up",
    "End of file": "it ends too early",
    "Not yet implemented in FFmpeg, patches welcome": "FFmpeg knows no way to do this",
    "Invalid argument": "what was asked for is not possible",
    "Encoder not found": "this FFmpeg has no such encoder",
    "Decoder not found": "this FFmpeg has no such decoder",
}
"""FFmpeg's messages, and what each means to somebody who has not called it."""

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad_alloc", "alloc_failed")
"""How libraries that have no error of that kind say that memory did not suffice."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory did not suffice, the computer's or a GPU's."""
    words = str(error).lower()
    known = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return known or any(each in words for each in _OUT_OF_MEMORY)


def reason_of(error: BaseException) -> str:
    """The reason of an error in words for a user: without what a library says of itself, in one line.

    ``error`` is one of the operating system's, of FFmpeg's or of a decoder of text.
    """
    if isinstance(error, UnicodeError):
        return "it is no text in UTF-8"
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}" if error.args else "something is missing in it"
    line = getattr(error, "lineno", None)
    if isinstance(error, ValueError) and isinstance(line, int):
        return f"it is wrong at line {line}, column {getattr(error, 'colno', 1)}"
    text = getattr(error, "strerror", None) or (str(error).splitlines() or [""])[0]
    return _WORDS_OF_LIBAV.get(text, text) or "no reason is given"


def reason_of_failed_write(error: BaseException) -> str:
    """The same of a write that failed, with what to do where the disk is full."""
    number = getattr(error, "errno", None)
    if number in _NO_ROOM:
        return f"the disk is full ({reason_of(error)}). Make room on it and run again"
    if number == errno.EFBIG:
        return f"the disk takes no file so large ({reason_of(error)}). Write to another disk"
    return reason_of(error)
