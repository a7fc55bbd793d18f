"""How steep is the terrain?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.gradient import gradient
from app.compute.algorithms.terrain import Terrain
from app.model.algorithm import Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope(Terrain):
    """The angle of the steepest way, in degrees, with the pixel's size in units of the grid's CRS.

    TiTiler divides the change down a column by the pixel's width; that is its height here, which differs only where
    pixels are not square.
    """

    id = "slope"
    title = "Slope"
    outputs = ("slope",)
    dtype = "float32"
    low_high = (0.0, 90.0)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make float32, 0 to 90."""
        down, along, known = gradient(bands[0], valid[0])
        width, height = map(abs, cell_xy)
        steepest = self.z_exaggeration * np.hypot(down / height, along / width)
        return np.degrees(np.arctan(steepest)).astype(np.float32)[np.newaxis], known
