"""Does a shape touch the footprint? Cases worked out by hand on the square from (0, 0) to (4, 4)."""

from __future__ import annotations

import itertools
import json
import math
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadRequest, LimitExceeded
from app.match.geojson import MAX_POINTS, parse_bbox, parse_geometry
from app.match.geometry import Shape, _any_meet, _near, _segments_meet, touches

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0))


def ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


TOUCHING: dict[str, dict[str, Any]] = {
    "a point inside": {"type": "Point", "coordinates": [1, 2]},
    "a point with a height": {"type": "Point", "coordinates": [1, 2, 300]},
    "a point on the border": {"type": "Point", "coordinates": [4, 2]},
    "a point on a corner": {"type": "Point", "coordinates": [4, 4]},
    "one of many points": {"type": "MultiPoint", "coordinates": [[9, 9], [1, 1]]},
    "a line within": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]},
    "a line right through, its ends outside": {"type": "LineString", "coordinates": [[-1, 2], [5, 2]]},
    "a line along the border": {"type": "LineString", "coordinates": [[-1, 4], [5, 4]]},
    "a line that meets a corner": {"type": "LineString", "coordinates": [[3, 5], [5, 3]]},
    "the second of two lines": {"type": "MultiLineString", "coordinates": [[[8, 8], [9, 9]], [[1, 1], [9, 1]]]},
    "a polygon inside": polygon(ring(1, 1, 2, 2)),
    "a polygon around it": polygon(ring(-9, -9, 9, 9)),
    "a polygon that shares a corner": polygon(ring(4, 4, 5, 5)),
    "a polygon that shares an edge": polygon(ring(4, 1, 5, 2)),
    "a cross without a corner in the other": polygon(ring(1, -1, 2, 5)),
    "the same square": polygon(ring(0, 0, 4, 4)),
    "a hole smaller than it": polygon(ring(-9, -9, 9, 9), ring(1, 1, 2, 2)),
    "a hole that just fits": polygon(ring(-9, -9, 9, 9), ring(0, 0, 4, 4)),
    "one of two polygons": {"type": "MultiPolygon", "coordinates": [[ring(7, 7, 8, 8)], [ring(1, 1, 2, 2)]]},
    "a part of a collection": {
        "type": "GeometryCollection",
        "geometries": [{"type": "Point", "coordinates": [9, 9]}, polygon(ring(3, 3, 5, 5))],
    },
}
APART: dict[str, dict[str, Any]] = {
    "a point outside": {"type": "Point", "coordinates": [4.000001, 2]},
    "a line that passes a corner": {"type": "LineString", "coordinates": [[3, 5.1], [5.1, 3]]},
    "a line towards it that stops": {"type": "LineString", "coordinates": [[9, 2], [4.1, 2]]},
    "a line on the border's straight continuation": {"type": "LineString", "coordinates": [[5, 4], [9, 4]]},
    "a polygon beside it": polygon(ring(5, 0, 6, 4)),
    "a polygon that holds it in a hole": polygon(ring(-9, -9, 9, 9), ring(-1, -1, 5, 5)),
    "an L around its corner": polygon([[5, -1], [6, -1], [6, 6], [-1, 6], [-1, 5], [5, 5], [5, -1]]),
}


@pytest.mark.parametrize("name", TOUCHING)
def test_shapes_with_a_common_point_touch(name: str) -> None:
    """Borders and corners count."""
    assert touches(parse_geometry(TOUCHING[name]), SQUARE)


@pytest.mark.parametrize("name", APART)
def test_shapes_without_a_common_point_do_not_touch(name: str) -> None:
    """However near, or around it, they are."""
    assert not touches(parse_geometry(APART[name]), SQUARE)


def test_the_footprint_may_be_turned() -> None:
    """A corner of the box around a diamond is not in the diamond."""
    diamond = ((2.0, 0.0), (4.0, 2.0), (2.0, 4.0), (0.0, 2.0), (2.0, 0.0))
    assert not touches(parse_bbox([3.2, 3.2, 4, 4]), diamond)
    assert touches(parse_bbox([3, 3, 4, 4]), diamond)


