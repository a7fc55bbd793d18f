"""A caller who leaves takes the work for him along."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.api import departure
from app.api.departure import Departure
from app.settings import Settings
from tests.serving import serving
from tests.upstream import Upstream, upstream


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Upstream]:
    """A COG whose pixels lie far behind its first bytes."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (1, 1024, 1024), np.uint8)
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 1024, "width": 1024, "crs": "EPSG:4326"}
    place = from_origin(0, 1, 1 / 1024, 1 / 1024)
    with rasterio.open(tmp_path / "a.tif", "w", transform=place, overviews="NONE", **profile) as dataset:
        dataset.write(pixels)
    with upstream(tmp_path) as server:
        yield server


@pytest.fixture(params=["auto", "gdal"])
def swath(data: Upstream, request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(Settings(allow_hosts=(data.host,), driver=request.param)) as base:
        yield base


def eventually(holds: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def ask(base: str, path: str) -> socket.socket:
    place = urlsplit(base)
    connection = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize(
    "fault", [{"delay_s": 20}, {"drip_s": 0.5, "ignore_range": True}], ids=["hangs at once", "drips"]
)
def test_its_upstream_requests_end(swath, data, fault):
    url = quote(data.url("/a.tif"), safe="")
    assert requests.get(f"{swath}/cog/info?url={url}", timeout=20).ok  # its header is known from here on
    data.fault("/a.tif", **fault)
    before = data.count()
    connection = ask(swath, f"/cog/preview.png?url={url}&width=100&height=100")
    assert eventually(lambda: data.count() > before, 10), "it asks for pixels"
    connection.close()
    assert eventually(lambda: data.closed_early > 0, 2), "and stops"
    asked = data.count()
    time.sleep(0.5)
    assert data.count() == asked
    data.fault("/a.tif")
    assert requests.get(f"{swath}/cog/preview.png?url={url}&width=100&height=100", timeout=20).ok


class Caller:
    """The ASGI server's side of one request."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def receive(self) -> dict[str, object]:
        return await self.messages.get()


def test_a_body_that_is_still_read_is_left_to_the_application(monkeypatch):
    """The watch of a POST begins when the application has read all of it."""
    monkeypatch.setattr(departure, "WATCH_AFTER_S", 0.01)
    last = {"type": "http.request", "body": b"x", "more_body": False}

    async def story() -> None:
        caller = Caller()
        async with Departure({"method": "POST"}, caller.receive) as watch:
            await asyncio.sleep(0.05)
            caller.messages.put_nowait(last)
            assert await watch.receive() == last
            caller.messages.put_nowait({"type": "http.disconnect"})
            await asyncio.sleep(5)
            pytest.fail("nobody saw that the caller left")

    asyncio.run(asyncio.wait_for(story(), 3))


def test_a_cancellation_of_another_kind_goes_on():
    async def story() -> None:
        async with Departure({"method": "GET"}, Caller().receive):
            await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(story(), 0.2))
