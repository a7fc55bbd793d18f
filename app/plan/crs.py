"""Is there a way from a raster's coordinate reference system to another one? If not, say so in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.warp import transform

from app.errors import OutOfBounds, UpstreamUnusable, shorten
from app.model.grid import Bounds
from app.model.request import PointRequest
from app.model.source import Header

NO_WAY = (RasterioError, CRSError, CPLE_BaseError)
"""What rasterio raises when PROJ cannot transform; GDAL's own errors come through unwrapped."""


def located(header: Header) -> Bounds:
    """Bounds of a raster in longitude and latitude.

    Raises:
        UpstreamUnusable: It has no place on earth.
    """
    if header.crs is None:
        raise without_crs()
    if header.bounds_wgs84 is None:
        raise without_way(header.crs)
    return header.bounds_wgs84


def places_of(req: PointRequest, headers: Sequence[Header]) -> tuple[tuple[float, float], ...]:
    """Find a point in the CRS of each raster; latitude 95 is in none.

    Raises:
        OutOfBounds: A raster's CRS has no place for it.
        UpstreamUnusable: A raster has no place on earth.
    """
    found: dict[int, tuple[float, float]] = {}  # by identity: equal CRS of headers are one object
    for header in headers:
        located(header)
        if id(header.crs) not in found:
            found[id(header.crs)] = _place(req, header.crs)
    return tuple(found[id(header.crs)] for header in headers)


def _place(req: PointRequest, crs: CRS | None) -> tuple[float, float]:
    if crs == req.crs:
        return req.x, req.y
    try:
        [x], [y] = transform(req.crs, crs, [req.x], [req.y])
    except NO_WAY:
        x, y = math.inf, math.inf
    if not (math.isfinite(x) and math.isfinite(y)):
        raise OutOfBounds(f"The point {req.x:g}, {req.y:g} in {name_crs(req.crs)} lies outside the data.")
    return x, y


def without_crs() -> UpstreamUnusable:
    """Make the error of a raster that does not say where on earth it lies."""
    return UpstreamUnusable(
        "The raster has no coordinate reference system, so it has no place on a map; /preview shows its pixels."
    )


def without_way(source: CRS, target: CRS | None = None) -> UpstreamUnusable:
    """Make the error of a raster that PROJ cannot bring to ``target``, or to longitude and latitude."""
    aim = name_crs(target) if target else "longitude and latitude"
    return UpstreamUnusable(
        f"The raster's coordinate reference system, {name_crs(source)}, cannot be transformed to {aim}; "
        "/preview shows it in its own."
    )


def name_crs(crs: CRS) -> str:
    """Write a CRS as ``EPSG:n``, else by the name in its definition."""
    epsg = crs.to_epsg()
    named = re.search(r'"([^"]+)"', crs.to_wkt())
    return f"EPSG:{epsg}" if epsg else repr(shorten(named[1], 60) if named else "unnamed")
