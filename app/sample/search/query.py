"""What a search asks for, parsed and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.match.cql2.normal import Filter
from app.match.geometry import Shape
from app.match.period import Period

OPERATORS = ("eq", "neq", "lt", "lte", "gt", "gte", "in", "startsWith", "endsWith", "contains")
DEFAULT_FIELDS = ("id", "type", "geometry", "bbox", "collection")
"""Kept whatever ``fields.include`` names, as Earth Search v0 does; only ``fields.exclude`` removes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyTest:
    """One comparison of the query extension: ``path`` is below ``properties`` unless it starts so."""

    path: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One key of the order; ``path`` such as ``properties.datetime``."""

    path: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """A search; None means that the caller did not restrict it.

    Attributes:
        areas: Shapes in degrees (EPSG:4326); an item matches when its footprint touches one of each entry.
        filter: CQL2 JSON, in order.
        include: Fields to keep beside ``DEFAULT_FIELDS``; None for the whole item.
        limit: Items per page, from 1.
        page: Number of the page, from 1.
    """

    collections: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    areas: tuple[Shape, ...] = ()
    period: Period | None = None
    tests: tuple[PropertyTest, ...] = ()
    filter: Filter | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    sort_by: tuple[SortKey, ...] = (SortKey(path="properties.datetime", descending=True),)
    limit: int = 10
    page: int = 1
