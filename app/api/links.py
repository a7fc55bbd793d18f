"""Links in answers, and their relations."""

from __future__ import annotations

from typing import Any

RELATIONS = "http://www.opengis.net/def/rel/ogc/1.0"
TILING_SCHEME = f"{RELATIONS}/tiling-scheme"
TILING_SCHEMES = f"{RELATIONS}/tiling-schemes"
TILESET = f"{RELATIONS}/tileset"
TILESETS_MAP = f"{RELATIONS}/tilesets-map"
MAP = f"{RELATIONS}/map"
PROCESSES = f"{RELATIONS}/processes"
EXECUTE = f"{RELATIONS}/execute"
JOBS = f"{RELATIONS}/job-list"
RESULTS = f"{RELATIONS}/results"
CONFORMANCE = f"{RELATIONS}/conformance"


def link(rel: str, href: str, title: str, media_type: str = "application/json") -> dict[str, Any]:
    """Make a link; with places in braces it says that they are to be filled."""
    made: dict[str, Any] = {"rel": rel, "type": media_type, "href": href, "title": title}
    return made | ({"templated": True} if "{" in href else {})
