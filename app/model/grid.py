"""Where output pixels lie."""

from __future__ import annotations

from dataclasses import dataclass

from affine import Affine
from rasterio.crs import CRS
from rasterio.transform import from_bounds

Bounds = tuple[float, float, float, float]
"""``(left, bottom, right, top)``; the CRS is named beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Output pixels: a CRS, bounds in its units, and a size in pixels."""

    crs: CRS | None
    bounds: Bounds
    width: int
    height: int

    def __hash__(self) -> int:
        """Leave the CRS out: its hash takes ten times as long as all the rest."""
        return hash((self.bounds, self.width, self.height))

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to coordinates of ``crs``, north up."""
        transform: Affine = from_bounds(*self.bounds, self.width, self.height)
        return transform

    @property
    def resolution_xy(self) -> tuple[float, float]:
        """Width and height of a pixel in units of ``crs``."""
        left, bottom, right, top = self.bounds
        return (right - left) / self.width, (top - bottom) / self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of a grid that the caller fixed; what is ``None`` the source decides.

    A tile fixes everything, a crop its bounds and perhaps a size, a preview at most a size.

    Attributes:
        bounds: In ``bounds_crs``; None for the whole source.
        bounds_crs: CRS of ``bounds``.
        crs: CRS of the output; None for the CRS of the source.
        width: Output columns; with only one of ``width`` and ``height`` the aspect is kept.
        height: Output rows.
        max_size: Longest side in pixels when neither ``width`` nor ``height`` is given.
        buffer: Pixels added on every side, in steps of a half: 0.5 makes 257 of 256.
        aligned: The bounds are widened to whole pixels of the source.
    """

    bounds: Bounds | None = None
    bounds_crs: CRS | None = None
    crs: CRS | None = None
    width: int | None = None
    height: int | None = None
    max_size: int | None = None
    buffer: float = 0
    aligned: bool = False

    def __hash__(self) -> int:
        """Leave both CRS out, as in ``Grid``."""
        return hash((self.bounds, self.width, self.height, self.max_size, self.buffer, self.aligned))
