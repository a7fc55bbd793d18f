"""The normalized difference of two bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedIndex(Algorithm):
    """The normalized difference ``(b2 - b1) / (b2 + b1)`` of two bands; not defined where both are 0."""

    id = "normalizedIndex"
    title = "Normalized Difference Index"
    bands_in = 2
    counts = range(2, 2**16)
    needs = "two bands"
    outputs = ("normalizedIndex",)
    dtype = "float32"
    low_high = (-1.0, 1.0)

    def describe(self, descriptions: tuple[str, ...]) -> tuple[str, ...]:
        """The formula with the names of the bands."""
        first, second = descriptions[:2]
        return (f"({second} - {first}) / ({second} + {first})",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make float32, computed in float32."""
        first, second = bands[:2].astype(np.float32)
        return ((second - first) / (second + first))[np.newaxis], valid[0] & valid[1]
