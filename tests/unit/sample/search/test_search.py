"""Searching the sample catalogue, by the body of the 2020 notebook and by others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import BadRequest, LimitExceeded
from app.sample.catalogue import SampleCatalogue
from app.sample.search.parse import MAX_BODY_BYTES, MAX_LIMIT, parse_body, parse_parameters, parse_search

BASE = "http://127.0.0.1:8000"
AREA = [[30.8108, 29.4542], [30.8860, 29.4542], [30.8860, 29.5188], [30.8108, 29.5188], [30.8108, 29.4542]]
NOTEBOOK: dict[str, Any] = {
    "collections": ["sentinel-s2-l2a-cogs"],
    "datetime": "2019-01-01T00:00:00Z/2019-12-11T23:59:59Z",
    "query": {"eo:cloud_cover": {"lt": 5}},
    "intersects": {"type": "Polygon", "coordinates": [AREA]},
    "limit": 100,
    "fields": {
        "include": ["id", "properties.datetime", "properties.eo:cloud_cover"],
        "exclude": ["assets", "links"],
    },
}


def search(catalogue: SampleCatalogue, body: dict[str, Any]) -> dict[str, Any]:
    return catalogue.search(parse_body(json.dumps(body).encode()), BASE)


def ids(catalogue: SampleCatalogue, body: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in search(catalogue, {"limit": 100, **body})["features"]]


def test_the_notebooks_search_finds_what_it_relies_on(tiny: SampleCatalogue) -> None:
    """Fourteen scenes or more on one page, newest first, with little cloud, geometry and the context."""
    answer = search(tiny, NOTEBOOK)
    features = answer["features"]
    count = len(features)
    assert count >= 14
    assert answer["type"] == "FeatureCollection"
    assert answer["context"] == {"page": 1, "limit": 100, "matched": count, "returned": count}
    assert answer["numberMatched"] == answer["numberReturned"] == count
    assert features[0]["id"] == "S2B_36RTT_20191205_0_L2A"
    dates = [feature["properties"]["datetime"] for feature in features]
    assert dates == sorted(dates, reverse=True)
    assert all(feature["properties"]["eo:cloud_cover"] < 5 for feature in features)


def test_fields_are_added_to_the_default_ones(tiny: SampleCatalogue) -> None:
    """As Earth Search answered in 2020: geometry, bbox, type and collection stay though they were not named."""
    feature = search(tiny, NOTEBOOK)["features"][0]
    assert set(feature) == {"id", "type", "geometry", "bbox", "collection", "properties"}
    assert set(feature["properties"]) == {"datetime", "eo:cloud_cover"}


@pytest.mark.parametrize(
    ("fields", "present", "absent"),
    [
        ({}, ("assets", "links", "properties"), ()),
        ({"exclude": ["assets"]}, ("links", "properties", "geometry"), ("assets",)),
        ({"exclude": ["geometry"], "include": ["links"]}, ("links", "id"), ("geometry", "assets", "properties")),
        ({"include": ["assets.B04"]}, ("assets",), ("links", "properties")),
        ({"include": ["properties"], "exclude": ["properties.renders"]}, ("properties",), ("assets",)),
        ({"include": ["nothing.like.it"]}, ("id",), ("nothing",)),
        ({"include": None, "exclude": None}, ("assets",), ()),
    ],
)
def test_fields_are_kept_and_left_out(
    tiny: SampleCatalogue, fields: dict[str, Any], present: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """What is both included and excluded is left out."""
    feature = search(tiny, {"limit": 1, "fields": fields})["features"][0]
    assert set(present) <= set(feature)
    assert not set(absent) & set(feature)
    if fields.get("include") == ["assets.B04"]:
        assert list(feature["assets"]) == ["B04"]
    if fields.get("exclude") == ["properties.renders"]:
        assert "renders" not in feature["properties"]
        assert "datetime" in feature["properties"]


def test_excluding_fields_does_not_change_the_catalogue(tiny: SampleCatalogue) -> None:
    """The next search has them again."""
    search(tiny, {"fields": {"exclude": ["properties.datetime", "assets.B04"]}})
    feature = search(tiny, {"limit": 1})["features"][0]
    assert "datetime" in feature["properties"]
    assert "B04" in feature["assets"]


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 24),
        ({"collections": ["other"]}, 0),
        ({"collections": []}, 24),
        ({"ids": ["S2B_36RTT_20191205_0_L2A", "S2A_nowhere"]}, 1),
        ({"bbox": [30.8, 29.4, 30.9, 29.5]}, 24),
        ({"bbox": [31, 29.4, 32, 29.5]}, 0),
        ({"bbox": [-180, -90, 180, 90]}, 24),
        ({"intersects": {"type": "Point", "coordinates": [30.85, 29.49]}}, 24),
        ({"intersects": {"type": "Point", "coordinates": [30.85, 29.49]}, "bbox": [0, 0, 1, 1]}, 0),
        ({"datetime": "2019-12-05"}, 1),
        ({"datetime": "2019-12-06/.."}, 1),
        ({"datetime": None, "bbox": None, "ids": None}, 24),
        ({"query": {"platform": {"eq": "sentinel-2a"}}}, 12),
        ({"query": {"platform": {"neq": "sentinel-2a"}}}, 12),
        ({"query": {"properties.platform": {"endsWith": "2b"}}}, 12),
        ({"query": {"platform": {"in": ["sentinel-2a", "sentinel-2b"]}}}, 24),
        ({"query": {"platform": {"startsWith": "sentinel", "contains": "-2a"}}}, 12),
        ({"query": {"eo:cloud_cover": {"gte": 0, "lte": 100}}}, 24),
        ({"query": {"eo:cloud_cover": {"gt": 100}}}, 0),
        ({"query": {"eo:cloud_cover": {"lt": "5"}}}, 0),
        ({"query": {"synthetic": {"eq": True}}}, 24),
        ({"query": {"synthetic": {"eq": 1}}}, 0),
        ({"query": {"instruments": {"contains": "msi"}}}, 24),
        ({"query": {"no:such": {"lt": 5}}}, 0),
        ({"query": {"no:such": {"neq": 5}}}, 24),
        ({"something": "unknown"}, 24),
    ],
)
def test_conditions_pick_items(tiny: SampleCatalogue, body: dict[str, Any], count: int) -> None:
    """All conditions hold together; numbers are compared with numbers, texts with texts."""
    assert len(ids(tiny, body)) == count


def test_pages_follow_one_another_without_gap(tiny: SampleCatalogue) -> None:
    """Each page but the last says how to get the next one."""
    pages = [search(tiny, {"limit": 10, "page": number}) for number in (1, 2, 3)]
    assert [len(page["features"]) for page in pages] == [10, 10, 4]
    assert [feature["id"] for page in pages for feature in page["features"]] == list(tiny.item_ids)
    following = [[link for link in page["links"] if link["rel"] == "next"] for page in pages]
    assert following[0][0]["body"] == {"page": 2}
    assert following[2] == []
    assert search(tiny, {"page": 99})["features"] == []


def test_items_can_be_sorted(tiny: SampleCatalogue) -> None:
    """By any property, and by several."""
    oldest = ids(tiny, {"sortby": [{"field": "properties.datetime", "direction": "asc"}]})
    assert oldest == list(reversed(tiny.item_ids))
    answer = search(tiny, {"limit": 100, "sortby": [{"field": "eo:cloud_cover", "direction": "desc"}]})
    covers = [feature["properties"]["eo:cloud_cover"] for feature in answer["features"]]
    assert covers == sorted(covers, reverse=True)


def test_a_limit_above_the_highest_is_lowered() -> None:
    """As the STAC API says; the context tells which limit was used."""
    assert parse_search({"limit": 10_000}).limit == MAX_LIMIT >= 100


def test_a_query_string_asks_the_same_as_a_body() -> None:
    """The notebook's search, written for GET."""
    parameters = {
        "collections": "sentinel-s2-l2a-cogs",
        "datetime": NOTEBOOK["datetime"],
        "query": json.dumps(NOTEBOOK["query"]),
        "intersects": json.dumps(NOTEBOOK["intersects"]),
        "limit": "100",
        "fields": "id,properties.datetime,+properties.eo:cloud_cover,-assets,-links",
    }
    assert parse_parameters(parameters) == parse_search(NOTEBOOK)
    assert parse_parameters({"bbox": "30.8,29.4,30.9,29.5", "page": ""}) == parse_search(
        {"bbox": [30.8, 29.4, 30.9, 29.5]}
    )
    keys = [{"field": "id", "direction": "asc"}, {"field": "properties.datetime", "direction": "desc"}]
    assert parse_parameters({"sortby": "+id,-properties.datetime"}) == parse_search({"sortby": keys})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", 0),
        ("limit", -1),
        ("limit", 1.5),
        ("limit", "ten"),
        ("limit", True),
        ("limit", 10**9),
        ("page", 0),
        ("collections", "sentinel-s2-l2a-cogs"),
        ("collections", [1]),
        ("ids", {"a": 1}),
        ("query", []),
        ("query", {"eo:cloud_cover": 5}),
        ("query", {"eo:cloud_cover": {"less": 5}}),
        ("query", {"eo:cloud_cover": {"in": 5}}),
        ("query", {"eo:cloud_cover": {"lt": [5]}}),
        ("query", {"eo:cloud_cover": {"eq": {"a": 1}}}),
        ("fields", ["id"]),
        ("fields", {"include": "id"}),
        ("fields", {"exclude": [None]}),
        ("sortby", "datetime"),
        ("sortby", [{"field": 1}]),
        ("sortby", [{"field": "id", "direction": "up"}]),
        ("bbox", [1, 2]),
        ("datetime", "soon"),
        ("intersects", "POINT(1 2)"),
    ],
)
def test_a_wrong_member_is_named(name: str, value: object) -> None:
    """With its value, so that the caller sees which one it is."""
    with pytest.raises(BadRequest) as caught:
        parse_body(json.dumps({name: value}).encode())
    assert caught.value.faults[0].name == name


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe",
        b"\x00",
        b"[" * 5000,
        b'{"a":' * 3000,
        b'{"limit": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(raw: bytes) -> None:
    """Also one that would overflow the reader."""
    with pytest.raises(BadRequest):
        parse_body(raw)


