"""Lines of equal height on a coloured terrain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rio_tiler.colormap import cmap
from rio_tiler.utils import linear_rescale

from app.compute.algorithms.parameters import integer, refuse
from app.model.algorithm import Algorithm, Bands, Valid


@dataclass(frozen=True, slots=True, kw_only=True)
class Contours(Algorithm):
    """Heights ``minz`` to ``maxz`` in the colours 1 to 255 of *terrain*, black where a line begins.

    A pixel is on a line when it lies less than ``thickness`` above a multiple of ``increment``: the idea is Sentinel
    Hub's (custom-scripts.sentinel-hub.com/dem/contour-lines). With ``increment`` 0 there are no lines.
    """

    id = "contours"
    title = "Contours"
    bands_in = 1
    outputs = ("contours_r", "contours_g", "contours_b")
    dtype = "uint8"

    increment: int = integer(35, 0, 999, "Height between two lines.")
    thickness: int = integer(1, 0, 10, "Height that a line covers.")
    minz: int = integer(-12000, -99999, 99999, "Height of the first colour.")
    maxz: int = integer(8000, -99999, 99999, "Height of the last colour.")

    def __post_init__(self) -> None:
        """Raise ``BadRequest`` when there is no height between the first colour and the last."""
        if self.minz >= self.maxz:
            raise refuse("minz", self.minz, f"must be below maxz, which is {self.maxz}")

    def compute(self, bands: Bands, valid: Valid, cell_xy: tuple[float, float]) -> tuple[Bands, Valid]:
        """Make red, green and blue, uint8."""
        heights = bands[0].astype(np.float64)
        counts = linear_rescale(heights, (self.minz, self.maxz), (1, 255)).astype(np.uint8)
        colors = _terrain()[:, counts]
        if self.increment:
            colors[:, heights % self.increment < self.thickness] = 0
        return colors, valid[0]


@cache
def _terrain() -> NDArray[np.uint8]:
    """Red, green and blue of the 256 colours, shape ``(3, 256)``."""
    table = cmap.get("terrain")
    return np.array([table[value][:3] for value in range(256)], np.uint8).T
