"""Light and shade of a terrain under a sun at a given place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.gradient import gradient
from app.compute.algorithms.parameters import integer, number
from app.compute.algorithms.terrain import Terrain
from app.model.algorithm import Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Hillshade(Terrain):
    """Light and shade of heights by Lambert's cosine law; a pixel is the unit of length on the ground, as in TiTiler.

    With ``r`` and ``c`` for the change of height down a column and along a row, the surface's normal is
    ``(-c, r, 1)`` to the east, the north and up, over its length; the light is the normal's part towards the sun.
    """

    id = "hillshade"
    title = "Hillshade"
    outputs = ("hillshade",)
    dtype = "uint8"

    azimuth: int = integer(45, 0, 360, "Where the light comes from, in degrees clockwise from west: 45 is north-west.")
    angle_altitude: float = number(45.0, -90, 90, "Height of the light above the horizon in degrees.")

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8: 0 in the deepest shade, 255 in full light, cut off and not rounded."""
        down, along, known = gradient(bands[0], valid[0])
        down *= self.z_exaggeration
        along *= self.z_exaggeration
        azimuth, altitude = np.radians(360 - self.azimuth), np.radians(self.angle_altitude)
        towards = np.sin(altitude) + np.cos(altitude) * (np.cos(azimuth) * along - np.sin(azimuth) * down)
        light = towards / np.sqrt(1 + down**2 + along**2)
        shaded = np.clip(255 * (light + 1) / 2, 0, 255)
        return np.nan_to_num(shaded).astype(np.uint8)[np.newaxis], known
