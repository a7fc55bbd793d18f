"""Black and white of grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.grey import everywhere, luma
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitonal(Algorithm):
    """255 where the band, or the luma of three, is above 127, else 0."""

    id = "bitonal"
    title = "Bitonal"
    counts = (1, 3)
    needs = "one band or three"
    outputs = ("bitonal",)
    dtype = "uint8"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        grey = bands[0] if len(bands) == 1 else luma(bands)
        return np.where(grey > 127, np.uint8(255), np.uint8(0))[np.newaxis], everywhere(valid)
