"""The color space of a picture's numbers without ICC profile: by PNG's cICP, gAMA, cHRM, by HEIF's nclx, by cameras.

PNG (third edition), 4.3: of cICP, iCCP, sRGB, and gAMA with cHRM the first that is there counts. Codes of cICP, and
of nclx (ISO 14496-12, 12.1.5) in HEIC and AVIF, are those of ITU-T H.273. Curves of BT.709 and its kin are taken as
sRGB's: films are graded for one display, and a film's own planes are taken so too.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Array = np.ndarray
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEIF_HEAD_BYTES = 2**16
_SRGB_GAMMA = 45455
_GAMMA_UNIT, _SAME_GAMMA = 100_000, 1500
_D65 = (0.3127, 0.3290)
Chromaticities = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""x and y of white, red, green and blue."""

_SRGB: Chromaticities = (_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_ADOBE: Chromaticities = (_D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    5: (_D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (_D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    7: (_D65, (0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
    12: (_D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
_PQ_WHITE = 203 / 10000
"""The reference white of BT.2408 as a share of PQ's 10,000 cd/m2: it becomes white, what is above is clipped."""

_HLG_WHITE = 0.265
"""The light of HLG's 75 %, which BT.2408 gives to reference white, after the system gamma of 1.2."""


@dataclass(frozen=True, slots=True)
class StoredColor:
    """Primaries, and the curve from stored values (0..1) to light (1 is white)."""

    primaries: Chromaticities
    light_of: Callable[[Array], Array]

    def in_srgb(self, values: Array) -> Array:
        """The 8-bit picture ``h w 3`` in sRGB; what it cannot hold is clipped, or darkened to its white."""
        light = self.light_of(np.arange(256) / 255)[values] @ _to_srgb(self.primaries).T
        # what is brighter than white keeps its hue, else the sun would turn yellow into white
        light = np.clip(light / np.maximum(1, light.max(-1, keepdims=True)), 0, 1)
        encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        return np.rint(encoded * 255).astype(np.uint8)


ADOBE_RGB = StoredColor(_ADOBE, lambda values: values ** (563 / 256))


def stored_color_of(data: bytes) -> StoredColor | None:
    """The color space that a PNG, HEIC or AVIF without ICC profile states.

    None for sRGB, other files, and where none is stated.
    """
    if (place := data[:_HEIF_HEAD_BYTES].find(b"colrnclx")) >= 0 and data[4:8] == b"ftyp" and len(data) >= place + 12:
        return _of_codes(*struct.unpack_from(">HH", data, place + 8))
    chunks = dict(_chunks(data))
    if (code := chunks.get(b"cICP")) is not None and len(code) == 4:
        return _of_codes(code[0], code[1])
    if b"iCCP" in chunks or b"sRGB" in chunks or b"gAMA" not in chunks or len(chunks[b"gAMA"]) != 4:
        return None
    (gamma,) = struct.unpack(">I", chunks[b"gAMA"])
    primaries = _chromaticities(chunks.get(b"cHRM", b""))
    is_usual = abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA
    if not gamma or (is_usual and _is_srgb(primaries)):
        return None
    power = _GAMMA_UNIT / gamma
    return StoredColor(primaries, _srgb_light if is_usual else lambda values: values**power)


def _of_codes(primaries_code: int, transfer_code: int) -> StoredColor | None:
    primaries, curve = _PRIMARIES.get(primaries_code, _SRGB), _curve_of(transfer_code)
    return None if primaries == _SRGB and curve is _srgb_light else StoredColor(primaries, curve)


def has_cicp(data: bytes) -> bool:
    """Whether a PNG says its color by cICP, which comes before an ICC profile."""
    return any(name == b"cICP" for name, _ in _chunks(data))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of a PNG's chunks before its pixels."""
    place = len(_SIGNATURE)
    while data.startswith(_SIGNATURE) and place + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name = data[place + 4 : place + 8]
        if name in (b"IDAT", b"IEND"):
            return
        yield name, data[place + 8 : place + 8 + length]
        place += length + 12


def _chromaticities(content: bytes) -> Chromaticities:
    if len(content) != 32:
        return _SRGB
    values = [value / _GAMMA_UNIT for value in struct.unpack(">8I", content)]
    pairs = [(values[i], values[i + 1]) for i in range(0, 8, 2)]
    if any(not (0 < x < 1 and 0 < y < 1) for x, y in pairs):
        return _SRGB
    return pairs[0], pairs[1], pairs[2], pairs[3]


def _is_srgb(primaries: Chromaticities) -> bool:
    return bool(np.allclose(np.array(primaries), np.array(_SRGB), atol=0.002))


def _curve_of(code: int) -> Callable[[Array], Array]:
    return {4: _power_of(2.2), 5: _power_of(2.8), 8: _power_of(1.0), 16: _pq_light, 18: _hlg_light}.get(
        code, _srgb_light
    )


def _power_of(power: float) -> Callable[[Array], Array]:
    return lambda values: values**power


def _srgb_light(values: Array) -> Array:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _pq_light(values: Array) -> Array:
    """SMPTE ST 2084."""
    root = values ** (1 / 78.84375)
    return (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125) / _PQ_WHITE


def _hlg_light(values: Array) -> Array:
    """ARIB STD-B67, with the system gamma for each channel by itself."""
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return scene**1.2 / _HLG_WHITE**1.2


@lru_cache(maxsize=16)
def _to_srgb(primaries: Chromaticities) -> Array:
    """From light of these primaries to light of sRGB's; white becomes white (Bradford)."""
    own, wanted = _to_xyz(primaries), _to_xyz(_SRGB)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    white = (bradford @ wanted.sum(1)) / (bradford @ own.sum(1))
    adapted = np.linalg.inv(bradford) @ np.diag(white) @ bradford @ own
    return np.linalg.inv(wanted) @ adapted


def _to_xyz(primaries: Chromaticities) -> Array:
    white, *colors = (_xyz(pair) for pair in primaries)
    columns = np.stack(colors, 1)
    return columns * np.linalg.solve(columns, white)


def _xyz(pair: Sequence[float]) -> Array:
    x, y = pair
    return np.array([x / y, 1.0, (1 - x - y) / y])
