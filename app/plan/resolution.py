"""How large a source's pixels are in another CRS."""

from __future__ import annotations

from functools import lru_cache

from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import calculate_default_transform

from app.model.grid import Bounds
from app.model.source import Header
from app.plan.crs import NO_WAY, without_crs, without_way

WEB_MERCATOR_LATITUDE = 85.06
"""Beyond this latitude Web Mercator overflows; rio-tiler crops sources in EPSG:4326 there (its issue 654)."""


@lru_cache(maxsize=4096)
def native_transform(header: Header, crs: CRS) -> tuple[Affine, int, int]:
    """Transform, columns and rows of the whole source at its own resolution in ``crs`` (GDAL's default warp).

    Raises:
        UpstreamUnusable: The source has no CRS, or PROJ knows no way to ``crs``.
    """
    if header.crs is None:
        raise without_crs()
    if header.crs == crs:
        return header.transform, header.width, header.height
    return _warped(header.crs, crs, header.width, header.height, header.bounds)


def native_resolution_xy(header: Header, crs: CRS) -> tuple[float, float]:
    """Width and height of a source pixel in units of ``crs``, both positive."""
    transform, _, _ = native_transform(header, crs)
    return abs(transform.a), abs(transform.e)


@lru_cache(maxsize=1024)
def _warped(source: CRS, target: CRS, width: int, height: int, bounds: Bounds) -> tuple[Affine, int, int]:
    left, bottom, right, top = bounds
    if source == CRS.from_epsg(4326) and target == CRS.from_epsg(3857):
        rows_per_degree = height / (top - bottom)
        bottom, top = (max(-WEB_MERCATOR_LATITUDE, min(WEB_MERCATOR_LATITUDE, v)) for v in (bottom, top))
        height = max(1, round((top - bottom) * rows_per_degree))
    try:
        transform, columns, rows = calculate_default_transform(source, target, width, height, left, bottom, right, top)
    except NO_WAY as err:
        raise without_way(source, target) from err
    return transform, int(columns), int(rows)
