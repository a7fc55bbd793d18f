"""Heights as colours: Mapbox's Terrain-RGB encoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.parameters import number
from app.model.algorithm import Algorithm, Bands, Valid

LAST = 256**3 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TerrainRgb(Algorithm):
    """Heights as colours, Mapbox's Terrain-RGB: ``height = baseval + interval * (red * 65536 + green * 256 + blue)``.

    Heights that 24 bits cannot count take the ends; TiTiler wraps them around, or fails.
    """

    id = "terrainrgb"
    title = "TerrainRGB"
    bands_in = 1
    outputs = ("terrain_r", "terrain_g", "terrain_b")
    dtype = "uint8"

    interval: float = number(0.1, 0, 1, "Height of one step.", above=True)
    baseval: float = number(-10000.0, -99999, 99999, "Height of step 0.")
    nodata_height: float | None = number(None, -99999, 99999, "Height of pixels without data, which become valid.")

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make red, green and blue, uint8, of steps rounded half to even."""
        known = valid[0]
        steps = np.rint((bands[0].astype(np.float64) - self.baseval) / self.interval)
        if self.nodata_height is not None:  # cut off and not rounded, as TiTiler has it
            steps[~known] = (self.nodata_height - self.baseval) / self.interval
            known = np.ones_like(known)
        counts = np.clip(steps, 0, LAST).astype(np.uint32)
        return np.stack([counts >> 16, counts >> 8 & 255, counts & 255]).astype(np.uint8), known
