"""The middle value of all bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.reduction import anywhere, ends
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(Algorithm):
    """The middle valid value of all bands, or the mean of two in the middle; float64, of floats their own dtype."""

    id = "median"
    title = "Median"
    outputs = ("median",)
    dtype = "float64"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Take it of the valid values."""
        return _median(bands, valid)[np.newaxis], anywhere(valid)


def _median(bands: Bands, valid: Valid) -> Bands:
    """Shape ``(y, x)``; the valid values are sorted to the front, and the two in their middle averaged."""
    ordered = np.sort(np.where(valid, bands, ends(bands.dtype)[1]), axis=0)
    counts = valid.sum(axis=0, keepdims=True)
    middle = [np.take_along_axis(ordered, (counts - odd) // 2 % len(bands), axis=0)[0] for odd in (1, 0)]
    dtype = bands.dtype if bands.dtype.kind == "f" else np.float64
    return np.mean(middle, axis=0, dtype=dtype)
