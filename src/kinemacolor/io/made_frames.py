"""Planes to frames for an encoder, with all that an encoder takes from the frame: tags, field marks, captions."""

from fractions import Fraction

from av.video.frame import VideoFrame

from kinemacolor.frames import Frame
from kinemacolor.io import encode, pixels
from kinemacolor.io.base import OutputLayout
from kinemacolor.io.captions import KEEPS_CAPTIONS, CaptionCarrier, captions_line
from kinemacolor.io.info import FilmInfo


class MadeFrames:
    """Makes an encoder's frames; ``warnings`` gets a line where the first captions come that it does not keep."""

    def __init__(
        self, info: FilmInfo, layout: OutputLayout, encoder: str, time_base: Fraction, warnings: list[str]
    ) -> None:
        self._info, self._layout, self._encoder = info, layout, encoder
        self._fields = encode.FieldMarks(info, layout.pixel_format, time_base)
        self._carrier: CaptionCarrier | None = None
        self._keeps_captions = encoder in KEEPS_CAPTIONS
        self._warnings = warnings

    def of(self, frame: Frame) -> VideoFrame:
        """The frame for the encoder, its depth and range converted where the layout has others."""
        assert frame.planes is not None
        planes = pixels.converted(frame.planes, bits=self._layout.bits, full_range=self._layout.full_range)
        carrier = self._carrying(frame.captions, planes.size)
        made = pixels.frame_of(planes, self._layout.pixel_format, carrier)
        # on the frame too: prores_ks takes the tags from there
        tags = encode.tags_of(self._info, self._layout)
        made.color_primaries, made.color_trc, made.colorspace, made.color_range = tags
        return self._fields.marked(made, is_interlaced=frame.is_interlaced)

    def _carrying(self, captions: bytes, size: tuple[int, int]) -> VideoFrame | None:
        """A frame that carries the captions; None where there are none or they are not kept."""
        if captions and not self._keeps_captions:
            line = captions_line(self._info.path, self._encoder)
            if line not in self._warnings:
                self._warnings.append(line)
            return None
        if captions and self._carrier is None:
            self._carrier = CaptionCarrier(size, self._layout.pixel_format)
        return None if self._carrier is None else self._carrier.frame(captions)
