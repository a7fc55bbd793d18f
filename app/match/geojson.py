"""Read the ``bbox`` and ``intersects`` of a search into shapes, or say what is wrong with them; write a box."""

from __future__ import annotations

import math
from typing import Any

from app.errors import BadRequest, LimitExceeded
from app.match.fault import fault
from app.match.geometry import Point, Ring, Shape, box
from app.model.grid import Bounds

MAX_POINTS = 10_000
_BOX = "give west, south, east, north in degrees, such as 30.81,29.45,30.89,29.52"
_SHAPE = 'give a GeoJSON geometry, such as {"type": "Point", "coordinates": [30.85, 29.49]}'


def parse_bbox(value: object) -> Shape:
    """Read four numbers (or six, of which the heights are left out)."""
    if not isinstance(value, list) or len(value) not in (4, 6):
        raise fault("bbox", value, _BOX)
    numbers = [_number(part, "bbox", value, _BOX) for part in value]
    west, south, east, north = numbers if len(numbers) == 4 else (numbers[0], numbers[1], numbers[3], numbers[4])
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        raise fault("bbox", value, f"longitudes go from -180 to 180, latitudes from -90 to 90; {_BOX}")
    if south > north:
        raise fault("bbox", value, f"south lies above north; {_BOX}")
    return box(west, south, east, north)


def parse_geometry(value: object) -> Shape:
    """Read any GeoJSON geometry of at most ``MAX_POINTS`` points."""
    shape = _Reader(value).read(value, depth=0)
    if not (shape.points or shape.lines or shape.polygons):
        raise fault("intersects", value, f"the geometry is empty; {_SHAPE}")
    return shape


def geometry_of(bounds: Bounds) -> dict[str, Any]:
    """The box in longitude and latitude; two, where it crosses the antimeridian (RFC 7946, 3.1.9)."""
    left, bottom, right, top = bounds
    if left <= right:
        return {"type": "Polygon", "coordinates": _box(left, bottom, right, top)}
    east_and_west = [_box(left, bottom, 180, top), _box(-180, bottom, right, top)]
    return {"type": "MultiPolygon", "coordinates": east_and_west}


def _box(left: float, bottom: float, right: float, top: float) -> list[list[list[float]]]:
    return [[[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]]


class _Reader:
    """Reads one geometry, counting its points."""

    def __init__(self, whole: object) -> None:
        self.whole = whole
        self.points = 0

    def read(self, value: object, depth: int) -> Shape:
        """Read a geometry, or a collection of them at most four deep."""
        if not isinstance(value, dict) or depth > 4:
            raise self.wrong(_SHAPE)
        if value.get("type") == "GeometryCollection":
            parts = [self.read(part, depth + 1) for part in self.items(value.get("geometries"), 0)]
            return Shape(
                points=tuple(point for part in parts for point in part.points),
                lines=tuple(line for part in parts for line in part.lines),
                polygons=tuple(polygon for part in parts for polygon in part.polygons),
            )
        return self.simple(value.get("type"), value.get("coordinates"))

    def simple(self, kind: object, coordinates: object) -> Shape:
        """Read a geometry that is no collection."""
        match kind:
            case "Point":
                return Shape(points=(self.point(coordinates),))
            case "MultiPoint":
                return Shape(points=tuple(self.point(part) for part in self.items(coordinates, 0)))
            case "LineString":
                return Shape(lines=(self.line(coordinates),))
            case "MultiLineString":
                return Shape(lines=tuple(self.line(part) for part in self.items(coordinates, 0)))
            case "Polygon":
                return Shape(polygons=(self.polygon(coordinates),))
            case "MultiPolygon":
                return Shape(polygons=tuple(self.polygon(part) for part in self.items(coordinates, 0)))
        raise self.wrong(_SHAPE)

    def polygon(self, value: object) -> tuple[Ring, ...]:
        return tuple(self.ring(part) for part in self.items(value, 1))

    def ring(self, value: object) -> Ring:
        ring = tuple(self.point(part) for part in self.items(value, 4))
        if ring[0] != ring[-1]:
            raise self.wrong("a ring is not closed; repeat its first point at its end")
        return ring

    def line(self, value: object) -> tuple[Point, ...]:
        return tuple(self.point(part) for part in self.items(value, 2))

    def point(self, value: object) -> Point:
        self.points += 1
        if self.points > MAX_POINTS:
            raise LimitExceeded.of("intersects", self.points, f"at most {MAX_POINTS} points; simplify the geometry")
        x, y = self.items(value, 2)[:2]
        return _number(x, "intersects", self.whole, _SHAPE), _number(y, "intersects", self.whole, _SHAPE)

    def items(self, value: object, least: int) -> list[Any]:
        if not isinstance(value, list) or len(value) < least:
            raise self.wrong(_SHAPE)
        return value

    def wrong(self, message: str) -> BadRequest:
        return fault("intersects", self.whole, message)


def _number(value: object, name: str, whole: object, wanted: str) -> float:
    """A finite number; not a boolean, not a text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= 1e6 and math.isfinite(value):
        return float(value)
    raise fault(name, whole, wanted)
