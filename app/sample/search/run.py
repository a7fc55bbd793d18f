"""Pick items for a query: which match, in which order, which page, which fields."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.match.cql2.evaluate import passes
from app.match.geometry import Ring, touches
from app.match.period import parse_instant
from app.sample.search.query import DEFAULT_FIELDS, PropertyTest, SearchQuery

Document = dict[str, Any]
_MISSING = object()
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
}  # fmt: skip
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "startsWith": str.startswith, "endsWith": str.endswith, "contains": str.__contains__,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of items, whole, and how many there are on all pages."""

    items: list[Document]
    matched: int


def run(query: SearchQuery, items: Sequence[Document]) -> Found:
    """Filter, sort and cut; ``items`` are not changed."""
    matching = [item for item in items if _matches_names(query, item) and _matches_values(query, item)]
    near: dict[Ring, bool] = {}
    matching = [item for item in matching if _is_near(query, item, near)]
    for key in reversed(query.sort_by):
        matching.sort(key=lambda item: _sortable(lookup(item, key.path)), reverse=key.descending)
    first = (query.page - 1) * query.limit
    return Found(items=matching[first : first + query.limit], matched=len(matching))


def select_fields(item: Document, query: SearchQuery) -> Document:
    """Keep what ``fields`` asks for; an excluded field goes even when it is included.

    Returns:
        A new document, or ``item`` itself when nothing is left out.
    """
    if query.include is None and not query.exclude:
        return item
    if query.include is None:
        kept = copy.deepcopy(item)
    else:
        kept = {}
        for path in (*DEFAULT_FIELDS, *query.include):
            _copy_path(item, kept, _parts(item, path))
    for path in query.exclude:
        _drop_path(kept, _parts(kept, path))
    return kept


def lookup(item: Document, path: str) -> Any:
    """Value at ``path``: of the item's top level, or of its properties; ``_MISSING`` when there is none."""
    place: Any = item
    for part in _parts(item, path):
        if not isinstance(place, dict) or part not in place:
            return _MISSING
        place = place[part]
    return place


def _matches_names(query: SearchQuery, item: Document) -> bool:
    return (query.collections is None or item["collection"] in query.collections) and (
        query.ids is None or item["id"] in query.ids
    )


def _matches_values(query: SearchQuery, item: Document) -> bool:
    if not passes(query.filter, item):
        return False
    moment = parse_instant(item["properties"]["datetime"])
    return (query.period is None or query.period.holds(moment)) and all(_passes(test, item) for test in query.tests)


def _is_near(query: SearchQuery, item: Document, known: dict[Ring, bool]) -> bool:
    """Judge each footprint once: the scenes of one place share it."""
    footprint: Ring = tuple((x, y) for x, y, *_ in item["geometry"]["coordinates"][0])
    if footprint not in known:
        known[footprint] = all(touches(area, footprint) for area in query.areas)
    return known[footprint]


def _passes(test: PropertyTest, item: Document) -> bool:
    value = lookup(item, test.path)
    if test.operator == "neq":
        return not _same(value, test.value)
    if value is _MISSING:
        return False
    if test.operator == "eq":
        return _same(value, test.value)
    if test.operator == "in":
        return any(_same(value, wanted) for wanted in test.value)
    if test.operator in _TEXTUAL:
        if test.operator == "contains" and isinstance(value, list):
            return any(_same(part, test.value) for part in value)
        return isinstance(value, str) and isinstance(test.value, str) and _TEXTUAL[test.operator](value, test.value)
    return _kind(value) == _kind(test.value) in ("number", "text") and _ORDERINGS[test.operator](value, test.value)


def _same(value: Any, wanted: Any) -> bool:
    return _kind(value) == _kind(wanted) and bool(value == wanted)


def _kind(value: object) -> str:
    """``number``, ``text`` or the name of the type: true is not 1."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def _sortable(value: Any) -> tuple[str, Any]:
    """Order numbers among numbers and texts among texts; all else is equal."""
    kind = _kind(value)
    return (kind, value) if kind in ("number", "text") else ("", 0)


def _parts(item: Document, path: str) -> list[str]:
    """Split ``properties.eo:cloud_cover``; a bare name that is not of the top level is one of the properties."""
    head, _, tail = path.partition(".")
    if head == "properties" and tail:
        return [head, tail]
    if head in item or head in ("assets", "links"):
        return [head, tail] if tail else [head]
    return ["properties", path]


def _copy_path(item: Document, kept: Document, parts: list[str]) -> None:
    source: Any = item
    for part in parts[:-1]:
        source = source.get(part)
        if not isinstance(source, dict):
            return
        kept = kept.setdefault(part, {})
    if parts[-1] in source:
        kept[parts[-1]] = copy.deepcopy(source[parts[-1]])


def _drop_path(kept: Document, parts: list[str]) -> None:
    place: Any = kept
    for part in parts[:-1]:
        place = place.get(part)
        if not isinstance(place, dict):
            return
    place.pop(parts[-1], None)
