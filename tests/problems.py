"""The one shape that every error has."""

from __future__ import annotations

import re
from typing import Any

from requests import Response

MEDIA_TYPE = "application/problem+json"
MEMBERS = {"type", "title", "status", "detail", "instance", "errors"}
MORE_MEMBERS = {"retry_after", "upstream_status", "position"}
_TILE = re.compile(r"/tiles(/[^/?]+){3,4}(\?|$)")
_FOREIGN = re.compile(r"Traceback|File \"|rasterio\.|GDAL error|CPLE_|/site-packages| at 0x[0-9a-f]+>|<class ")


def problem_of(response: Response) -> dict[str, Any]:
    """Read a problem, and check everything that holds for all of them."""
    assert response.headers["Content-Type"] == MEDIA_TYPE, response.text[:300]
    body: dict[str, Any] = response.json()
    assert MEMBERS <= body.keys() <= MEMBERS | MORE_MEMBERS
    assert body["status"] == response.status_code
    assert body["instance"] == response.headers["X-Request-Id"]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", body["type"])
    assert body["title"]
    assert is_readable(body["detail"]), body["detail"]
    assert all(fault["name"] and fault["message"] for fault in body["errors"])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    may_be_kept = _TILE.search(response.url) and body["type"] == "out-of-bounds"
    assert response.headers["Cache-Control"] == ("public, max-age=3600" if may_be_kept else "no-store")
    assert (response.headers.get("Retry-After") is None) == ("retry_after" not in body)
    return body


def is_readable(detail: str) -> bool:
    """A sentence or two for a person, of our own words."""
    return 20 <= len(detail) <= 1000 and detail.isprintable() and not _FOREIGN.search(detail)
