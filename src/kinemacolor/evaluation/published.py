"""Figures that papers print, with their source, each under the protocol whose arithmetic is nearest to theirs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """One line of a paper's table. ``figures`` go by the names of ``FIGURES``."""

    protocol: str
    method: str
    data: str
    figures: Mapping[str, float]
    source: str


_COLORMNET, _BISTNET = "ColorMNet, 2024", "BiSTNet, 2023"
_DEEP, _SPATIO = "Deep Exemplar, 2019", "Spatiotemporal, 2020"


def _table_1(method: str, data: str, psnr: float, fid: float, ssim: float, lpips: float) -> Published:
    figures = {"psnr_wrapping": psnr, "ssim_uniform7": ssim, "fid_clip": fid, "lpips_unscaled": lpips}
    return Published("colormnet-2024", method, data, figures, f"{_COLORMNET}, Table 1")


def _consistency(method: str, cdc: float) -> Published:
    return Published("colormnet-2024", method, "DAVIS", {"cdc": cdc}, f"{_COLORMNET}, Table 2")


def _table_2(method: str, full: float, inner: float, outer: float, exemplar: str, table: int) -> Published:
    figures = {"psnr": full, "psnr_inner": inner, "psnr_outer": outer}
    return Published("spatiotemporal", method, f"DAVIS 2017, {exemplar}", figures, f"{_SPATIO}, Table {table}")


def _bistnet(method: str, psnr: float, ssim: float, lpips: float, cdc: float) -> Published:
    figures = {"psnr": psnr, "ssim_uniform7": ssim, "lpips": lpips, "cdc": cdc}
    return Published("bistnet", method, "DAVIS", figures, f"{_BISTNET}, Table 1")


def _outliers(method: str, exemplar: str, percent: float) -> Published:
    return Published(
        "spatiotemporal", method, f"DAVIS 2017, {exemplar}", {"outliers": percent}, f"{_SPATIO}, Table 4"
    )


def _flicker(method: str, flicker: float) -> Published:
    return Published("deep-exemplar", method, "Videvo, 116 clips", {"warp_error": flicker}, f"{_DEEP}, Table 1")


PUBLISHED: tuple[Published, ...] = (
    _table_1("ColorMNet", "DAVIS", 35.77, 38.39, 0.970, 0.035),
    _table_1("BiSTNet, two exemplars", "DAVIS", 34.02, 44.69, 0.964, 0.043),
    _table_1("DeepRemaster", "DAVIS", 33.25, 92.28, 0.961, 0.060),
    _table_1("Deep Exemplar", "DAVIS", 33.24, 69.56, 0.950, 0.062),
    _table_1("DDColor", "DAVIS", 30.84, 65.13, 0.926, 0.085),
    _table_1("ColorMNet", "Videvo", 34.35, 30.76, 0.972, 0.036),
    _table_1("BiSTNet, two exemplars", "Videvo", 34.12, 32.25, 0.968, 0.036),
    _table_1("DeepRemaster", "Videvo", 32.95, 68.15, 0.964, 0.053),
    _table_1("Deep Exemplar", "Videvo", 33.11, 54.93, 0.956, 0.053),
    _table_1("ColorMNet", "NVCC2023", 33.26, 20.16, 0.959, 0.039),
    _table_1("BiSTNet, two exemplars", "NVCC2023", 33.18, 25.55, 0.949, 0.054),
    _table_1("DeepRemaster", "NVCC2023", 32.25, 53.03, 0.951, 0.071),
    _table_1("Deep Exemplar", "NVCC2023", 32.03, 35.39, 0.930, 0.073),
    _consistency("ColorMNet", 0.003763),
    _consistency("BiSTNet, two exemplars", 0.003870),
    _consistency("Deep Exemplar", 0.003876),
    _consistency("DeepRemaster", 0.004285),
    _bistnet("BiSTNet, two exemplars", 30.40, 0.976, 0.030, 0.003540),
    _bistnet("BiSTNet, one exemplar", 29.07, 0.973, 0.036, 0.003846),
    _bistnet("Deep Exemplar", 28.64, 0.972, 0.041, 0.004469),
    _bistnet("DeepRemaster", 27.03, 0.964, 0.057, 0.004725),
    Published(
        "bistnet", "gray input", "DAVIS", {"psnr": 19.84, "ssim_uniform7": 0.953, "lpips": 0.230},
        f"{_BISTNET}, Table 1",
    ),
    _table_2("Spatiotemporal", 28.76, 27.68, 28.88, "1st", 2),
    _table_2("Deep Exemplar", 28.32, 27.48, 28.41, "1st", 2),
    _table_2("DeepRemaster", 25.34, 24.23, 25.51, "1st", 2),
    _table_2("Spatiotemporal", 29.13, 27.94, 29.27, "10th", 1),
    _table_2("Spatiotemporal", 28.45, 27.40, 28.63, "N-th", 2),
    _table_2("Spatiotemporal", 28.74, 27.69, 28.93, "1st and N-th", 1),
    _table_2("Spatiotemporal", 29.03, 27.97, 29.19, "10th and N-10th", 1),
    _outliers("Spatiotemporal", "1st", 11.8),
    _outliers("Deep Exemplar", "1st", 12.7),
    _outliers("DeepRemaster", "1st", 36.0),
    _outliers("Spatiotemporal", "10th and N-10th", 11.2),
    _flicker("truth", 5.22),
    _flicker("Deep Exemplar", 5.84),
)  # fmt: skip
"""The figures that the papers print. Tables of one data set disagree between papers, since their protocols do."""


def published_under(protocol: str) -> list[Published]:
    """The lines to print beside figures of this protocol."""
    return [line for line in PUBLISHED if line.protocol == protocol]
