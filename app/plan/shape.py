"""Bring a shape to the coordinates of the grid that is cut to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasterio.crs import CRS
from rasterio.warp import transform_geom

from app.errors import BadRequest
from app.model.shape import Shape
from app.plan.crs import NO_WAY, name_crs

COORDINATE_MAX = 1e9
"""Farther out no map has anything; GDAL would count the pixels up to there."""


def project(shape: Shape, crs: CRS | None) -> Shape:
    """Give the shape in ``crs``, point by point as rio-tiler does it; itself where that is its own.

    Raises:
        BadRequest: A point of it has no place there.
    """
    if crs is None or crs == shape.crs:
        return shape
    try:
        moved = transform_geom(shape.crs, crs, shape.geometry)
    except NO_WAY as err:
        raise _no_place(shape, crs) from err
    polygons = tuple(_polygons(moved))
    projected = Shape(polygons=polygons, crs=crs)
    if not polygons or not all(abs(v) < COORDINATE_MAX for point in projected.points() for v in point):
        raise _no_place(shape, crs)
    return projected


def _polygons(geometry: dict[str, Any]) -> Iterator[tuple[tuple[tuple[float, float], ...], ...]]:
    """Polygons of what PROJ gives back: one, or several where it was cut at the antimeridian."""
    several = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for rings in several:
        if rings:
            yield tuple(tuple((point[0], point[1]) for point in ring) for ring in rings)


def _no_place(shape: Shape, crs: CRS) -> BadRequest:
    return BadRequest(
        f"The shape, in {name_crs(shape.crs)}, has no place in {name_crs(crs)}; leave dst_crs out, or name another."
    )
