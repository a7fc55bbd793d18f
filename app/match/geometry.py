"""Does a GeoJSON geometry touch a footprint? Plane geometry on degrees, borders included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
MANY = 20_000
"""Pairs of segments from which on numpy is quicker than Python: 9 000 points and 480 take 50 ms, not 2 s."""

Ring = tuple[Point, ...]
"""Closed: the last point is the first."""


Coordinates = NDArray[np.float64]
"""Rows are x and y."""


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
    if len(line) * len(footprint) >= MANY:
        return _any_meet(*sorted((line, footprint), key=len))
    return any(_segments_meet(a, b, c, d) for a, b in pairwise(line) for c, d in _near(a, b, footprint))


def _any_meet(few: Sequence[Point], many: Sequence[Point]) -> bool:
    """The same for borders of many points: each segment of one is compared with all of the other at once."""
    points, others = np.array(many, dtype=float).T, np.array(few, dtype=float)
    c, d = points[:, :-1], points[:, 1:]
    west_south, east_north = others.min(axis=0)[:, None], others.max(axis=0)[:, None]
    near = ((np.minimum(c, d) <= east_north) & (np.maximum(c, d) >= west_south)).all(axis=0)
    c, d = c[:, near], d[:, near]
    low, high = np.minimum(c, d), np.maximum(c, d)
    for a, b in pairwise(others):
        box_low, box_high = np.minimum(a, b)[:, None], np.maximum(a, b)[:, None]
        close = ((low <= box_high) & (high >= box_low)).all(axis=0)
        if close.any() and _meets_any(a, b, c[:, close], d[:, close]):
            return True
    return False


def _meets_any(a: Coordinates, b: Coordinates, c: Coordinates, d: Coordinates) -> bool:
    """``_segments_meet`` of one segment with several, of which columns are points."""
    apart = _sides(a, b, c) * _sides(a, b, d) > 0
    apart |= _sides(c, d, a[:, None]) * _sides(c, d, b[:, None]) > 0
    return not bool(apart.all())


def _sides(a: Coordinates, b: Coordinates, p: Coordinates) -> Coordinates:
    turn: Coordinates = np.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]))
    return turn


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
