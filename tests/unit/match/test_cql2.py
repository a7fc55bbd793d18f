"""Filters: spellings of one meaning, what passes, and what is refused."""

from __future__ import annotations

import time

import pytest

from app.errors import BadRequest, LimitExceeded
from app.match.cql2.evaluate import like, passes, unknown_operator
from app.match.cql2.normal import DEPTH_MAX, NODES_MAX, normalise
from app.match.cql2.query import from_query, to_query
from app.match.cql2.text import parse_text, write_text

CLOUD = {"property": "eo:cloud_cover"}
CLEAR = {"op": "<", "args": [CLOUD, 5]}
ITEM = {
    "id": "a",
    "collection": "c",
    "properties": {
        "datetime": "2019-12-05T08:42:01Z",
        "eo:cloud_cover": 3.5,
        "platform": "sentinel-2a",
        "flag": True,
        "processing": {"level": "L2A"},
    },
}

SAME = [
    '{"op": "<", "args": [{"property": "properties.eo:cloud_cover"}, 5.0]}',
    '{"op": ">", "args": [5, {"property": "eo:cloud_cover"}]}',
    '{"op": "and", "args": [{"op": "and", "args": [{"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}]}]}',
]


@pytest.mark.parametrize("text", SAME)
def test_json_of_one_meaning_is_one_value(text):
    import json

    assert normalise(json.loads(text)) == CLEAR


@pytest.mark.parametrize(
    "text",
    [
        "eo:cloud_cover < 5",
        "eo:cloud_cover<5.0",
        "5 > eo:cloud_cover",
        '"eo:cloud_cover" < 5e0',
        "((eo:cloud_cover < +5))",
        "NOT NOT eo:cloud_cover < 5",
        "eo:cloud_cover < 5 and eo:cloud_cover < 5",
    ],
)
def test_text_of_one_meaning_is_one_value(text):
    assert parse_text(text) == CLEAR


def test_the_order_of_conditions_has_no_meaning():
    assert parse_text("a = 1 AND (b = 2 OR c = 3)") == parse_text("(c = 3 OR b = 2) AND a = 1")
    assert parse_text("a IN ('x', 'y')") == parse_text("a IN ('y', 'x', 'y')")
    assert parse_text("a BETWEEN 1 AND 5") == parse_text("a <= 5 AND a >= 1")


def test_query_and_filter_say_the_same():
    query = {"eo:cloud_cover": {"lt": 5, "gte": 0}, "platform": {"in": ["sentinel-2a", "sentinel-2b"]}}
    same = parse_text("platform IN ('sentinel-2b','sentinel-2a') AND eo:cloud_cover BETWEEN 0 AND 4.99")
    assert from_query(query) != same
    text = "platform IN ('sentinel-2b', 'sentinel-2a') AND eo:cloud_cover < 5 AND eo:cloud_cover >= 0"
    assert from_query(query) == parse_text(text)
    assert to_query(from_query(query)) == query


@pytest.mark.parametrize("word", ["startsWith", "endsWith", "contains"])
def test_parts_of_texts_go_there_and_back(word):
    """``%`` and ``_`` are letters in a query, and places in a pattern."""
    query = {"name": {word: r"50%_a\b"}}
    found = from_query(query)
    assert found is not None
    assert found["op"] == "like"
    assert to_query(found) == query


