"""Equal searches have equal ids, whatever their spelling; and an id is known by its text."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlencode

import pytest

from app.api.dialect import SEARCH
from app.api.query import read_query
from app.api.search import pairs_of, search_of_body, search_of_query
from app.errors import BadRequest, InvalidType, LimitExceeded, SourceNotAllowed
from app.model.search import Search

API = "https://stac.example.com/v1"
FULL = {
    "api": API,
    "collections": ["b", "a"],
    "ids": ["y", "x"],
    "bbox": [30.0, 29.45, 30.88, 29.52],
    "datetime": "2019-01-01/2019-12-11",
    "query": {"eo:cloud_cover": {"lt": 5, "gte": 0}},
    "sortby": [{"field": "properties.datetime", "direction": "desc"}],
    "max_items": 10,
}


def of(body: object) -> Search:
    return search_of_body(json.dumps(body).encode(), 1000).search


def of_query(**parameters: str) -> Search:
    return search_of_query(read_query(urlencode(parameters), SEARCH), 1000)


def test_the_id_is_that_of_the_canonical_text():
    search = of(FULL)
    assert search.id == hashlib.sha256(search.text.encode()).hexdigest()
    assert search.text == json.dumps(json.loads(search.text), sort_keys=True, separators=(",", ":"))
    assert search.document["bbox"][0] == 30
    assert "30.0" not in search.text


@pytest.mark.parametrize(
    "other",
    [
        {"collections": ["a", "b", "a"]},
        {"api": API + "/"},
        {"api": API + "/search"},
        {"api": None, "url": API + "/search"},
        {"api": "HTTPS://STAC.example.com:443/v1/search/"},
        {"api": API + "/collections/a", "collections": ["b"]},
        {"ids": ["x", "y"]},
        {"bbox": [30, 29.45, -5, 30.88, 29.52, 900]},
        {"bbox": [3e1, 29.450, 30.88, 29.52]},
        {"datetime": "2019-01-01T00:00:00Z/2019-12-11T23:59:59.999999Z"},
        {"datetime": "2019-01-01T02:00:00+02:00/2019-12-11"},
        {"query": {"properties.eo:cloud_cover": {"gte": 0.0, "lt": 5.0}}},
        {"query": None, "filter": "eo:cloud_cover >= 0 AND eo:cloud_cover < 5"},
        {"query": {"eo:cloud_cover": {"gte": 0}}, "filter": "5 > eo:cloud_cover", "filter-lang": "cql2-text"},
        {"query": None, "filter-lang": "cql2-json", "filter": {"op": "and", "args": [
            {"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]},
            {"op": ">=", "args": [{"property": "eo:cloud_cover"}, 0]},
        ]}},
        {"sortby": ["-datetime"]},
        {"max_items": None, "limit": 10},
        {"intersects": None, "filter-lang": ""},
    ],
)  # fmt: skip
def test_spellings_of_one_search_have_one_id(other):
    assert of(FULL | other).id == of(FULL).id


@pytest.mark.parametrize(
    "other",
    [
        {"api": "https://stac.example.com/v2"},
        {"collections": ["a"]},
        {"bbox": [30, 29.45, 30.88, 29.53]},
        {"datetime": "2019-01-01/.."},
        {"query": {"eo:cloud_cover": {"lte": 5, "gte": 0}}},
        {"sortby": ["datetime"]},
        {"max_items": 11},
    ],
)
def test_other_searches_have_other_ids(other):
    assert of(FULL | other).id != of(FULL).id


def test_a_query_string_says_the_same_as_a_body():
    asked = of_query(
        api=API, collections="a,b", ids="x,y", bbox="30,29.45,30.88,29.52", datetime="2019-01-01/2019-12-11",
        query='{"eo:cloud_cover":{"lt":5,"gte":0}}', sortby="-datetime", limit="10",
    )  # fmt: skip
    assert asked == of(FULL)
    assert hash(asked) == hash(of(FULL))


@pytest.mark.parametrize(
    "body",
    [
        FULL,
        {"url": "folder/items"},
        {"api": API, "intersects": {"type": "Point", "coordinates": [30, 29]}},
        {"api": API, "filter": {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point"}]}},
        {"api": API, "filter": "a = 'x,y' OR NOT (b LIKE '%z' AND c IS NULL)"},
    ],
)
def test_a_search_goes_through_its_text_and_through_a_url(body):
    search = of(body)
    assert Search.from_text(search.text) == search
    pairs = pairs_of(search)
    assert pairs is not None
    assert of_query(**dict(pairs)) == search


def test_items_that_were_sent_along_are_part_of_the_id():
    item = {"type": "Feature", "id": "a", "properties": {"eo:cloud_cover": 5.0}}
    one = of({"type": "FeatureCollection", "features": [item]})
    same = of({"features": [dict(reversed(item.items()))], "type": "FeatureCollection", "links": []})
    other = of({"type": "FeatureCollection", "features": [item | {"id": "b"}]})
    assert one.id == same.id != other.id
    assert Search.from_text(one.text) == one
    assert pairs_of(one) is None


def test_a_feature_stands_for_its_geometry_without_members_of_no_meaning():
    point = {"type": "Point", "coordinates": [30, 29]}
    feature = {"type": "Feature", "properties": {"a": 1}, "geometry": point | {"crs": "none"}}
    assert of({"api": API, "intersects": feature}) == of({"api": API, "intersects": point})


def test_members_that_say_nothing_here_are_named():
    asked = search_of_body(json.dumps(FULL | {"fields": {}, "token": "x"}).encode(), 1000)
    assert asked.ignored == ("fields", "token")
    assert asked.search == of(FULL)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([], InvalidType),
        ({}, InvalidType),
        ({"api": API, "url": API}, InvalidType),
        ({"api": 5}, InvalidType),
        ({"api": "folder"}, BadRequest),
        ({"api": "https://example.com/delete?everything="}, BadRequest),
        ({"api": "https://user:secret@example.com"}, SourceNotAllowed),
        ({"url": "http://exa mple.com"}, SourceNotAllowed),
        ({"api": API, "collections": "a"}, InvalidType),
        ({"api": API, "collections": [5]}, InvalidType),
        ({"api": API, "ids": ["x"] * 1001}, LimitExceeded),
        ({"api": API, "bbox": [1, 2, 3]}, BadRequest),
        ({"api": API, "bbox": [1, 9, 3, 4]}, BadRequest),
        ({"api": API, "bbox": [1, 2, 3, 4], "intersects": {"type": "Point", "coordinates": [1, 2]}}, BadRequest),
        ({"api": API, "intersects": {"type": "Circle"}}, BadRequest),
        ({"api": API, "datetime": "yesterday"}, BadRequest),
        ({"api": API, "query": [1]}, BadRequest),
        ({"api": API, "filter": "a <"}, BadRequest),
        ({"api": API, "filter": {"op": "<"}}, BadRequest),
        ({"api": API, "filter": {"op": "<", "args": [1, 2]}, "filter-lang": "cql2-text"}, InvalidType),
        ({"api": API, "filter": "a < 1", "filter-lang": "sql"}, BadRequest),
        ({"api": API, "sortby": "-datetime"}, InvalidType),
        ({"api": API, "sortby": [{"field": "a", "direction": "up"}]}, BadRequest),
        ({"api": API, "max_items": 0}, InvalidType),
        ({"api": API, "max_items": 1.5}, InvalidType),
        ({"api": API, "max_items": True}, InvalidType),
        ({"api": API, "max_items": 1001}, LimitExceeded),
        ({"type": "FeatureCollection", "features": []}, InvalidType),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_refused(body, kind):
    with pytest.raises(kind) as refused:
        of(body)
    assert type(refused.value) is kind


@pytest.mark.parametrize(
    "parameters", [{"bbox": "a,b,c,d"}, {"max_items": "nan"}, {"max_items": "1e999"}, {"query": "{"}, {"ids": "," * 9}]
)
def test_a_query_string_that_cannot_be_read_is_refused(parameters):
    if "ids" in parameters:
        assert of_query(api=API, **parameters).ids == ()
        return
    with pytest.raises(BadRequest):
        of_query(api=API, **parameters)
