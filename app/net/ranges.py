"""Which bytes: what a server says it sent, and which wishes are close enough to be one request."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

GAP = 32 * 1024
"""Two ranges closer than this are fetched as one: 32 KiB cost less than another round trip."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,18})", re.IGNORECASE)

HEAD_BYTES = 32 * 1024
"""First bytes of a file that are read at once: the directories of most COGs lie in them."""

Span = tuple[int, int]
"""Offset and length in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRange:
    """What a 206 answer holds: ``length`` bytes from ``offset`` of a file of ``total`` bytes."""

    offset: int
    length: int
    total: int


def parse_content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """Read ``Content-Range: bytes 0-99/1234``; None when it is absent, without a size, or contradicts itself."""
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if match is None:
        return None
    first, last, total = (int(text) for text in match.groups())
    return ContentRange(offset=first, length=last - first + 1, total=total) if first <= last < total else None


def size_of_unsatisfied(headers: Mapping[str, str]) -> int | None:
    """Read the size of the file from a 416 answer (``Content-Range: bytes */1234``)."""
    match = _UNSATISFIED.fullmatch(headers.get("Content-Range", "").strip())
    return int(match[1]) if match else None


def covers(sent: ContentRange, offset: int, length: int) -> bool:
    """Tell whether ``sent`` is exactly the wish, cut off only where the file ends."""
    return sent.offset == offset and sent.length == min(length, sent.total - offset)


def clip(span: Span, size: int) -> Span:
    """Cut a span off at the end of the file; negative values are nothing."""
    offset, length = span
    if offset < 0 or length <= 0 or offset >= size:
        return (0, 0)
    return (offset, min(length, size - offset))


def coalesce(spans: Sequence[Span], gap: int = GAP) -> list[Span]:
    """Merge spans that overlap or lie within ``gap`` of each other; empty ones vanish, the rest is sorted.

    Worked: (0, 10), (20, 10), (90000, 5) with a gap of 32 KiB become (0, 30), (90000, 5).
    """
    merged: list[Span] = []
    for offset, length in sorted(span for span in spans if span[1] > 0):
        if merged and offset <= (end := sum(merged[-1])) + gap:
            first = merged[-1][0]
            merged[-1] = (first, max(end, offset + length) - first)
        else:
            merged.append((offset, length))
    return merged


class Fetched:
    """What was fetched for merged ranges, to cut wishes out of.

    Args:
        merged: As ``coalesce`` gives them: sorted, apart.
        bodies: One per range; shorter where the file ends.
    """

    def __init__(self, merged: Sequence[Span], bodies: Sequence[bytes]) -> None:
        self._starts = [offset for offset, _ in merged]
        self._ends = [offset + length for offset, length in merged]
        self._bodies = bodies

    def get(self, span: Span) -> bytes | None:
        """The bytes of a span; empty for an empty one, fewer where the file ends, None where it was not asked for."""
        offset, length = span
        if length <= 0:
            return b""
        at = bisect_right(self._starts, offset) - 1
        if at < 0 or offset + length > self._ends[at]:
            return None
        start = offset - self._starts[at]
        return self._bodies[at][start : start + length]

    def pick(self, span: Span) -> bytes:
        """The bytes of a span that was asked for."""
        body = self.get(span)
        if body is None:
            raise LookupError("no fetched range holds this one")
        return body
