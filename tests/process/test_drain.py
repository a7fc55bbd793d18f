"""A server that is told to end: who is answered, what is given up, and when it is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from tests.problems import problem_of
from tests.serving import free_port, wait_until_ready
from tests.upstream import Upstream, upstream

SWATH = Path(sys.executable).with_name("swath")
PAUSE_S, FLIGHT_S = 0.8, 2.0


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Upstream]:
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 64, "width": 64, "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "a.tif", "w", transform=from_origin(0, 1, 1 / 64, 1 / 64), **profile) as dataset:
        dataset.write(np.full((1, 64, 64), 7, np.uint8))
    with upstream(tmp_path) as server:
        yield server


class Server:
    """``swath serve --workers 1`` that reads from ``data``."""

    def __init__(self, data: Upstream) -> None:
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.data = data
        env = {
            "SWATH_ALLOW_HOSTS": data.host,
            "SWATH_DRAIN_PAUSE_S": str(PAUSE_S),
            "SWATH_DRAIN_S": str(FLIGHT_S),
            "SWATH_UPSTREAM_TIMEOUT_S": "60",
        }
        command = [str(SWATH), "serve", "--port", str(port), "--workers", "1"]
        self.process = subprocess.Popen(command, env=os.environ | env, stderr=subprocess.PIPE, text=True)
        self.pool = ThreadPoolExecutor(8)

    def ask(self, path: str) -> Future[requests.Response]:
        """Begin a request for a document of the upstream, and wait until it is under way there."""
        before = self.data.count()
        asked = self.pool.submit(requests.get, f"{self.base}{path}", timeout=30)
        while self.data.count() == before:
            time.sleep(0.01)
        return asked

    def info(self) -> Future[requests.Response]:
        return self.ask(f"/cog/info?url={quote(self.data.url('/a.tif'))}")

    def end(self, number: int = signal.SIGTERM) -> float:
        self.process.send_signal(number)
        return time.monotonic()


@pytest.fixture
def server(data: Upstream) -> Iterator[Server]:
    server = Server(data)
    try:
        wait_until_ready(server.base, server.process)
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
        server.process.communicate(timeout=30)
        server.pool.shutdown()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_at_first_all_is_answered_but_it_is_not_ready(server, number):
    """Also on new connections; and each answer says that its connection ends."""
    kept = requests.Session()
    assert kept.get(f"{server.base}/livez", timeout=5).headers.get("Connection") is None
    server.end(number)
    time.sleep(PAUSE_S / 2)
    probe = kept.get(f"{server.base}/readyz", timeout=5)
    assert (probe.status_code, probe.headers["Connection"]) == (503, "close")
    tile = requests.get(f"{server.base}/cog/info?url={quote(server.data.url('/a.tif'))}", timeout=5)
    assert (tile.status_code, tile.headers["Connection"]) == (200, "close")
    assert server.process.wait(10) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.base}/livez", timeout=5)


def test_a_request_that_can_be_answered_is_answered(server):
    server.data.fault("/a.tif", delay_s=PAUSE_S + 0.8, times=1)
    asked = server.info()
    ended = server.end()
    answer = asked.result()
    assert (answer.status_code, answer.json()["width"], answer.headers["Connection"]) == (200, 64, "close")
    assert server.process.wait(10) == 0
    assert time.monotonic() - ended < PAUSE_S + FLIGHT_S, "it waits for nothing else"


def test_a_request_that_hangs_is_given_up_with_its_upstream(server):
    server.data.fault("/a.tif", delay_s=60)
    asked = server.info()
    ended = server.end()
    answer = asked.result()
    assert problem_of(answer)["type"] == "overloaded"
    assert (answer.status_code, answer.headers["Connection"]) == (503, "close")
    assert PAUSE_S + FLIGHT_S * 0.9 <= time.monotonic() - ended <= PAUSE_S + FLIGHT_S + 1
    assert server.process.wait(10) == 0
    assert server.data.closed_early >= 1
    assert "Traceback" not in server.process.stderr.read()


def test_a_request_that_came_in_the_pause_may_take_its_time(server):
    server.data.fault("/a.tif", delay_s=PAUSE_S, times=1)
    server.end()
    time.sleep(PAUSE_S / 2)
    assert server.info().result().status_code == 200


def test_connections_that_only_wait_do_not_delay_the_end(server):
    place = ("127.0.0.1", int(server.base.rpartition(":")[2]))
    idle = [socket.create_connection(place, timeout=5) for _ in range(5)]
    ended = server.end()
    assert server.process.wait(10) == 0
    assert time.monotonic() - ended < PAUSE_S + FLIGHT_S
    for connection in idle:
        connection.close()


def test_a_request_on_a_connection_that_was_made_just_before_is_answered(server):
    """Its first bytes come when nobody listens any more."""
    place = ("127.0.0.1", int(server.base.rpartition(":")[2]))
    with socket.create_connection(place, timeout=5) as made:
        server.end()
        while True:
            try:
                socket.create_connection(place, timeout=5).close()
            except ConnectionRefusedError:
                break
            time.sleep(0.01)
        made.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert made.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_second_ctrl_c_ends_at_once(server):
    server.data.fault("/a.tif", delay_s=60)
    asked = server.info()
    server.end(signal.SIGINT)
    time.sleep(0.3)
    again = server.end(signal.SIGINT)
    server.process.wait(10)
    assert time.monotonic() - again < 0.5
    with pytest.raises(requests.ConnectionError):
        asked.result()
