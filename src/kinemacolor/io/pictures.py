"""One picture file as an upright sRGB picture: any size, depth, kind and color profile.

Pillow opens every kind and knows its orientation, palette, profile and limits. Its pixels have 8 bits: of 16-bit RGB
it drops the lower half, and 16-bit gray it clips. So where a file stores more than 8 bits a channel, OpenCV decodes
the pixels (PNG, and TIFF in every compression of libtiff; tifffile lacks LZW), rounded to 8 bits once. From there on
both go the same way: orientation, alpha, profile.
"""

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError
from torch import Tensor

from kinemacolor.errors import UnreadableImageError, reason_of
from kinemacolor.frames import RGB
from kinemacolor.io.exr import MAGIC as EXR_MAGIC
from kinemacolor.io.exr import read_exr
from kinemacolor.io.guard import PICTURE_ERRORS, decoders_quiet
from kinemacolor.io.psd import is_deep_psd, read_deep_psd
from kinemacolor.io.regular import read_regular
from kinemacolor.io.signature import kind_of
from kinemacolor.io.stored_color import ADOBE_RGB, has_cicp, stored_color_of
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, decoding_seconds, within

MAX_PIXELS = 178_956_970
"""Pillow's own limit (half a gigabyte of RGB): a picture above it is taken for a decompression bomb."""

_HEAD_BYTES = 4096
_LIMIT_BYTES = 2**30
_ORIENTATION, _BITS_PER_SAMPLE, _PLANAR = 0x0112, 258, 284
_EXIF, _INTEROPERABILITY, _COLOR_SPACE, _INTEROPERABILITY_INDEX = 0x8769, 0xA005, 0xA001, 1
_ADOBE_RGB_SPACE, _UNCALIBRATED = 2, 0xFFFF
_EXTRA_SAMPLES, _ASSOCIATED = 338, 1
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_OTHER_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"II*\0", "a TIFF of a kind that is not read (float, or a rare compression)"),
    (0, b"MM\0*", "a TIFF of a kind that is not read (float, or a rare compression)"),
    (0, b"\x89PNG", "a PNG without its beginning"),
    (0, b"\xff\xd8", "a JPEG without its beginning"),
    (0, b"8BPS", "a Photoshop document of a kind that is not read (more than 16 bits a channel, or a PSB)"),
    (0, b"#?RADIANCE", "a Radiance HDR picture"),
    (0, b"SDPX", "a DPX picture"),
    (0, b"XPDS", "a DPX picture"),
    (0, b"\x1aE\xdf\xa3", "a Matroska film"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftypmif", "a HEIF picture"),
    (4, b"ftyp", "an MP4 or MOV film"),
)
_DEEP_MODES = frozenset({"L", "LA", "RGB", "RGBA"})
_PROFILE_SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def read_picture(
    path: str | Path, *, note: Callable[[str], None] | None = None
) -> tuple[RGB, Float[Tensor, "1 h w"] | None]:
    """The picture in sRGB, upright, and its alpha (0..1), None where all of it is opaque.

    A color profile (Display P3, Adobe RGB, CMYK, gray) is applied, relative colorimetric with black point
    compensation; without one what a PNG says by cICP or gAMA and cHRM, a HEIC or AVIF by nclx, or EXIF by Adobe RGB,
    else sRGB.
    OpenEXR is linear light. Of an animation it is the first picture (``note`` is told so), of a Photoshop document
    the merged one. HEIC needs ``pillow-heif``.

    Raises:
        UnreadableImageError: not a picture, cut off, damaged, of too many pixels or of a depth without fixed range.
    """
    path = Path(path)
    try:
        data = read_regular(path, limit_bytes=_LIMIT_BYTES)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise UnreadableImageError(f"{path} cannot be read ({reason}). Give a color picture.") from error
    if data.startswith(EXR_MAGIC):
        return read_exr(str(path), data)
    notes: list[str] = []
    try:
        with decoders_quiet():
            image = within(PROBE_SECONDS, lambda: _opened(path, data))
            _check_pixels(path, image.width * image.height)
            seconds = decoding_seconds(image.width * image.height)
            decoded = within(seconds, lambda: _decoded(path, image, data, notes.append))
    except TimeUpError as error:
        raise UnreadableImageError(f"{path} is no picture to use ({error}). Save it again as PNG.") from error
    if note is not None:
        for line in notes:
            note(line)
    return decoded


