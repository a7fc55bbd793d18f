"""Grey of colours, and black and white of grey."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Grayscale(Algorithm):
    """The luma of ITU-R BT.601; of the bands' dtype, cut off and not rounded."""

    id = "grayscale"
    title = "Transform a RGB Image to Grayscale"
    about = "Transform a RGB Image to Grayscale using the ITU-R 601-2 luma."
    counts = range(3, 2**16)
    needs = "three bands"
    outputs = ("grayscale",)

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Weigh red, green and blue."""
        return _luma(bands).astype(bands.dtype)[np.newaxis], _all(valid[:3])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitonal(Algorithm):
    """255 where the band, or the luma of three, is above 127, else 0."""

    id = "bitonal"
    title = "Transform an Image to Bitonal"
    about = "All values larger than 127 are set to 255 (white), all other values to 0 (black)."
    counts = (1, 3)
    needs = "one band or three"
    outputs = ("bitonal",)
    dtype = "uint8"

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make uint8."""
        grey = bands[0] if len(bands) == 1 else _luma(bands)
        return np.where(grey > 127, np.uint8(255), np.uint8(0))[np.newaxis], _all(valid)


def _luma(bands: Bands) -> Bands:
    """Shape ``(y, x)``, float64, of the first three bands."""
    red, green, blue = bands[:3].astype(np.float64)
    luma: Bands = red * 299 / 1000 + green * 587 / 1000 + blue * 114 / 1000
    return luma


def _all(valid: Valid) -> Valid:
    """Shape ``(y, x)``: where every band is valid."""
    every: Valid = np.logical_and.reduce(valid)
    return every