@pytest.mark.parametrize("text", ["a = 1 OR b = 2", "NOT a = 1", "a IS NULL", "a LIKE '%a%b%'", "a = b"])
def test_what_query_cannot_say_is_not_said(text):
    assert to_query(parse_text(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "eo:cloud_cover < 5",
        "a = 'it''s' AND (b IN (1, 2) OR NOT (c IS NULL))",
        "a LIKE 'S2%' AND flag = true",
        "datetime >= TIMESTAMP('2019-01-01T00:00:00Z') AND d < DATE('2020-01-01')",
        '"or" = 1',
    ],
)
def test_what_is_written_is_read_as_it_was(text):
    found = parse_text(text)
    written = write_text(found)
    assert written is not None
    assert parse_text(written) == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eo:cloud_cover < 5", True),
        ("eo:cloud_cover < 3", False),
        ("missing < 5", False),
        ("NOT missing < 5", False),
        ("missing IS NULL AND platform IS NOT NULL", True),
        ("missing < 5 OR platform = 'sentinel-2a'", True),
        ("platform IN ('x', 'sentinel-2a')", True),
        ("platform NOT IN ('x', 'sentinel-2a')", False),
        ("platform LIKE 'sentinel%'", True),
        ("eo:cloud_cover = '3.5'", False),
        ("eo:cloud_cover <> '3.5'", True),
        ("flag = 1", False),
        ("flag = TRUE", True),
        ("id = 'a' AND collection = 'c'", True),
        ("processing.level = 'L2A'", True),
        ("datetime >= TIMESTAMP('2019-12-05T09:42:00+01:00')", True),
        ("datetime < DATE('2019-12-05')", False),
    ],
)
def test_items_pass_by_three_valued_logic(text, expected):
    assert passes(parse_text(text), ITEM) is expected


def test_everything_passes_without_a_filter():
    assert passes(None, ITEM)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "a%", True),
        ("abc", "%c", True),
        ("abc", "%b%", True),
        ("abc", "a_c", True),
        ("abc", "a%b%c%", True),
        ("abc", "b%", False),
        ("abc", "ab", False),
        ("a%c", r"a\%c", True),
        ("abc", r"a\%c", False),
        ("", "%", True),
        ("", "_", False),
    ],
)
def test_like(text, pattern, expected):
    assert like(text, pattern) is expected


def test_no_pattern_takes_long():
    started = time.monotonic()
    assert not like("a" * 2000, "%a" * 500 + "b")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "value",
    [None, [], "a < 1", {}, {"op": "<"}, {"op": "<", "args": []}, {"op": 1, "args": [1]}, {"op": "<", "args": [1]},
     {"op": "in", "args": [CLOUD, 5]}, {"op": "and", "args": [1]}, {"op": "<", "args": [CLOUD, float("nan")]}],
)  # fmt: skip
def test_what_is_no_filter_is_refused(value):
    with pytest.raises(BadRequest):
        normalise(value)


@pytest.mark.parametrize(
    "text", ["", "a", "a <", "a < 1 b", "(a < 1", "a IN 1", "a IN ()", "a ~ 1", "a LIKE", "'a", "f(a) = 1", "a < 1e999"]
)
def test_text_that_cannot_be_read_is_shown(text):
    with pytest.raises(BadRequest) as refused:
        parse_text(text)
    assert refused.value.faults[0].name == "filter"


def test_deep_and_long_filters_are_refused():
    deep: dict = CLEAR
    for _ in range(DEPTH_MAX + 2):
        deep = {"op": "not", "args": [deep]}
    for value in (deep, {"op": "and", "args": [{"op": "<", "args": [CLOUD, n]} for n in range(NODES_MAX)]}):
        with pytest.raises(LimitExceeded):
            normalise(value)
    for text in ("(" * 1000 + "a = 1" + ")" * 1000, "NOT " * 1000 + "a = 1", "a = 1 AND " * 2000 + "a = 1"):
        with pytest.raises(LimitExceeded):
            parse_text(text)


@pytest.mark.parametrize(
    "filter",
    [
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [1, 2]}]},
        {"op": "=", "args": [{"op": "casei", "args": [CLOUD]}, "a"]},
        {"op": "not", "args": [{"op": "t_after", "args": [{"property": "datetime"}, {"date": "2020-01-01"}]}]},
    ],
)
def test_what_only_an_api_knows_is_kept_and_named(filter):
    kept = normalise(filter)
    assert kept == filter
    assert unknown_operator(kept)
    assert to_query(kept) is None
    assert write_text(kept) is None
    assert unknown_operator(CLEAR) is None
