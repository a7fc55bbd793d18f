"""A raster that can be read, and what opening it tells."""

from __future__ import annotations

from dataclasses import dataclass

from affine import Affine
from rasterio.crs import CRS

from app.model.expression import Expression
from app.model.grid import Bounds
from app.model.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One raster file and the bands wanted of it.

    Attributes:
        name: How answers call it: the asset's key, or the file's name.
        prefix: Written before band descriptions: the asset's key and ``_``, or nothing.
        location: Where its bytes are.
        indexes: Bands wanted, from 1 as in rasterio; None for every band that is not alpha.
        nodata: Value that takes the place of the file's own nodata, or None.
        unscale: Apply scale and offset to the values: the file's own, else ``scales`` and ``offsets``.
        scales: Factor per band of the file, as the item tells; bands behind the last one have none.
        offsets: What is added after that, one per factor.
        expression: Band math on this source's own bands (``b1`` ...), applied before anything else, or None.
    """

    name: str
    location: Location
    prefix: str = ""
    indexes: tuple[int, ...] | None = None
    nodata: float | None = None
    unscale: bool = False
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Header:
    """What opening a raster tells, without a pixel read; compared by identity, so that plans can be remembered.

    Attributes:
        version: Names the file and its version, for keys of caches and for ``ETag``.
        lattice: Names where its pixels lie (CRS, transform and size as text); sources of one lattice share geometry.
        crs: CRS of the pixels (of the ground control points, where those place it); None when the file names none.
        transform: From (column, row) to ``crs``.
        bounds: In ``crs``, as the transform gives them.
        bounds_wgs84: The same in longitude and latitude, left above right where they cross the antimeridian; the whole
            world where PROJ finds no end; None without a CRS, or with one of another planet.
        overviews: Sizes ``(width, height)`` of the overviews as stored, from fine to coarse.
        block_bytes: Size of a decoded block of the full resolution, with all bands where they are stored together.
        band_count: All bands, alpha included.
        indexes: Bands that hold data (alpha left out), from 1.
        descriptions: One per band of ``indexes``; ``b{n}`` where the file says nothing.
        dtype: Of the first band, as numpy names it.
        colormap: The file's own colour table for band 1, value to RGBA, or None.
        nodata: The file's own nodata value.
        scales: Factor per band that ``unscale`` applies, then ``offsets`` are added.
        warped: The file is turned, or placed by ground control points: what is told is what GDAL makes of it.
        statistics: ``(minimum, maximum)`` per band, as the file's tags tell, or None.
    """

    version: str
    lattice: str
    crs: CRS | None
    transform: Affine
    width: int
    height: int
    bounds: Bounds
    bounds_wgs84: Bounds | None
    overviews: tuple[tuple[int, int], ...]
    block_bytes: int
    band_count: int
    indexes: tuple[int, ...]
    descriptions: tuple[str, ...]
    dtype: str
    colormap: dict[int, tuple[int, int, int, int]] | None = None
    nodata: float | None = None
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()
    warped: bool = False
    statistics: tuple[tuple[float, float] | None, ...] = ()

    def level_wh(self, overview: int | None) -> tuple[int, int]:
        """Width and height of an overview, or of the full resolution (None)."""
        return (self.width, self.height) if overview is None else self.overviews[overview]

    def describe(self, index: int) -> str:
        """Description of a band (from 1)."""
        return self.descriptions[self.indexes.index(index)] if index in self.indexes else f"b{index}"

    def ranges_of(self, indexes: tuple[int, ...]) -> tuple[tuple[float, float], ...] | None:
        """Statistics of the bands, when the file carries them for every one."""
        known = [self.statistics[index - 1] for index in indexes if index <= len(self.statistics)]
        ranges = tuple(each for each in known if each is not None)
        return ranges if len(ranges) == len(indexes) else None
