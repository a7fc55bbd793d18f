"""Does a GeoJSON geometry touch a footprint? Plane geometry on degrees, borders included, in pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Ring = tuple[Point, ...]
"""Closed: the last point is the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Any geometry, taken apart; coordinates are ``(longitude, latitude)`` in degrees.

    Attributes:
        polygons: Each an outer ring and its holes.
    """

    points: tuple[Point, ...] = ()
    lines: tuple[tuple[Point, ...], ...] = ()
    polygons: tuple[tuple[Ring, ...], ...] = ()


def touches(shape: Shape, footprint: Ring) -> bool:
    """Tell whether any part of ``shape`` has a point in common with the polygon ``footprint``."""
    return (
        any(_in_ring(point, footprint) for point in shape.points)
        or any(_line_touches(line, footprint) for line in shape.lines)
        or any(_polygon_touches(rings, footprint) for rings in shape.polygons)
    )


def box(west: float, south: float, east: float, north: float) -> Shape:
    """Make a rectangle; with ``west`` greater than ``east`` it crosses the antimeridian and becomes two."""
    if west > east:
        return Shape(polygons=(*box(west, south, 180, north).polygons, *box(-180, south, east, north).polygons))
    return Shape(polygons=((((west, south), (east, south), (east, north), (west, north), (west, south)),),))


def _line_touches(line: Sequence[Point], footprint: Ring) -> bool:
    return _in_ring(line[0], footprint) or _borders_cross(line, footprint)


def _polygon_touches(rings: Sequence[Ring], footprint: Ring) -> bool:
    """Borders meet, or the polygon lies inside the footprint, or the footprint inside the polygon and in no hole."""
    if any(_borders_cross(ring, footprint) for ring in rings) or _in_ring(rings[0][0], footprint):
        return True
    corner = footprint[0]
    return _in_ring(corner, rings[0]) and not any(_in_ring(corner, hole) for hole in rings[1:])


def _borders_cross(line: Sequence[Point], footprint: Ring) -> bool:
    return any(_segments_meet(a, b, c, d) for a, b in pairwise(line) for c, d in _near(a, b, footprint))


def _near(a: Point, b: Point, ring: Ring) -> Iterator[tuple[Point, Point]]:
    """Pieces of ``ring`` whose box meets the box of ``a`` to ``b``."""
    west, east = sorted((a[0], b[0]))
    south, north = sorted((a[1], b[1]))
    for c, d in pairwise(ring):
        apart_x = max(c[0], d[0]) < west or min(c[0], d[0]) > east
        apart_y = max(c[1], d[1]) < south or min(c[1], d[1]) > north
        if not (apart_x or apart_y):
            yield c, d


def _segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Segments whose boxes meet have a common point when neither lies wholly on one side of the other's line."""
    return _side(a, b, c) * _side(a, b, d) <= 0 and _side(c, d, a) * _side(c, d, b) <= 0


def _side(a: Point, b: Point, p: Point) -> int:
    """1 when ``p`` is left of the line from ``a`` to ``b``, -1 when right, 0 on it."""
    turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (turn > 0) - (turn < 0)


def _in_ring(point: Point, ring: Ring) -> bool:
    """Tell whether ``point`` is inside or on the border (crossing number)."""
    x, y = point
    inside = False
    for a, b in pairwise(ring):
        in_box = min(a[0], b[0]) <= x <= max(a[0], b[0]) and min(a[1], b[1]) <= y <= max(a[1], b[1])
        if in_box and _side(a, b, point) == 0:
            return True
        if (a[1] > y) != (b[1] > y) and x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]:
            inside = not inside
    return inside
