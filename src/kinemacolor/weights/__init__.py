"""Weights files: where they are kept and how they are fetched. ``weights.tensors`` reads them, which needs torch."""

from kinemacolor.weights.download import CACHE_VARIABLE, Progress, WeightsFile, cache_folder, fetch, locate

__all__ = ["CACHE_VARIABLE", "Progress", "WeightsFile", "cache_folder", "fetch", "locate"]