def _decoded(
    path: Path, opened: Image.Image, data: bytes, note: Callable[[str], None]
) -> tuple[RGB, Float[Tensor, "1 h w"] | None]:
    with opened as image:
        frames = getattr(image, "n_frames", 1) if getattr(image, "is_animated", False) else 1
        if image.format == "PSD":
            frames = 1  # its frames are layers, and what is read is all of them together
        if frames > 1:
            note(f"{path} holds {frames} pictures. The first is used.")
        profile = image.info.get("icc_profile")
        upright = _upright(path, image, data)
        stored = stored_color_of(data)
        if stored is None and profile is None and _says_adobe_rgb(image):
            stored = ADOBE_RGB
    picture, alpha = _split_alpha(upright)
    if stored is not None and picture.mode == "RGB" and (profile is None or has_cicp(data)):
        picture, profile = Image.fromarray(stored.in_srgb(np.asarray(picture))), None
    try:
        in_srgb = _in_srgb(picture, profile)
    except (ImageCms.PyCMSError, *PICTURE_ERRORS) as error:
        note(f"{path} has a color profile that cannot be used ({error}). Its colors are taken as sRGB.")
        in_srgb = picture.convert("RGB")
    return _tensors(in_srgb, alpha)


def _learn_heif(path: Path) -> None:
    """Lets Pillow open HEIC and HEIF. Raises ``UnreadableImageError`` where what reads them is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise UnreadableImageError(
            f"{path} is a HEIC picture, as phones make them. Install what reads it (pip install "
            "'kinemacolor[heic]'), or save it as png, jpeg or tiff."
        ) from None
    register_heif_opener()


def _opened(path: Path, data: bytes) -> Image.Image:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        _learn_heif(path)
    if is_deep_psd(data):
        return read_deep_psd(str(path), data)
    try:
        return Image.open(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise _too_large(path, f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f}") from None
    except UnidentifiedImageError as error:
        raise UnreadableImageError(
            f"{path} is no picture that can be read: {_looks(data)}. Give png, jpeg, tiff or webp."
        ) from error
    except PICTURE_ERRORS as error:
        raise _damaged(path, error) from error


def _looks(data: bytes) -> str:
    if not data:
        return "it is empty (0 bytes)"
    for offset, magic, name in _OTHER_KINDS:
        if data.startswith(magic, offset):
            return f"it looks like {name}"
    return f"it looks like {kind_of(data[:_HEAD_BYTES])}"


def _check_pixels(path: Path, pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise _too_large(path, f"{pixels / 1e6:.0f}")


def _too_large(path: Path, megapixels: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} claims {megapixels} megapixels; {MAX_PIXELS / 1e6:.0f} are the limit. Save it at the film's size."
    )


def _damaged(path: Path, error: Exception) -> UnreadableImageError:
    return UnreadableImageError(f"{path} is cut off or damaged ({reason_of(error)}). Copy or save it again.")


def _upright(path: Path, image: Image.Image, data: bytes) -> Image.Image:
    """The picture decoded, with 8 bits a channel, turned as its EXIF says."""
    deep = _is_deep(image)  # first, since a PNG's getexif() decodes it and forgets its depth
    try:
        if not deep:
            image.load()
            return ImageOps.exif_transpose(image)
        orientation = image.getexif().get(_ORIENTATION, 1)
    except PICTURE_ERRORS as error:
        raise _damaged(path, error) from error
    if image.format == "TIFF" and getattr(image, "tag_v2", {}).get(_PLANAR, 1) == 2:
        raise UnreadableImageError(f"{path} stores 16-bit channels apart. Save it interleaved, or as PNG.")
    tags = getattr(image, "tag_v2", {})
    is_associated = image.format == "TIFF" and _ASSOCIATED in tags.get(_EXTRA_SAMPLES, ())[:1]
    flat = _eight_bits(path, data, is_associated=is_associated)
    flat.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(flat)


def _is_deep(image: Image.Image) -> bool:
    """Whether the file stores more than 8 bits a channel, in a mode that OpenCV decodes too."""
    if image.mode.startswith(("I", "F")):
        return True
    if image.mode not in _DEEP_MODES:
        return False
    if image.format == "TIFF":
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))
        return max(bits) > 8
    tiles = image.tile if isinstance(image, ImageFile.ImageFile) else []
    return image.format == "PNG" and any("16" in str(tile.args) for tile in tiles)


def _eight_bits(path: Path, data: bytes, *, is_associated: bool) -> Image.Image:
    """The pixels decoded by OpenCV. ``is_associated``: colors are stored multiplied by alpha, and divided again."""
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise UnreadableImageError(f"{path} is cut off or damaged. Copy or save it again.")
    if values.dtype not in (np.uint8, np.uint16):
        raise UnreadableImageError(f"{path} stores {values.dtype} numbers. Save it with 8 or 16 bits a channel.")
    if is_associated and values.ndim == 3 and values.shape[2] == 4:
        values = _divided_by_alpha(values)
    if values.dtype == np.uint16:
        values = ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if values.ndim == 2:
        return Image.fromarray(values)
    order = {2: [0, 1], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[2]]
    return Image.fromarray(np.ascontiguousarray(values[:, :, order]))


def _divided_by_alpha(values: np.ndarray) -> np.ndarray:
    top = np.iinfo(values.dtype).max
    alpha = values[..., 3:].astype(np.float64)
    colors = np.where(alpha > 0, values[..., :3] * (top / np.maximum(alpha, 1)), 0)
    return np.concatenate((np.rint(np.clip(colors, 0, top)).astype(values.dtype), values[..., 3:]), axis=2)


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The picture without alpha (L, RGB, CMYK or LAB), and its alpha if any of it is not opaque."""
    alpha = None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        # gray stays gray, for a gray profile; a palette becomes its colors
        image = image.convert("L") if image.mode == "LA" else rgba.convert("RGB")
    if image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    opaque = alpha is None or np.asarray(alpha).min() == 255
    return image, None if opaque else alpha


