"""Bounds of several sources together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rasterio.crs import CRS
from rasterio.warp import transform_bounds

from app.errors import OutOfBounds
from app.model.grid import Bounds
from app.model.source import Header
from app.plan.crs import NO_WAY, located, name_crs

WGS84 = CRS.from_epsg(4326)


def union_wgs84(headers: Sequence[Header]) -> Bounds:
    """Smallest longitude/latitude box around all sources; left above right where it crosses the antimeridian.

    Raises:
        UpstreamUnusable: A source has no place on earth.
    """
    boxes = [located(header) for header in headers]
    if any(left > right for left, _, right, _ in boxes):
        boxes = [_east_of_180(box) for box in boxes]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    left, right = min(lefts), max(rights)
    if right - left >= 360:
        left, right = -180.0, 180.0
    return left, min(bottoms), right - 360 if right > 180 else right, max(tops)


def center_wgs84(box: Bounds) -> tuple[float, float]:
    """The middle of a longitude/latitude box, which may cross the antimeridian."""
    left, bottom, right, top = box
    middle = (left + right) / 2 if left <= right else (left + right + 360) / 2
    return middle - 360 if middle > 180 else middle, (bottom + top) / 2


def _east_of_180(box: Bounds) -> Bounds:
    """Count longitudes from 0 to beyond 180, so that 178..-178 becomes 178..182 and -179..-178 becomes 181..182."""
    left, bottom, right, top = box
    if left > right:
        return left, bottom, right + 360, top
    return (left + 360, bottom, right + 360, top) if right < 0 else box


def unwrapped(left: float, right: float) -> tuple[float, float]:
    """Longitudes within -180..180, for who cannot wrap around: cut where they pass by half a pixel, or all of them."""
    if left > right or left < -181 or right > 181:
        return -180.0, 180.0
    return max(left, -180.0), min(right, 180.0)


def on_the_globe(box: Bounds) -> Bounds:
    """The box within -180..180 and -90..90: a raster of the world may pass them, an item may say anything."""
    left, bottom, right, top = box
    west, east = unwrapped(left, right)
    south, north = (min(90.0, max(-90.0, latitude)) for latitude in (bottom, top))
    return west, south, east, north


def bounds_in_degrees(bounds: Bounds, crs: CRS) -> Bounds:
    """Bounds, or a point as bounds, in longitude and latitude.

    Raises:
        OutOfBounds: They have no place there.
    """
    if crs == WGS84:
        return bounds
    try:
        left, bottom, right, top = transform_bounds(crs, WGS84, *bounds, densify_pts=21)
    except NO_WAY as err:
        raise OutOfBounds(f"{name_crs(crs)} has no place on earth for {_told(bounds)}.") from err
    if not all(map(math.isfinite, (left, bottom, right, top))):
        raise OutOfBounds(f"{name_crs(crs)} has no place on earth for {_told(bounds)}.")
    return left, bottom, right, top


def _told(bounds: Bounds) -> str:
    return ", ".join(f"{number:g}" for number in bounds)


def upright(bounds: Bounds) -> Bounds:
    """Left below right and bottom below top, of a raster whose rows go north or whose columns go west, too."""
    left, bottom, right, top = bounds
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)
