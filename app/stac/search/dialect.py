"""What does a STAC API understand? Told by its landing page; and a search in its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from app.match.cql2.query import to_query
from app.match.cql2.text import write_text
from app.model.location import Location
from app.model.search import Search, SortKey
from app.stac.search.ask import Ask, host_of

Document = Mapping[str, Any]
_EXTENSION = re.compile(r"item-search/?#([a-z]+)|/(cql2-json|cql2-text)$")
_API_RELS = frozenset({"search", "data", "conformance"})
_TOP = frozenset({"id", "collection"})
FIELDS = (
    *("id", "type", "collection", "bbox", "geometry", "links"),
    *(f"properties.{name}" for name in ("datetime", "start_datetime", "end_datetime", "eo:cloud_cover")),
)
"""All that a list of scenes shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one API is asked.

    Attributes:
        endpoint: URL of its search, as it says, or as the rule is.
        base: The document that says so; None when the caller did.
        posts: Whether it takes POST.
        filter: How it takes CQL2, or None.
        query: Whether it takes the extension that was there before CQL2.
        fields: Whether it leaves members out.
        sorts: Whether it puts items in order.
    """

    endpoint: str
    base: Location | None = None
    posts: bool = True
    filter: Literal["cql2-json", "cql2-text"] | None = None
    query: bool = True
    fields: bool = True
    sorts: bool = True

    def filters(self, search: Search) -> bool:
        """Whether the API can judge the filter of a search."""
        return not search.filter or bool(self._filter(search))

    def first(self, search: Search, limit: int, *, whole: bool) -> Ask:
        """Ask for the first page.

        Args:
            limit: Items per page.
            whole: Items with all of their members; else those of ``FIELDS``.
        """
        told: dict[str, Any] = {
            "collections": list(search.collections),
            "ids": list(search.ids),
            "bbox": list(search.bbox or ()),
            "intersects": search.intersects,
            "datetime": search.datetime,
            "limit": limit,
            **self._filter(search),
            "sortby": [_sort_field(key) for key in search.sortby] if self.sorts else None,
            "fields": {"include": list(FIELDS), "exclude": ["assets"]} if self.fields and not whole else None,
        }
        body = {name: value for name, value in told.items() if value}
        if self.posts:
            return Ask(href=self.endpoint, base=self.base, body=body)
        joint = "&" if "?" in self.endpoint else "?"
        return Ask(href=f"{self.endpoint}{joint}{urlencode(list(_as_parameters(body)))}", base=self.base)

    def _filter(self, search: Search) -> dict[str, Any]:
        """Members of the filter; none when the API has no words for it."""
        if search.filter is None:
            return {}
        wanted = dict(search.filter)
        if self.filter == "cql2-json":
            return {"filter": wanted, "filter-lang": "cql2-json"}
        if self.filter == "cql2-text" and (text := write_text(wanted)):
            return {"filter": text, "filter-lang": "cql2-text"}
        query = to_query(wanted) if self.query else None
        return {"query": query} if query else {}


def is_api(document: Any) -> bool:
    """Whether a document is the landing page of an API."""
    if not isinstance(document, Mapping) or document.get("type") == "Collection" or "extent" in document:
        return False
    return isinstance(document.get("conformsTo"), list) or any(link["rel"] in _API_RELS for link in links_of(document))


def read_dialect(landing: Document, location: Location, api: str) -> Dialect:
    """Read a landing page; one that tells no conformance is of 2020, when all knew ``query``, ``fields`` and order.

    A search at another host is not believed: nobody is to have this server post anything to hosts open to it alone.
    """
    home = host_of("", location)
    links = [link for link in links_of(landing) if link["rel"] == "search"]
    searches = [link for link in links if host_of(link["href"], location) == home]
    posting = [link for link in searches if str(link.get("method", "")).upper() == "POST"]
    told = landing.get("conformsTo")
    known = set(_classes(told)) if isinstance(told, list) else {"query", "fields", "sort"}
    languages: list[Literal["cql2-json", "cql2-text"]] = ["cql2-json", "cql2-text"]
    return Dialect(
        endpoint=str((posting or searches)[0]["href"]) if searches else f"{api}/search",
        base=location if searches else None,
        posts=bool(posting) or not searches,
        filter=next((each for each in languages if each in known), None) if "filter" in known else None,
        query="query" in known,
        fields="fields" in known,
        sorts="sort" in known,
    )


def links_of(document: Document) -> list[Document]:
    """Links that have a relation and an href."""
    links = document.get("links")
    return [
        link
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, Mapping) and isinstance(link.get("rel"), str) and isinstance(link.get("href"), str)
    ]


def _classes(conforms: Sequence[Any]) -> Iterator[str]:
    for uri in conforms:
        if match := _EXTENSION.search(str(uri)[:200]):
            yield match[1] or match[2]


def _sort_field(key: SortKey) -> dict[str, str]:
    field = key.field if key.field in _TOP else f"properties.{key.field}"
    return {"field": field, "direction": "desc" if key.descending else "asc"}


def _as_parameters(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The body as a query string says it."""
    for name, value in body.items():
        match name:
            case "collections" | "ids" | "bbox":
                yield name, ",".join(map(str, value))
            case "sortby":
                yield name, ",".join(("-" if key["direction"] == "desc" else "+") + key["field"] for key in value)
            case "fields":
                yield name, ",".join([*value["include"], *(f"-{field}" for field in value["exclude"])])
            case _:
                yield name, value if isinstance(value, str) else json.dumps(value)