def _says_adobe_rgb(image: Image.Image) -> bool:
    """Whether EXIF alone says Adobe RGB, as cameras do (DCF 2.0, option file R03): their pictures have no profile."""
    try:
        exif = image.getexif()
        space = exif.get_ifd(_EXIF).get(_COLOR_SPACE)
        if space != _UNCALIBRATED:
            return bool(space == _ADOBE_RGB_SPACE)
        # Pillow before 13 fails where there is no such part
        index = exif.get_ifd(_INTEROPERABILITY).get(_INTEROPERABILITY_INDEX, "")
    except PICTURE_ERRORS:
        return False
    name = index.decode("ascii", "replace") if isinstance(index, bytes) else str(index)
    return name.strip("\0 ") == "R03"


def _profile_of(image: Image.Image, embedded: bytes | None) -> ImageCms.ImageCmsProfile | None:
    """The profile to convert from; None where there is none that is whole and of this kind of picture."""
    if image.mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    if not embedded:
        return None
    profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
    return profile if _PROFILE_SPACES.get(profile.profile.xcolor_space.strip()) == image.mode else None


def _in_srgb(image: Image.Image, embedded: bytes | None) -> Image.Image:
    profile = _profile_of(image, embedded)
    if profile is None:
        return image.convert("RGB")
    converted = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None  # it is None only when converting in place
    return converted


def _tensors(image: Image.Image, alpha: Image.Image | None) -> tuple[RGB, Float[Tensor, "1 h w"] | None]:
    rgb = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
    if alpha is None:
        return rgb, None
    return rgb, torch.from_numpy(np.array(alpha, dtype=np.float32))[None] / 255
