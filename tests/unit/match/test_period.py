"""What ``datetime`` of a search means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.errors import BadRequest
from app.match.period import parse_period

NOON = datetime(2019, 6, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2019-06-08T12:00:00Z",
        "2019-06-08t12:00:00z",
        "2019-06-08T14:00:00+02:00",
        "2019-06-08T12:00:00.000000000Z",
        "2019-06-08",
        "2019-01-01T00:00:00Z/2019-12-11T23:59:59Z",
        "2019-06-08/2019-06-08",
        "2019-06-08T12:00:00Z/..",
        "../2019-06-08T12:00:00Z",
        "/2019-06-08T12:00:00Z",
        "2019-06-08T12:00:00Z/",
        "../..",
    ],
)
def test_noon_lies_in(text: str) -> None:
    """Both ends belong to an interval; a date is its whole day."""
    assert parse_period(text).holds(NOON)


@pytest.mark.parametrize(
    "text",
    ["2019-06-08T12:00:01Z", "2019-06-07", "2019-06-08T12:00:00.1Z/..", "../2019-06-08T11:59:59Z", "2019-06-09/.."],
)
def test_noon_lies_outside(text: str) -> None:
    """By as little as a tenth of a second."""
    assert not parse_period(text).holds(NOON)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "..",
        "yesterday",
        "2019",
        "2019-06",
        "20190608",
        "2019-W23-6",
        "2019-06-08T12:00:00",
        "2019-06-08T12:00Z",
        "2019-13-01T00:00:00Z",
        "2019-02-30",
        "2019-06-08T25:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "2019-06-08T12:00:00Z/2019-06-07T12:00:00Z",
        "2019-06-08/2019-06-09/2019-06-10",
        "２０１９-06-08",
        2019,
        ["2019-06-08"],
    ],
)
def test_anything_else_is_refused_with_an_example(value: object) -> None:
    """Instead of guessing what was meant."""
    with pytest.raises(BadRequest, match="datetime") as caught:
        parse_period(value)
    assert caught.value.faults[0].name == "datetime"
