"""One deadline for all that an answer takes: the body of the request, the item of its render, the pixels."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from app.settings import Settings
from tests.geojson import box, feature
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

DEADLINE_S = 0.8
ITEM_S = 0.6
FIELD = feature(box(10.1, 50.1, 10.9, 50.9))


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    settings = {"tile_deadline_s": DEADLINE_S, "crop_deadline_s": DEADLINE_S, "upstream_timeout_s": 30}
    with serving(Settings(allow_cidrs="127.0.0.0/8", **settings)) as base:
        yield base


@pytest.fixture
def source(folder: Path, tmp_path: Path) -> Iterator[Upstream]:
    """An item with a render, which comes late, and whose asset never comes."""
    item = json.loads((folder / "item.json").read_text()) | {"properties": {"renders": {"all": {"assets": ["a"]}}}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    (tmp_path / "a.tif").symlink_to(folder / "a.tif")
    with upstream(tmp_path) as server:
        server.fault("/~*/item.json", delay_s=ITEM_S)
        server.fault("/~*/a.tif", delay_s=60)
        yield server


PATHS = [
    "tiles/8/135/86.png",
    "preview.png",
    "statistics",
    "tilejson.json",
    "explain",
    "tiles",
    "tiles/WebMercatorQuad",
]


@pytest.mark.parametrize("path", PATHS)
def test_the_item_of_a_render_is_fetched_in_the_answers_own_time(base: str, source: Upstream, path: str):
    query = {"url": source.url(f"/~{path.replace('/', '-')}/item.json"), "render": "all"}
    start = time.monotonic()
    answer = requests.get(f"{base}/stac/{path}", params=query, timeout=30)
    assert (answer.status_code, problem_of(answer)["type"]) == (504, "deadline-exceeded")
    assert time.monotonic() - start < DEADLINE_S + ITEM_S * 0.8


@pytest.mark.parametrize("path", ["statistics", "feature.png"])
def test_a_body_comes_in_the_answers_own_time(base: str, source: Upstream, path: str):
    """Before ``SWATH_BODY_TIMEOUT_S``, which is for all requests."""
    place, body = urlsplit(base), json.dumps(FIELD).encode()
    head = f"POST /cog/{path}?url={source.url('/a.tif')} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=10) as client:
        start = time.monotonic()
        client.sendall(head.encode() + body[:-5])
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 504 ")
        assert DEADLINE_S * 0.9 < time.monotonic() - start < DEADLINE_S + 1
