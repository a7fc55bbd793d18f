"""Every STAC document of the shared data, served from loopback: an answer, or a clear reason, and soon.

The rasters behind them are on the internet, where no test goes: names are not looked up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import requests

from app.settings import Settings
from tests.offline import offline
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

ITEMS, OTHERS, RESPONSES = (
    sorted(path.relative_to(DATA).as_posix() for path in (DATA / folder).rglob("*.json"))
    for folder in ("stac-items", "stac-collections", "stac-search-responses")
)
LONGEST_S = 3.0
ABOUT = (
    "/stac/info", "/stac/info.geojson", "/stac/statistics", "/stac/asset_statistics", "/stac/metadata",
)  # fmt: skip
"""Routes that take every raster of an item when none is named."""
SHOWN = (
    "/stac/tilejson.json", "/stac/WebMercatorQuad/tilejson.json", "/stac/tiles", "/stac/tiles/WebMercatorQuad",
    "/stac/WMTSCapabilities.xml", "/stac/WebMercatorQuad/WMTSCapabilities.xml", "/stac/wmts", "/stac/map",
    "/stac/point/0,0", "/stac/preview.png", "/stac/tiles/0/0/0", "/stac/tiles/WebMercatorQuad/0/0/0.png",
    "/stac/crop/-10,-10,10,10.png", "/stac/bbox/-10,-10,10,10.npy", "/stac/explain", "/stac/legend.json",
)  # fmt: skip
"""Routes that want to know what to show."""
EXPLAINED = (200, 400, 403, 404, 424, 502, 503)
"""503: no name is looked up in tests, and a host that fails again and again is left alone."""


@dataclass(frozen=True)
class Server:
    """Asks about one document."""

    base: str
    files: Upstream
    session: requests.Session

    def get(self, path: str, document: str, **query: Any) -> requests.Response:
        started = time.monotonic()
        url = self.files.url(f"/{document}")
        answer = self.session.get(self.base + path, params={"url": url, **query}, timeout=20)
        assert time.monotonic() - started < LONGEST_S
        assert answer.status_code in EXPLAINED, answer.text
        if answer.status_code != 200:
            problem_of(answer)
        return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with (
        offline(),
        requests.Session() as session,
        upstream(DATA) as files,
        serving(Settings(allow_hosts=files.host)) as base,
    ):
        yield Server(base, files, session)


@needs_shared
def test_there_are_many_documents_to_try() -> None:
    assert len(ITEMS + OTHERS + RESPONSES) >= 100


@needs_shared
@pytest.mark.parametrize("document", ITEMS)
def test_items_tell_their_assets_and_why_those_cannot_be_read_here(server: Server, document: str) -> None:
    written = json.loads((DATA / document).read_text("utf-8"))
    answer = server.get("/stac/assets", document)
    if not is_item(written):
        assert_refused(server, document, written)
        return
    assert answer.status_code == 200
    keys = answer.json()
    assert set(keys) <= written["assets"].keys()
    for path in ABOUT:
        assert server.get(path, document).status_code in (400, 403, 424, 502, 503)
    check_bounds(server, document, written)
    check_names(server, document, written, keys)
    check_renders(server, document, written)
    if not keys:
        assert "no GeoTIFF" in detail(server, document) or "no assets" in detail(server, document)
        return
    for path in SHOWN:
        # A document of WMTS has a layer for each render of an item of which nothing is named.
        vague = server.get(path, document)
        assert vague.status_code == 400 or (written.get("properties", {}).get("renders") or written.get("renders"))
        refused = server.get(path, document, assets=keys[0])
        assert refused.status_code in (403, 424, 502, 503)
        told = f"Asset {keys[0]!r}: " if refused.status_code != 503 else ""
        assert refused.json()["detail"].startswith(told)


@needs_shared
@pytest.mark.parametrize("document", OTHERS)
def test_collections_and_catalogs_are_told_to_be_no_items(server: Server, document: str) -> None:
    assert_refused(server, document, json.loads((DATA / document).read_text("utf-8")))


@needs_shared
@pytest.mark.parametrize("document", RESPONSES)
def test_search_responses_are_told_to_be_no_items(server: Server, document: str) -> None:
    """The files hold request and response; the response alone is what a user would paste."""
    recorded = json.loads((DATA / document).read_text("utf-8"))
    assert_refused(server, document, recorded)
    server.files.fault(f"/response/{document}", body=json.dumps(recorded["response"]).encode())
    assert_refused(server, f"response/{document}", recorded["response"])


def is_item(written: Any) -> bool:
    return isinstance(written.get("assets"), dict) and written.get("type") not in (
        "Collection", "Catalog", "FeatureCollection",
    )  # fmt: skip


def assert_refused(server: Server, document: str, written: Any) -> None:
    for path in ("/stac/assets", "/stac/bounds", "/stac/renders", "/stac/renders/ndvi", *ABOUT, *SHOWN):
        answer = server.get(path, document, assets="B04")
        assert answer.status_code == 424
        assert expected_reason(written) in answer.json()["detail"]


def expected_reason(written: Any) -> str:
    match written.get("type"), written:
        case "FeatureCollection", {"features": [first, *_]}:
            return str(first["id"])[:20]
        case "FeatureCollection", _:
            return "FeatureCollection without items"
        case "Collection" | "Catalog" as kind, _:
            return f"is a STAC {kind}, not an item"
        case _, {"extent": _}:
            return "is a STAC Collection, not an item"
    return "not a STAC item: it has no 'assets' object"


def check_names(server: Server, document: str, written: Any, keys: list[str]) -> None:
    """Every name that the item gives to the band of a raster finds it; that it cannot be read is another matter."""
    rasters = [asset for key, asset in written["assets"].items() if key in keys]
    bands = [band for asset in rasters for band in (*asset.get("eo:bands", ()), *asset.get("bands", ()))]
    bands = [band for band in bands if isinstance(band, dict)]
    names = {band.get(word) for band in bands for word in ("name", "common_name", "eo:common_name")} - {None}
    for name in sorted(names)[:4]:
        answer = server.get("/stac/tilejson.json", document, assets=name)
        assert answer.status_code in (403, 424, 502, 503), answer.text


def check_renders(server: Server, document: str, written: Any) -> None:
    told = server.get("/stac/renders", document).json()["renders"]
    assert set(told) == {*written.get("renders", {}), *written.get("properties", {}).get("renders", {})}
    for name, each in told.items():
        assert server.get(f"/stac/renders/{name}", document).json() == each
        answer = server.get("/stac/tilejson.json", document, render=name)
        assert answer.status_code in ((403, 424, 502, 503) if each["valid"] else (400, 404)), answer.text


def check_bounds(server: Server, document: str, written: Any) -> None:
    answer = server.get("/stac/bounds", document)
    if not written.get("bbox"):
        assert answer.status_code in (400, 424, 502, 503)
        return
    half = len(written["bbox"]) // 2
    west, south, east, north = (*written["bbox"][:2], *written["bbox"][half : half + 2])
    south, north = sorted(np.clip([south, north], -90, 90))  # a grid of points has pixels that end beyond the pole
    assert answer.json()["bounds"] == [west, south, east, north]


def detail(server: Server, document: str) -> str:
    text: str = server.get("/stac/info", document).json()["detail"]
    return text
