"""Instants and intervals of RFC 3339, as ``datetime`` of a search writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.errors import BadRequest

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_WANTED = (
    "give an RFC 3339 instant or interval, such as 2019-01-01T00:00:00Z/2019-12-11T23:59:59Z; .. leaves an end open"
)


@dataclass(frozen=True, slots=True)
class Period:
    """Both ends included; None where it is open."""

    start: datetime | None
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Tell whether ``moment`` lies inside."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment <= self.end)

    def meets(self, start: datetime, end: datetime) -> bool:
        """Tell whether any moment from ``start`` to ``end`` lies inside."""
        return (self.start is None or self.start <= end) and (self.end is None or start <= self.end)

    @property
    def text(self) -> str:
        """As a search writes it: an instant, or both ends, in UTC."""
        start, end = (".." if each is None else write_moment(each) for each in (self.start, self.end))
        return start if start == end else f"{start}/{end}"


def parse_period(text: object) -> Period:
    """Read an instant, a day, or two of them with ``/`` between; ``..`` or nothing leaves an end open."""
    if not isinstance(text, str):
        raise BadRequest.of("datetime", text, _WANTED)
    parts = text.split("/")
    if len(parts) > 2:
        raise BadRequest.of("datetime", text, _WANTED)
    first, last = _span(parts[0], text, len(parts) == 2), _span(parts[-1], text, len(parts) == 2)
    period = Period(start=first.start, end=last.end)
    if period.start and period.end and period.start > period.end:
        raise BadRequest.of("datetime", text, "the interval ends before it starts; exchange the two")
    return period


def parse_instant(text: str) -> datetime:
    """Read the ``datetime`` of an item that this package wrote."""
    return datetime.fromisoformat(text)


def read_moment(value: object) -> datetime | None:
    """Read a moment as strangers write it; UTC when it does not say, None when it is none."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip().upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def write_moment(moment: datetime) -> str:
    """Write a moment of UTC, without a fraction that is 0: ``2019-12-05T08:42:01Z``."""
    return moment.isoformat().replace("+00:00", "Z")


def _span(part: str, text: str, may_be_open: bool) -> Period:
    """First and last moment that ``part`` means: a date alone means its whole day, UTC."""
    if may_be_open and part in ("", ".."):
        return Period(None, None)
    match = _INSTANT.fullmatch(part.strip())
    if match is None:
        raise BadRequest.of("datetime", text, _WANTED)
    day, clock, fraction, zone = match.groups()
    try:
        if clock is None:
            start = datetime.fromisoformat(day).replace(tzinfo=UTC)
            return Period(start, start + timedelta(days=1) - timedelta(microseconds=1))
        moment = datetime.fromisoformat(f"{day}T{clock}{(fraction or '')[:7]}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError) as err:
        raise BadRequest.of("datetime", text, f"there is no such moment; {_WANTED}") from err
    return Period(moment, moment)
