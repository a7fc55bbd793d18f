"""How large a source's pixels are in another CRS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from affine import Affine
from cachetools import LRUCache, cached
from rasterio.crs import CRS
from rasterio.warp import calculate_default_transform

from app.model.grid import Bounds
from app.model.source import Header
from app.plan.crs import NO_WAY, without_crs, without_way

WEB_MERCATOR_LATITUDE = 85.06
"""Beyond this latitude Web Mercator overflows; rio-tiler crops sources in EPSG:4326 there (its issue 654)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """The whole of a source at its own resolution in some CRS, as GDAL's default warp has it."""

    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def resolution_xy(self) -> tuple[float, float]:
        """Width and height of a source pixel in units of ``crs``, both positive."""
        return abs(self.transform.a), abs(self.transform.e)


# By identity: to hash a CRS takes ten times as long as all the rest. The value keeps it, so its id stays its own.
@cached(LRUCache(4096), key=lambda header, crs: (header, id(crs)), lock=Lock())
def native(header: Header, crs: CRS) -> Native:
    """Find the transform and the size of the whole source in ``crs``.

    Raises:
        UpstreamUnusable: The source has no CRS, or PROJ knows no way to ``crs``.
    """
    if header.crs is None:
        raise without_crs()
    if header.crs == crs:
        return Native(crs=crs, transform=header.transform, width=header.width, height=header.height)
    transform, width, height = _warped(header.crs, crs, header.width, header.height, header.bounds)
    return Native(crs=crs, transform=transform, width=width, height=height)


@lru_cache(maxsize=1024)
def _warped(source: CRS, target: CRS, width: int, height: int, bounds: Bounds) -> tuple[Affine, int, int]:
    left, bottom, right, top = bounds
    if source == CRS.from_epsg(4326) and target == CRS.from_epsg(3857):
        rows_per_degree = height / (top - bottom)
        bottom, top = (max(-WEB_MERCATOR_LATITUDE, min(WEB_MERCATOR_LATITUDE, v)) for v in (bottom, top))
        height = max(1, round((top - bottom) * rows_per_degree))
    try:
        transform, columns, rows = calculate_default_transform(source, target, width, height, left, bottom, right, top)
    except (*NO_WAY, ZeroDivisionError) as err:  # rasterio divides by a size of 0, of a raster beyond the poles
        raise without_way(source, target) from err
    return transform, int(columns), int(rows)
