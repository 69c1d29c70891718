"""An OpenEXR picture as an sRGB one. Its numbers are light, of the scene or of a scanner: 1 becomes white."""

import io

import av
import numpy as np
import torch
from av.error import FFmpegError
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import UnreadableImageError, reason_of
from kinemacolor.frames import RGB
from kinemacolor.io.guard import picture_options

MAGIC = b"v/1\x01"
_FIRST, _SLOPE, _SHARE, _POWER = 0.0031308, 12.92, 1.055, 1 / 2.4


def read_exr(name: str, data: bytes) -> tuple[RGB, Float[Tensor, "1 h w"] | None]:
    """The picture in sRGB and its alpha (0..1), None where all of it is opaque.

    Colors are taken as linear light of BT.709's primaries, clipped to 0..1; where there is alpha they are stored
    multiplied by it. Of several layers it is the first. Raises ``UnreadableImageError``.
    """
    try:
        with av.open(io.BytesIO(data), "r", options=picture_options()) as container:
            frame = next(container.decode(video=0))
        has_alpha = any(component.is_alpha for component in frame.format.components)
        light = frame.to_ndarray(format="gbrapf32le" if has_alpha else "gbrpf32le").astype(np.float64)
    except (FFmpegError, StopIteration, IndexError, ValueError) as error:
        raise UnreadableImageError(
            f"{name} is an OpenEXR picture that cannot be read ({reason_of(error)}). Save it as 16-bit PNG or TIFF."
        ) from error
    light = np.nan_to_num(light, nan=0.0, posinf=1.0, neginf=0.0)
    alpha = np.clip(light[..., 3:], 0, 1)
    color = light[..., :3] if not has_alpha else light[..., :3] / np.maximum(alpha, 1e-6)
    color = np.clip(color, 0, 1)
    encoded = np.where(color <= _FIRST, _SLOPE * color, _SHARE * color**_POWER - (_SHARE - 1))
    rgb = torch.from_numpy(np.rint(encoded * 255).astype(np.uint8)).permute(2, 0, 1).contiguous()
    if not has_alpha or alpha.min() == 1:
        return rgb, None
    return rgb, torch.from_numpy(alpha.astype(np.float32)).permute(2, 0, 1).contiguous()
