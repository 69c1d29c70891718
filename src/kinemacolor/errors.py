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
