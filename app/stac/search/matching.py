"""Does an item fit the search? And in which order do items come? For sources that only give what they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.match.cql2.evaluate import lookup, passes
from app.match.geojson import parse_bbox, parse_geometry
from app.match.geometry import Shape, touches
from app.match.period import parse_period
from app.model.search import Scene, Search, SortKey
from app.stac.search.pages import Pages
from app.stac.search.scene import footprint_of, times_of

SortValue = tuple[str, Any]
"""The kind of a value, and the value: numbers stand among numbers, texts among texts."""

Sortable = tuple[tuple[SortValue | None, ...], Scene]


class Matcher:
    """Judges items for what a source leaves to be judged."""

    def __init__(self, search: Search, pages: Pages) -> None:
        self._chooses = pages.chooses
        self._search = search
        self._filter = None if pages.filters or search.filter is None else dict(search.filter)
        self._period = parse_period(search.datetime) if search.datetime else None
        self._area = _area(search)

    def fits(self, feature: Mapping[str, Any], scene: Scene) -> bool:
        """Tell whether an item is one of those that are asked for."""
        if not self._chooses and not (self._is_named(feature) and self._is_in_time(feature) and self._is_near(scene)):
            return False
        return passes(self._filter, feature)

    def _is_named(self, feature: Mapping[str, Any]) -> bool:
        search = self._search
        named = not search.ids or feature.get("id") in search.ids
        return named and (not search.collections or feature.get("collection") in search.collections)

    def _is_in_time(self, feature: Mapping[str, Any]) -> bool:
        times = times_of(feature.get("properties") or {})
        return self._period is None or (times is not None and self._period.meets(*times))

    def _is_near(self, scene: Scene) -> bool:
        area = self._area
        return area is None or any(touches(area, ring) for ring in footprint_of(scene))


def sort_values(feature: Mapping[str, Any], keys: Sequence[SortKey]) -> tuple[SortValue | None, ...]:
    """What an item has for each key."""
    return tuple(_value(feature, key.field) for key in keys)


def ordered(found: Sequence[Sortable], keys: Sequence[SortKey]) -> list[Scene]:
    """Put scenes in the order that the keys ask for; those without a value come last."""
    pairs = list(found)
    for n, key in reversed(list(enumerate(keys))):
        known = [(value, pair) for pair in pairs if (value := pair[0][n]) is not None]
        known.sort(key=lambda each: each[0], reverse=key.descending)
        pairs = [pair for _, pair in known] + [pair for pair in pairs if pair[0][n] is None]
    return [scene for _, scene in pairs]


def _value(feature: Mapping[str, Any], field: str) -> SortValue | None:
    value = lookup(feature, field)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number", value
    return ("text", value) if isinstance(value, str) else None


def _area(search: Search) -> Shape | None:
    if search.intersects is not None:
        return parse_geometry(dict(search.intersects))
    return parse_bbox(list(search.bbox)) if search.bbox else None