def test_a_box_may_cross_the_antimeridian() -> None:
    """West greater than east, as RFC 7946 writes it."""
    fiji = ((179.0, -18.0), (179.5, -18.0), (179.5, -17.0), (179.0, -17.0), (179.0, -18.0))
    assert touches(parse_bbox([178, -20, -178, -15]), fiji)
    assert not touches(parse_bbox([-178, -20, 178, -15]), fiji)


def test_heights_of_a_box_are_left_out() -> None:
    """Six numbers: west, south, lowest, east, north, highest."""
    assert touches(parse_bbox([3, 3, -100, 5, 5, 100]), SQUARE)


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2, 3]",
        "[1, 2, 3, 4, 5]",
        "[0, 3, 1, 2]",
        "[NaN, 0, 1, 1]",
        "[0, 0, Infinity, 1]",
        "[0, -91, 1, 1]",
        "[290000, 3260000, 300000, 3270000]",
        '["0", 0, 1, 1]',
        "[true, 0, 1, 1]",
        '"0,0,1,1"',
        "{}",
        f"[{'9' * 4000}, 0, 1, 1]",
    ],
)
def test_a_wrong_bbox_is_named(text: str) -> None:
    """With the value and an example of a right one."""
    with pytest.raises(BadRequest, match="bbox") as caught:
        parse_bbox(json.loads(text))
    assert caught.value.faults[0].name == "bbox"


@pytest.mark.parametrize(
    "text",
    [
        '"POINT(1 2)"',
        "[]",
        "{}",
        '{"type": "Circle", "coordinates": [1, 2]}',
        '{"type": "Point"}',
        '{"type": "Point", "coordinates": []}',
        '{"type": "Point", "coordinates": [1]}',
        '{"type": "Point", "coordinates": ["1", "2"]}',
        '{"type": "Point", "coordinates": [NaN, 2]}',
        '{"type": "Point", "coordinates": [1e999, 2]}',
        '{"type": "MultiPoint", "coordinates": []}',
        '{"type": "LineString", "coordinates": [[1, 2]]}',
        '{"type": "Polygon", "coordinates": []}',
        '{"type": "Polygon", "coordinates": [[]]}',
        '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}',
        '{"type": "Polygon", "coordinates": {"a": 1}}',
        '{"type": "GeometryCollection"}',
        '{"type": "GeometryCollection", "geometries": []}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}',
        '{"type": ["Point"], "coordinates": [1, 2]}',
    ],
)
def test_a_wrong_geometry_is_named(text: str) -> None:
    """Never a crash, whatever JSON it is."""
    with pytest.raises(BadRequest) as caught:
        parse_geometry(json.loads(text))
    assert caught.value.faults[0].name == "intersects"


def test_collections_within_collections_come_to_an_end() -> None:
    """A chain of them is refused before it is long."""
    nested: dict[str, Any] = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(50):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    with pytest.raises(BadRequest):
        parse_geometry(nested)


def test_a_geometry_of_very_many_points_is_refused() -> None:
    """Because each point costs time."""
    with pytest.raises(LimitExceeded, match=str(MAX_POINTS)):
        parse_geometry({"type": "MultiPoint", "coordinates": [[0, 0]] * (MAX_POINTS + 1)})


@given(seed=st.integers(0, 10_000))
def test_borders_of_many_points_are_judged_as_those_of_few(seed):
    """Points of a coarse grid, so that borders often touch in one point or lie on each other."""
    draw = random.Random(seed)
    few, many = (
        [(float(draw.randrange(6) + east), float(draw.randrange(6))) for _ in range(draw.randrange(2, 6))]
        for east in (0, draw.randrange(12))
    )
    expected = any(_segments_meet(a, b, c, d) for a, b in itertools.pairwise(few) for c, d in _near(a, b, tuple(many)))
    assert _any_meet(few, many) is expected


def test_shapes_of_very_many_points_take_no_seconds():
    """9 000 points around a footprint of 480: four million pairs of segments."""
    footprint, around = (
        tuple((r * math.cos(n / count * math.tau), r * math.sin(n / count * math.tau)) for n in [*range(count), 0])
        for r, count in ((30, 480), (60, 9000))
    )
    started = time.monotonic()
    assert touches(Shape(polygons=((around,),)), footprint)
    assert not touches(Shape(lines=(around,)), footprint)
    assert time.monotonic() - started < 2
