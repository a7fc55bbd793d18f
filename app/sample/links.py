"""The documents as they leave over HTTP: every href absolute, below the base URL that the caller used."""

from __future__ import annotations

from typing import Any

from app.sample.recipe import COLLECTION
from app.sample.search.query import SearchQuery

Document = dict[str, Any]
GEOJSON = "application/geo+json"
CONFORMANCE = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0-rc.1/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{name}"
        for name in ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators")
    ),
    "https://api.stacspec.org/v1.0.0-rc.2/item-search#context",
)


def item(document: Document, base: str) -> Document:
    """A copy of an item with links of the API and assets below ``/samples``; nested values are shared, not copied."""
    home = f"{base}/samples/{COLLECTION}/{document['id']}"
    assets = {key: {**asset, "href": _join(home, asset["href"])} for key, asset in document["assets"].items()}
    api = f"{base}/v0/collections/{COLLECTION}"
    return {
        **document,
        "assets": assets,
        "links": [
            link("self", f"{api}/items/{document['id']}", GEOJSON),
            link("canonical", f"{home}/{document['id']}.json", GEOJSON),
            link("parent", api),
            link("collection", api),
            link("root", f"{base}/v0"),
        ],
    }


def collection(document: Document, base: str) -> Document:
    """A copy of the collection with links of the API."""
    api = f"{base}/v0/collections/{COLLECTION}"
    return {
        **document,
        "links": [
            link("self", api),
            link("parent", f"{base}/v0"),
            link("root", f"{base}/v0"),
            link("items", f"{api}/items", GEOJSON),
            link("canonical", f"{base}/samples/{COLLECTION}/collection.json"),
        ],
    }


def landing(document: Document, base: str) -> Document:
    """The landing page: the catalogue, what it conforms to, and where to search."""
    search = f"{base}/v0/search"
    return {
        **document,
        "conformsTo": list(CONFORMANCE),
        "links": [
            link("self", f"{base}/v0"),
            link("root", f"{base}/v0"),
            link("conformance", f"{base}/v0/conformance"),
            link("data", f"{base}/v0/collections"),
            link("child", f"{base}/v0/collections/{COLLECTION}"),
            {**link("search", search, GEOJSON), "method": "GET"},
            {**link("search", search, GEOJSON), "method": "POST"},
        ],
    }


def page(query: SearchQuery, matched: int, base: str) -> list[Document]:
    """Links of one page of results; ``next`` is a POST whose body is merged into the caller's."""
    links = [link("root", f"{base}/v0")]
    if query.page * query.limit < matched:
        following = {"method": "POST", "body": {"page": query.page + 1}, "merge": True}
        links.append({**link("next", f"{base}/v0/search", GEOJSON), **following})
    return links


def link(rel: str, href: str, media_type: str = "application/json") -> Document:
    """One link of STAC."""
    return {"rel": rel, "type": media_type, "href": href}


def _join(home: str, href: str) -> str:
    return f"{home}/{href.removeprefix('./')}"
