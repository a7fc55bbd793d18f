"""Headers that stand for many scenes: of the resolution of one, and as wide as all."""

from __future__ import annotations

import math
from dataclasses import replace

from rasterio.crs import CRS
from rasterio.transform import from_bounds

from app.model.grid import Bounds
from app.model.source import Header

WGS84 = CRS.from_epsg(4326)


def spread(header: Header, bounds_wgs84: Bounds) -> Header:
    """Make a header from which tiles and zooms of all scenes can be told; no pixel is read by it.

    Args:
        header: Of one scene.
        bounds_wgs84: Of all; left above right across the antimeridian.
    """
    if header.bounds_wgs84 is None:
        return header
    left, bottom, right, top = _unwound(header.bounds_wgs84)
    x_size, y_size = (right - left) / header.width, (top - bottom) / header.height
    left, bottom, right, top = bounds = _unwound(bounds_wgs84)
    width, height = (max(1, math.ceil(length)) for length in ((right - left) / x_size, (top - bottom) / y_size))
    return replace(
        header,
        crs=WGS84,
        bounds=bounds,
        bounds_wgs84=bounds_wgs84,
        transform=from_bounds(*bounds, width, height),
        width=width,
        height=height,
        lattice=f"spread {bounds} {width} {height}",
    )


def _unwound(bounds: Bounds) -> Bounds:
    """Count longitudes on beyond 180."""
    left, bottom, right, top = bounds
    return left, bottom, right + 360 if right <= left else right, top
