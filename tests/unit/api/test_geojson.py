"""GeoJSON of a body: what is read, and where it is said to be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasterio.crs import CRS

from app.api.body import DEPTH_MAX
from app.api.geojson import parse_features
from app.errors import BadRequest, InvalidType, LimitExceeded
from app.settings import Settings
from tests.geojson import box, collection, feature, star

WGS84 = CRS.from_epsg(4326)
BOX = box(0, 0, 1, 1)


def parse(body: Any, *, crs: CRS = WGS84, several: bool = True, **settings: Any):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_features(raw, crs, Settings(**settings), several=several)


def with_geometry(kind: Any, coordinates: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": None, "geometry": {"type": kind, "coordinates": coordinates}}


def test_polygons_and_multipolygons_become_shapes():
    hole = box(0.2, 0.2, 0.4, 0.4)
    found = parse(collection(feature(BOX, hole), with_geometry("MultiPolygon", [[BOX], [box(5, 5, 7, 8)]])))
    assert [len(shape.polygons) for shape in found.shapes] == [1, 2]
    assert [len(rings) for rings in found.shapes[0].polygons] == [2]
    assert [shape.bounds for shape in found.shapes] == [(0, 0, 1, 1), (0, 0, 7, 8)]


def test_heights_are_left_out():
    ring = [[x, y, 500] for x, y in BOX]
    assert parse(feature(ring)).shapes[0].key == parse(feature(BOX)).shapes[0].key


def test_a_body_comes_back_as_it_came_with_one_property_more():
    strange = {
        **feature(BOX, name="Ä", deep={"a": [1, {"b": None}]}),
        "id": "7",
        "bbox": [0, 0, 1, 1],
        "more": "\ud800",
    }
    body = {**collection(strange, with_geometry("Polygon", [BOX])), "name": "fields"}
    answer = json.loads(parse(body).answered("n", [{"x": 1}, {"x": 2}]))
    assert [each["properties"].pop("n") for each in answer["features"]] == [{"x": 1}, {"x": 2}]
    assert answer["features"][1]["properties"] == {}
    answer["features"][1]["properties"] = None
    assert answer == body


def test_a_feature_comes_back_as_a_feature():
    assert json.loads(parse(feature(BOX, a=1)).answered("n", [{}]))["properties"] == {"a": 1, "n": {}}


def test_a_stranger_named_features_does_not_make_a_feature_a_collection():
    assert json.loads(parse({**feature(BOX), "features": []}).answered("n", [{}]))["properties"] == {"n": {}}


PLACED = [
    (b"", "no body"),
    (b"[1]", "not an object"),
    (b'"Feature"', "not an object"),
    (b"null", "not an object"),
    ({}, "Feature"),
    ({"type": "Polygon", "coordinates": [BOX]}, "type='Polygon'"),
    ({"type": "FeatureCollection"}, "features="),
    ({"type": "FeatureCollection", "features": {}}, "features="),
    (collection(feature(BOX), {"type": "Point"}), "features[1]="),
    (collection(feature(BOX), None), "features[1]='nothing'"),
    ({"type": "Feature", "properties": {}}, "geometry='nothing'"),
    ({"type": "Feature", "properties": {}, "geometry": None}, "geometry='nothing'"),
    ({"type": "Feature", "properties": [], "geometry": None}, "properties='a list of 0'"),
    (with_geometry("Point", [1, 2]), "geometry.type='Point': has no area"),
    (with_geometry("LineString", BOX), "has no area"),
    (with_geometry({"a": 1}, BOX), "geometry.type='an object'"),
    (with_geometry("GeometryCollection", []), "has no area"),
    (with_geometry("Polygon", None), "geometry.coordinates='nothing'"),
    (with_geometry("Polygon", []), "geometry.coordinates="),
    (with_geometry("Polygon", [[]]), "geometry.coordinates[0]="),
    (with_geometry("Polygon", [BOX, [[0, 0], [1, 1], [0, 0]]]), "geometry.coordinates[1]="),
    (with_geometry("Polygon", BOX), "geometry.coordinates[0]="),
    (with_geometry("MultiPolygon", [BOX]), "geometry.coordinates[0]"),
    (with_geometry("MultiPolygon", []), "geometry.coordinates="),
    (with_geometry("Polygon", [[[0, 0], [1, "1"], [1, 1], [0, 0]]]), "geometry.coordinates[0][1]"),
    (with_geometry("Polygon", [[[0, 0], [1, True], [1, 1], [0, 0]]]), "geometry.coordinates[0][1]"),
    (with_geometry("Polygon", [[[0, 0], [1], [1, 1], [0, 0]]]), "geometry.coordinates[0][1]"),
    (with_geometry("Polygon", [[[0, 0], [1, 10**300], [1, 1], [0, 0]]]), "geometry.coordinates[0][1]"),
    (with_geometry("Polygon", [[[0, 0], None, [1, 1], [0, 0]]]), "geometry.coordinates[0][1]"),
]


@pytest.mark.parametrize(("body", "told"), PLACED, ids=lambda part: str(part)[:60])
def test_what_is_of_another_type_is_told_with_its_place(body, told):
    with pytest.raises(InvalidType) as caught:
        parse(body)
    assert told in caught.value.detail


WRONG = [
    (b"{", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b"9" * 5000, "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (json.dumps(feature(BOX, a=float("nan"))).encode(), "NaN"),
    (json.dumps(feature(BOX)).replace("[1,", "[1e999,", 1).replace("[1, ", "[1e999, ", 1).encode(), "1e999"),
    (collection(), "is empty"),
    (feature(BOX[:-1]), "not closed"),
    (feature([[0, 0], [0, 1], [0, 2], [0, 0]]), "no area"),
    (feature(box(0, 0, 541, 1)), "not on earth"),
    (feature(box(0, 0, 1, 91)), "geometry.coordinates[0][2]="),
]


@pytest.mark.parametrize(("body", "told"), WRONG, ids=lambda part: str(part)[:40])
def test_what_is_wrong_is_told(body, told):
    with pytest.raises(BadRequest) as caught:
        parse(body)
    assert told in caught.value.detail
    assert len(caught.value.detail) < 400


def test_a_collection_is_no_single_feature():
    with pytest.raises(InvalidType, match="send a Feature: "):
        parse(collection(feature(BOX)), several=False)


def test_coordinates_are_those_of_the_crs():
    assert parse(feature(box(3e5, 3e6, 4e5, 4e6)), crs=CRS.from_epsg(32636)).shapes[0].bounds == (3e5, 3e6, 4e5, 4e6)


def test_points_are_counted_over_all_features():
    body = collection(feature(BOX), feature(star(0, 0, 1, 1, points=5)))
    assert parse(body, vertices_max=11)
    with pytest.raises(LimitExceeded, match="SWATH_VERTICES_MAX"):
        parse(body, vertices_max=10)


def test_features_are_counted():
    body = collection(feature(BOX), feature(BOX))
    assert parse(body, features_max=2)
    with pytest.raises(LimitExceeded, match="SWATH_FEATURES_MAX"):
        parse(body, features_max=1)


def test_nesting_has_an_end():
    def nested(levels: int) -> Any:
        return [] if levels == 1 else [nested(levels - 1)]

    assert parse(feature(BOX, deep=nested(DEPTH_MAX - 2)))
    with pytest.raises(LimitExceeded, match="levels deep"):
        parse(feature(BOX, deep=nested(DEPTH_MAX - 1)))
