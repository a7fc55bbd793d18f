"""Light and shade of a terrain under a sun at a given place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.compute.algorithms.gradient import gradient
from app.compute.algorithms.parameters import integer, number
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Hillshade(Algorithm):
    """Light and shade of heights by Lambert's cosine law; a pixel is the unit of length on the ground, as in TiTiler.

    With ``r`` and ``c`` for the change of height down a column and along a row, the surface's normal is
    ``(-c, r, 1)`` to the east, the north and up, over its length; the light is the normal's part towards the sun.
    """

    id = "hillshade"
    title = "Hillshade"
    bands_in = 1
    outputs = ("hillshade",)
    dtype = "uint8"
    reach = 1

    azimuth: int = integer(45, 0, 360, "Where the light comes from, in degrees clockwise from west: 45 is north-west.")
    angle_altitude: float = number(45.0, -90, 90, "Height of the light above the horizon in degrees.")
    buffer: int = integer(3, 0, 99, "Pixels read around a picture and cut off again, so that it has no edge.")
    z_exaggeration: float = number(1.0, 1e-6, 1e6, "Factor of the heights.")

    @property
    def margin(self) -> int:
        """Its parameter ``buffer``."""
        return self.buffer

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
