"""A search as a value, and a scene that it finds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from app.model.grid import Bounds
from app.model.location import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class SortKey:
    """One key of an order; ``field`` is the name of a property, without ``properties.``."""

    field: str
    descending: bool = False

    @property
    def text(self) -> str:
        """As a query string writes it: ``-datetime``."""
        return f"-{self.field}" if self.descending else self.field


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """Which scenes, from where; every member is in its canonical form, so that equal searches have equal ids.

    Exactly one of ``api``, ``url`` and ``features`` says where. What is empty or None restricts nothing.

    Attributes:
        api: Landing page of a STAC API, without a slash at its end.
        url: A document or folder, which says itself what it is: an API, a collection or catalogue, an item, a
            FeatureCollection.
        features: Items that the caller sent along.
        collections: Ids, sorted.
        ids: Ids of items, sorted.
        bbox: Degrees.
        intersects: GeoJSON geometry in degrees.
        datetime: An instant, or ``start/end`` with ``..`` for an open end, in UTC.
        filter: CQL2 JSON, as ``app.match.cql2.normal`` puts it in order.
        sortby: The first key goes first.
        max_items: Most scenes wanted; None leaves it to the server.
    """

    api: str | None = None
    url: str | None = None
    features: Sequence[Any] | None = None
    collections: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    bbox: Bounds | None = None
    intersects: Mapping[str, Any] | None = None
    datetime: str | None = None
    filter: Mapping[str, Any] | None = None
    sortby: tuple[SortKey, ...] = ()
    max_items: int | None = None

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """In JSON types; defaults are left out, and 30.0 is 30."""
        told = {
            "api": self.api,
            "url": self.url,
            "features": self.features,
            "collections": list(self.collections),
            "ids": list(self.ids),
            "bbox": list(self.bbox) if self.bbox else None,
            "intersects": self.intersects,
            "datetime": self.datetime,
            "filter": self.filter,
            "sortby": [key.text for key in self.sortby],
            "max_items": self.max_items,
        }
        plain: Mapping[str, Any] = _plain({name: value for name, value in told.items() if value not in (None, [])})
        return plain

    @cached_property
    def text(self) -> str:
        """The canonical JSON, in ASCII."""
        return json.dumps(self.document, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @cached_property
    def id(self) -> str:
        """SHA-256 of ``text``, in hexadecimal."""
        return id_of(self.text)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what ``text`` wrote."""
        told: dict[str, Any] = json.loads(text)
        keys = [SortKey(field=key.removeprefix("-"), descending=key[0] == "-") for key in told.pop("sortby", ())]
        for name in told.keys() & {"collections", "ids", "bbox"}:
            told[name] = tuple(told[name])
        search = cls(**told, sortby=tuple(keys))
        search.__dict__["text"] = text  # known, so that nobody has to write it again
        return search

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Search) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def id_of(text: str) -> str:
    """Name a canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An item that a search found: what is needed to show it in a list, to order it, and to read it.

    Attributes:
        id: Of the item.
        collection: Id of its collection, or None.
        datetime: Its moment in UTC; the start of its time where it has no single one.
        bounds_wgs84: Around its footprint.
        geometry: GeoJSON footprint; the box around it where the item's own has very many points.
        cloud_cover: Percent, or None.
        href: Where the item says that it is, or None.
        location: Where it is, or came from; relative hrefs of assets begin here. None for one that was sent along and
            lives nowhere.
        document: The item as JSON, where the search brought all of it and it is not large.
    """

    id: str
    collection: str | None
    datetime: datetime
    bounds_wgs84: Bounds
    geometry: Mapping[str, Any]
    cloud_cover: float | None = None
    href: str | None = None
    location: Location | None = None
    document: bytes | None = None


def _plain(value: Any) -> Any:
    """Names in order, numbers in their shortest form."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in sorted((str(key), each) for key, each in value.items())}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
