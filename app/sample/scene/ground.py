"""The square of ground that every scene shows: its CRS, its pixels, and kilometres east and north of its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

EPSG = 32636
EXTENT_M = 12_800
MIDDLE_EAST_M, MIDDLE_NORTH_M = 291_400, 3_263_820
"""Middle of the 2020 notebook's area of interest (30.848 E, 29.486 N), on the 20 m lattice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The square, cut into ``size`` by ``size`` pixels; the extent stays, so a small ``size`` means coarse pixels."""

    size: int

    @property
    def pixel_m(self) -> float:
        """Width of a pixel in metres: 10 for the catalogue that people see."""
        return EXTENT_M / self.size

    @property
    def crs(self) -> CRS:
        """UTM zone 36 north on WGS 84."""
        return CRS.from_epsg(EPSG)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """``(left, bottom, right, top)`` in metres of ``crs``."""
        half = EXTENT_M / 2
        return MIDDLE_EAST_M - half, MIDDLE_NORTH_M - half, MIDDLE_EAST_M + half, MIDDLE_NORTH_M + half

    def transform(self, factor: int = 1) -> Affine:
        """Affine of pixels ``factor`` times as wide as those of the bands."""
        left, _, _, top = self.bounds
        pixel = self.pixel_m * factor
        return Affine(pixel, 0, left, 0, -pixel, top)

    @property
    def east_km(self) -> Floats:
        """Kilometres east of the middle, shape ``(1, x)``, float32."""
        return self._offsets_km()[None, :]

    @property
    def north_km(self) -> Floats:
        """Kilometres north of the middle, shape ``(y, 1)``, float32; the first row is the northernmost."""
        return -self._offsets_km()[:, None]

    def window(self, west_km: float, south_km: float, east_km: float, north_km: float) -> tuple[slice, slice]:
        """Rows and columns of the pixels that a box touches; empty where it lies outside."""
        pixel, half = self.pixel_m / 1000, self.size / 2
        rows = slice(max(0, int(half - north_km / pixel)), max(0, int(half - south_km / pixel) + 1))
        return rows, slice(max(0, int(west_km / pixel + half)), max(0, int(east_km / pixel + half) + 1))

    def _offsets_km(self) -> Floats:
        centres = (np.arange(self.size) + 0.5) * self.pixel_m - EXTENT_M / 2
        return (centres / 1000).astype(np.float32)
