"""A STAC API on ``tests.upstream`` that pages as its makers do, and errs on demand.

api = ScriptedApi(server, items=scenes(250))
api.paging = "token"          # or "merge", "get", "page" (no link: 2020), "none"
server.fault("/search", status=502, times=1)
... search with api=server.url("") ...
assert [asked["limit"] for asked in api.asked] == [100, 100, 100]
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.upstream import Asked, Upstream

STAC = "https://api.stacspec.org/v1.0.0"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CORE = (f"{STAC}/core", f"{STAC}/item-search")
FIELDS, SORT, QUERY = (f"{STAC}/item-search#{name}" for name in ("fields", "sort", "query"))
FILTER_JSON = (f"{STAC}/item-search#filter", f"{CQL2}/cql2-json")
FILTER_TEXT = (f"{STAC}/item-search#filter", f"{CQL2}/cql2-text")


def item(number: int, **properties: Any) -> dict[str, Any]:
    """A small item; its number is its day of 2019, its place and its cloud cover."""
    x = number % 300 / 2 - 75
    ring = [[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"scene-{number:04}",
        "collection": "scenes",
        "bbox": [x, 0, x + 1, 1],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": f"2019-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T10:00:00Z",
            "eo:cloud_cover": number % 100,
            **properties,
        },
        "assets": {"B04": {"href": "B04.tif", "type": "image/tiff; application=geotiff"}},
        "links": [],
    }


def scenes(count: int) -> list[dict[str, Any]]:
    """So many items."""
    return [item(number) for number in range(count)]


class ScriptedApi:
    """Answers ``/`` and ``/search`` of a server.

    Attributes:
        paging: How a page leads to the next.
        told: What it says that there are, or None: the truth.
        asked: Bodies, or parameters, of the searches that came.
        landing: False: there is no landing page.
        posts: Whether it takes POST.
        next_host: Put into links in place of its own.
    """

    def __init__(self, server: Upstream, items: Sequence[Any], conforms: Sequence[str] | None = CORE) -> None:
        self.server = server
        self.items = list(items)
        self.conforms = conforms
        self.paging = "token"
        self.told: int | None = None
        self.asked: list[dict[str, Any]] = []
        self.landing = True
        self.posts = True
        self.next_host: str | None = None
        server.reply("/", self._landing)
        server.reply("/search", self._search)

    @property
    def url(self) -> str:
        """Of its landing page."""
        return self.server.url("")

    def _landing(self, _: Asked) -> bytes | None:
        if not self.landing:
            return None
        methods = ("GET", "POST") if self.posts else ("GET",)
        links = [{"rel": "search", "href": self.server.url("/search"), "method": method} for method in methods]
        told = {} if self.conforms is None else {"conformsTo": list(self.conforms)}
        return json.dumps({"type": "Catalog", "id": "scripted", "links": links, **told}).encode()

    def _search(self, asked: Asked) -> bytes | None:
        if asked.method == "POST" and not self.posts:
            return None
        body = json.loads(asked.body) if asked.body else dict(parse_qsl(asked.query))
        self.asked.append(body)
        limit = int(body.get("limit", 10))
        start = self._start(body, limit)
        page = self.items[start : start + limit]
        document: dict[str, Any] = {"type": "FeatureCollection", "features": page, "links": []}
        matched = len(self.items) if self.told is None else self.told
        if self.paging == "page":
            document["context"] = {"page": start // limit + 1, "limit": limit, "matched": matched}
        elif self.paging != "none":
            document["numberMatched"] = matched
        if start + limit < len(self.items) or self.paging == "endless":
            document["links"] = self._links(body, start + limit, "POST" if asked.body else "GET")
        return json.dumps(document).encode()

    def _start(self, body: dict[str, Any], limit: int) -> int:
        if self.paging == "page":
            return (int(body.get("page", 1)) - 1) * limit
        return int(body.get("token", 0)) % max(len(self.items), 1)

    def _links(self, body: dict[str, Any], token: int, method: str) -> list[dict[str, Any]]:
        href = f"http://{self.next_host or self.server.host}/search"
        following = {"token": str(token)}
        if self.paging in ("page", "none"):
            return []
        if method == "GET":
            return [{"rel": "next", "href": f"{href}?{urlencode({**body, **following})}"}]
        merged = {"body": following, "merge": True} if self.paging == "merge" else {"body": {**body, **following}}
        return [{"rel": "next", "method": "POST", "href": href, **merged}]
