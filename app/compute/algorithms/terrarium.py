"""Heights as colours: Mapzen's Terrarium encoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.parameters import number
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrarium(Algorithm):
    """Heights as colours, Mapzen's: ``height = red * 256 + green + blue / 256 - 32768``; beyond 16 bits the ends."""

    id = "terrarium"
    title = "Terrarium"
    bands_in = 1
    outputs = ("terrarium_r", "terrarium_g", "terrarium_b")
    dtype = "uint8"

    nodata_height: float | None = number(None, -99999, 99999, "Height of pixels without data, which become valid.")

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make red, green and blue, uint8."""
        heights, known = bands[0], valid[0]
        above = np.clip(heights.astype(np.float64) + 32768, 0, 65535)
        if self.nodata_height is not None:
            above[~known] = np.clip(self.nodata_height + 32768, 0, 65535)
            known = np.ones_like(known)
        return np.stack([above // 256, above % 256, above * 256 % 256]).astype(np.uint8), known
