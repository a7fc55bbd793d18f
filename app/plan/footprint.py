"""The outline of a raster on earth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rasterio.crs import CRS
from rasterio.warp import transform_geom

from app.model.authoring import Footprint
from app.model.grid import Bounds
from app.model.source import Header
from app.plan.bounds import upright
from app.plan.crs import NO_WAY

WGS84 = CRS.from_epsg(4326)
Point = tuple[float, float]


def footprint(header: Header, densify: int, precision: int | None) -> Footprint | None:
    """Outline a raster; None when it has no place on earth.

    The box is that of all of its pixels, which bends out over the straight edges between the corners of the outline.

    Args:
        densify: Points added to each edge, so that it can bend.
        precision: Decimals of coordinates; None: all.
    """
    if header.crs is None or header.bounds_wgs84 is None:
        return None
    bbox = header.bounds_wgs84
    try:
        outline = {"type": "Polygon", "coordinates": [_ring(upright(header.bounds), densify)]}
        geometry = transform_geom(header.crs, WGS84, outline, precision=-1 if precision is None else precision)
    except (*NO_WAY, SystemError):  # which rasterio raises where GDAL fails without saying why
        geometry = None
    if geometry is None or not _is_finite(geometry["coordinates"]):
        geometry = polygon(bbox)  # PROJ has a place for the whole, but not for each corner
    left, bottom, right, top = (value if precision is None else round(value, precision) for value in bbox)
    return Footprint(geometry=geometry, bbox=(left, bottom, right, top))


def polygon(bounds: Bounds) -> dict[str, Any]:
    """A box of degrees as a GeoJSON Polygon; cut in two where left is above right, at the antimeridian."""
    left, bottom, right, top = bounds
    if left > right:
        parts = (left, bottom, 180.0, top), (-180.0, bottom, right, top)
        return {"type": "MultiPolygon", "coordinates": [[_ring(part)] for part in parts]}
    return {"type": "Polygon", "coordinates": [_ring(bounds)]}


def _ring(bounds: Bounds, densify: int = 0) -> list[Point]:
    """The corners of a box, anticlockwise from its lower left one, with ``densify`` points between them."""
    left, bottom, right, top = bounds
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    return [*(point for start, end in pairwise(corners) for point in _edge(start, end, densify)), corners[0]]


def _edge(start: Point, end: Point, densify: int) -> Iterator[Point]:
    """The first corner of an edge, and the points between it and the next."""
    for number in range(densify + 1):
        share = number / (densify + 1)
        yield start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _is_finite(coordinates: Any) -> bool:
    if isinstance(coordinates, float | int):
        return math.isfinite(coordinates)
    return all(map(_is_finite, coordinates))
