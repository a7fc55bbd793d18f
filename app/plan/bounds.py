"""Bounds of several sources together."""

from __future__ import annotations

from collections.abc import Sequence

from app.model.grid import Bounds
from app.model.source import Header


def union_wgs84(headers: Sequence[Header]) -> Bounds:
    """Smallest longitude/latitude box around all sources."""
    lefts, bottoms, rights, tops = zip(*(header.bounds_wgs84 for header in headers), strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)