@pytest.mark.parametrize("depth", range(940, 1000, 5))
def test_nesting_near_the_interpreters_limit_is_refused(depth: int) -> None:
    """What the reader just manages must not overflow the message about it."""
    for raw in (b'{"bbox":' + b"[" * depth + b"]" * depth + b"}", b'{"query":' * depth + b"1" + b"}" * depth):
        with pytest.raises(BadRequest):
            parse_body(raw)


def test_a_huge_body_is_refused_and_an_empty_one_asks_for_all(tiny: SampleCatalogue) -> None:
    """The cap comes before parsing."""
    with pytest.raises(LimitExceeded):
        parse_body(b" " * (MAX_BODY_BYTES + 1))
    assert tiny.search(parse_body(b""), BASE)["context"]["matched"] == 24


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bbox", "1,2,x,4"),
        ("bbox", "nan,0,1,1"),
        ("limit", "ten"),
        ("limit", "inf"),
        ("query", "{"),
        ("intersects", "["),
    ],
)
def test_a_wrong_parameter_is_named(name: str, text: str) -> None:
    """In the query string too."""
    with pytest.raises(BadRequest) as caught:
        parse_parameters({name: text})
    assert caught.value.faults[0].name == name


@pytest.mark.parametrize(
    "member",
    [
        {"filter": "eo:cloud_cover < 5"},
        {"filter": {"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}},
        {"filter": '{"op": ">", "args": [5, {"property": "eo:cloud_cover"}]}', "filter-lang": "cql2-json"},
        {"filter": "NOT eo:cloud_cover >= 5 AND id LIKE 'S2%'", "filter-lang": "cql2-text"},
    ],
)
def test_cql2_finds_what_the_same_query_finds(tiny: SampleCatalogue, member: dict[str, Any]) -> None:
    assert ids(tiny, member) == ids(tiny, {"query": {"eo:cloud_cover": {"lt": 5}}}) != ids(tiny, {})


@pytest.mark.parametrize(
    "member",
    [
        {"filter": "eo:cloud_cover <"},
        {"filter": 5},
        {"filter": "a = 1", "filter-lang": "sql"},
        {"filter": {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point"}]}},
    ],
)
def test_a_filter_that_cannot_be_judged_is_refused(tiny: SampleCatalogue, member: dict[str, Any]) -> None:
    with pytest.raises(BadRequest) as refused:
        search(tiny, member)
    assert refused.value.faults[0].name.startswith("filter")
