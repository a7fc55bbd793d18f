"""Ranges: merged when near, cut at the end of the file, believed only when they fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.ranges import GAP, ContentRange, Fetched, clip, coalesce, covers, parse_content_range, size_of_unsatisfied

DATA = bytes(range(256)) * 1000
spans = st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 70_000)), max_size=12)


def test_spans_closer_than_the_gap_become_one() -> None:
    assert coalesce([(20, 10), (0, 10), (90_000, 5)]) == [(0, 30), (90_000, 5)]
    assert coalesce([(0, 1), (GAP + 1, 1)]) == [(0, GAP + 2)]
    assert coalesce([(0, 1), (GAP + 2, 1)]) == [(0, 1), (GAP + 2, 1)]
    assert coalesce([(0, 100), (10, 5)]) == [(0, 100)]
    assert coalesce([(5, 0)]) == []


@given(spans)
def test_every_wish_is_cut_out_of_the_merged_bodies_unchanged(wishes: list[tuple[int, int]]) -> None:
    clipped = [clip(wish, len(DATA)) for wish in wishes]
    merged = coalesce(clipped)
    fetched = Fetched(merged, [DATA[offset : offset + length] for offset, length in merged])
    for wish, span in zip(wishes, clipped, strict=True):
        assert fetched.pick(span) == DATA[wish[0] : sum(wish)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes 0-99/1234", ContentRange(offset=0, length=100, total=1234)),
        ("Bytes 5-5/6", ContentRange(offset=5, length=1, total=6)),
        ("bytes 0-99/*", None),
        ("bytes 9-5/100", None),
        ("bytes 0-100/100", None),
        ("bytes 0-99", None),
        ("bytes=0-99/100", None),
        ("bytes */100", None),
        ("", None),
        ("bytes 0-" + "9" * 30 + "/" + "9" * 31, None),
    ],
)
def test_a_content_range_is_read_strictly(text: str, expected: ContentRange | None) -> None:
    assert parse_content_range({"Content-Range": text}) == expected


def test_the_size_is_known_from_a_range_that_could_not_be_served() -> None:
    assert size_of_unsatisfied({"Content-Range": "bytes */100"}) == 100
    assert size_of_unsatisfied({}) is None


def test_an_answer_covers_a_wish_exactly_or_up_to_the_end_of_the_file() -> None:
    assert covers(ContentRange(offset=10, length=5, total=100), 10, 5)
    assert covers(ContentRange(offset=90, length=10, total=100), 90, 50)
    assert not covers(ContentRange(offset=11, length=5, total=100), 10, 5)
    assert not covers(ContentRange(offset=10, length=4, total=100), 10, 5)
    assert not covers(ContentRange(offset=10, length=6, total=100), 10, 5)
