"""Grey of colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.grey import everywhere, luma
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Grayscale(Algorithm):
    """Grey of red, green and blue: the luma of ITU-R BT.601; of their dtype, cut off and not rounded."""

    id = "grayscale"
    title = "Grayscale"
    counts = range(3, 2**16)
    needs = "three bands"
    outputs = ("grayscale",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Weigh red, green and blue."""
        return luma(bands).astype(bands.dtype)[np.newaxis], everywhere(valid[:3])
