"""Pictures as a small film that every browser plays: H.264, 8 bits, no sound, no tags of their origin."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch.nn.functional as F
from av.error import FFmpegError
from av.video.stream import VideoStream
from jaxtyping import UInt8
from torch import Tensor

from kinemacolor.errors import OutputError, reason_of_failed_write
from kinemacolor.frames import RGB

_ENCODING = {"crf": "16", "preset": "veryfast"}


def write_preview(path: Path, pictures: Iterable[RGB], rate: Fraction) -> int:
    """Writes the pictures, all of one size, and says how many there were. Odd sides get a repeated row or column.

    Raises ``OutputError`` where the file cannot be written.
    """
    count = 0
    try:
        with av.open(f"file:{path}", "w", format="mp4", options={"movflags": "+faststart"}) as film:
            stream: VideoStream | None = None
            for picture in pictures:
                even = _even(picture)
                if stream is None:
                    stream = film.add_stream("libx264", rate=rate, options=_ENCODING)
                    stream.height, stream.width = even.shape[-2:]
                    stream.pix_fmt = "yuv420p"
                array = np.ascontiguousarray(even.permute(1, 2, 0).numpy())
                film.mux(stream.encode(av.VideoFrame.from_ndarray(array, format="rgb24")))
                count += 1
            if stream is not None:
                film.mux(stream.encode(None))
    except (FFmpegError, OSError) as error:
        raise OutputError(f"Writing {path} failed: {reason_of_failed_write(error)}.") from error
    return count


def _even(picture: RGB) -> UInt8[Tensor, "3 h2 w2"]:
    rows, columns = picture.shape[-2] % 2, picture.shape[-1] % 2
    if not rows and not columns:
        return picture
    return F.pad(picture[None].float(), (0, columns, 0, rows), mode="replicate")[0].byte()
