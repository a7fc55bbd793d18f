"""The id, the times, the line and the numbers of a request, as one looks at them from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from tests.serving import free_port, wait_until_ready
from tests.upstream import Upstream, upstream

SWATH = Path(sys.executable).with_name("swath")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Server:
    """``swath serve`` in a process of its own, with its log in a file."""

    def __init__(self, folder: Path, source: Upstream, workers: int = 1, **settings: str) -> None:
        self.base = f"http://127.0.0.1:{(port := free_port())}"
        self.source = source
        self._path = folder / "log.txt"
        env = {**os.environ, "SWATH_ALLOW_HOSTS": source.host, **settings}
        command = [str(SWATH), "serve", "--port", str(port), "--workers", str(workers)]
        with self._path.open("w") as log:
            self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=log, text=True)

    def get(self, path: str, headers: dict[str, str] | None = None, **params: str) -> requests.Response:
        return requests.get(self.base + path, params=params, headers=headers, timeout=20)

    def info(self, request_id: str, **params: str) -> requests.Response:
        return self.get("/cog/info", {"X-Request-Id": request_id}, **params)

    def text(self) -> str:
        return self._path.read_text()

    def line(self, request_id: str) -> dict[str, Any]:
        """The line of a request, once it is there."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for line in self.text().splitlines():
                if line.startswith("{") and (found := json.loads(line)).get("id") == request_id:
                    return found
            time.sleep(0.05)
        raise AssertionError(self.text())

    def metric(self, series: str) -> float:
        """The value of a series; 0 where it is not."""
        match = re.search(rf"^{re.escape(series)} ([0-9.e+]+)$", self.get("/metrics").text, re.MULTILINE)
        return float(match[1]) if match else 0.0

    def eventually(self, series: str, value: float) -> None:
        deadline = time.monotonic() + 10
        while (found := self.metric(series)) != value:
            assert time.monotonic() < deadline, (series, found)
            time.sleep(0.1)

    def pids(self) -> set[int]:
        """Workers whose memory is told."""
        for _ in range(50):
            with suppress(requests.ConnectionError):  # of a worker that was just killed
                return {int(pid) for pid in re.findall(r'swath_rss_bytes\{pid="(\d+)"\}', self.get("/metrics").text)}
            time.sleep(0.1)
        raise AssertionError("no worker answers")

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    folder = tmp_path_factory.mktemp("source")
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 600, "width": 600, "crs": "EPSG:4326"}
    with rasterio.open(folder / "a.tif", "w", transform=from_origin(0, 1, 0.001, 0.001), **profile) as dataset:
        dataset.write(np.random.default_rng(1).integers(1, 255, (1, 600, 600), np.uint8))
    with upstream(folder) as server:
        yield server


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def server(request, tmp_path_factory, source) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"), source, request.param)
    try:
        wait_until_ready(server.base, server.process)
        yield server
    finally:
        server.stop()


def test_a_request_is_named_by_its_trace(server):
    answer = server.get("/nowhere", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-Id": "other"})
    assert answer.headers["X-Request-Id"] == answer.json()["instance"] == TRACE
    line = server.line(TRACE)
    assert (line["status"], line["route"], line["problem"]) == (404, "", "not-found")


def test_the_line_of_a_request_has_its_costs_and_never_its_url(server):
    """Half of the name of a query parameter would be too much: ``sig`` is the key to somebody's files."""
    url = server.source.url("/a.tif?sig=s3cr3t&v=costs" + str(time.monotonic_ns()))
    assert server.get("/cog/point/0.1,0.9", {"X-Request-Id": "cold"}, url=url).ok
    line = server.line("cold")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/{ds}/point/{point}", 200)
    assert {"headers", "read"} <= line["steps_ms"].keys()
    assert sum(line["steps_ms"].values()) <= line["ms"] + 0.3
    assert line["upstream_hosts"] == ["127.0.0.1"]
    assert line["upstream_requests"] >= 1
    assert line["upstream_bytes"] > 1000
    assert "s3cr3t" not in server.text()
    assert "a.tif" not in json.dumps(line)


def test_a_failure_is_a_warning_with_its_cause(server):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{closed.getsockname()[1]}/x.tif?token=s3cr3t"
    answer = server.info("refused", url=refused)
    assert answer.status_code == 403  # not a host that may be asked
    assert server.line("refused")["level"] == "info"
    server.source.fault("/broken.tif", status=502)
    answer = server.info("broken", url=server.source.url("/broken.tif?token=s3cr3t"))
    assert answer.status_code == 502
    line = server.line("broken")
    assert (line["level"], line["problem"], line["upstream_requests"]) == ("warning", "upstream-failed", 2)
    assert line["detail"] == answer.json()["detail"]
    assert "s3cr3t" not in server.text()


def test_every_answer_tells_its_times_with_the_names_of_the_log(server):
    answer = server.get("/cog/point/0.1,0.9", {"X-Request-Id": "timed"}, url=server.source.url("/a.tif"))
    told = {part.split(";dur=")[0] for part in answer.headers["Server-Timing"].split(", ")}
    assert told == {*server.line("timed")["steps_ms"], "total"}
    assert server.get("/nowhere").headers["Server-Timing"].startswith("total;dur=")


def test_numbers_are_those_of_all_workers(server):
    """Each request comes on a connection of its own; two workers are asked in turn."""
    url = server.source.url("/a.tif")
    more = {
        'swath_requests_total{route="/{ds}/point/{point}",status="200"}': 20,
        'swath_refused_total{reason="out-of-bounds"}': 20,
        'swath_duration_seconds_count{stage="read"}': 40,
    }
    server.get("/cog/point/0.1,0.9", url=url)
    time.sleep(1.5)  # what others did before is told
    before = {series: server.metric(series) for series in more}
    for _ in range(20):
        assert server.get("/cog/point/0.1,0.9", url=url).ok
        assert server.get("/cog/point/500,0.9", url=url).status_code == 404
    for series, count in more.items():
        server.eventually(series, before[series] + count)
    assert server.metric('swath_upstream_requests_total{host_class="trusted",outcome="ok"}') >= 1
    assert server.metric("swath_upstream_bytes_total") > 1000
    assert server.metric('swath_cache_hits_total{cache="headers"}') >= 1
    assert server.metric('swath_cache_bytes{cache="blocks"}') > 0
    assert server.metric("swath_in_flight") >= 1
    rss = re.findall(r"^swath_rss_bytes(?:\{.*\})? ([0-9.e+]+)$", server.get("/metrics").text, re.MULTILINE)
    assert all(2e7 < float(each) < 2e9 for each in rss)
    assert rss


def test_a_worker_that_was_killed_is_no_longer_in_the_gauges(tmp_path, source):
    """Else its memory and its requests in flight would be told for ever; what it has counted stays."""
    server = Server(tmp_path, source, 2)
    try:
        wait_until_ready(server.base, server.process)
        deadline = time.monotonic() + 20
        while len(before := server.pids()) < 2:
            assert time.monotonic() < deadline, before
            time.sleep(0.1)
        killed = before.pop()
        os.kill(killed, signal.SIGKILL)
        while killed in (now := server.pids()) or len(now) < 2:
            assert time.monotonic() < deadline, now
            time.sleep(0.1)
        assert before < now
    finally:
        server.stop()


def test_a_caller_who_leaves_is_noted(server):
    server.source.fault("/slow.tif", delay_s=5)
    before = server.metric("swath_client_gone_total")
    with pytest.raises(requests.Timeout):
        requests.get(
            f"{server.base}/cog/info",
            params={"url": server.source.url("/slow.tif")},
            headers={"X-Request-Id": "left"},
            timeout=0.5,
        )
    assert server.line("left")["status"] == 499
    server.eventually("swath_client_gone_total", before + 1)
    assert server.metric('swath_upstream_requests_total{host_class="trusted",outcome="gone"}') >= 1


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        (
            {"SWATH_LOG": "text"},
            r"^\d\d:\d\d:\d\d INFO    404 GET - [0-9.]+ ms id=seen problem=not-found detail=There",
        ),
        ({"SWATH_LOG": "json", "SWATH_LOG_LEVEL": "debug"}, r'"route":"/readyz"'),
        ({"SWATH_LOG": "off"}, None),
        ({"SWATH_LOG_LEVEL": "warning"}, None),
    ],
)
def test_the_form_and_the_level_are_the_operators(tmp_path, source, settings, shown):
    server = Server(tmp_path, source, **settings)
    try:
        wait_until_ready(server.base, server.process)
        server.get("/nowhere", {"X-Request-Id": "seen"})
    finally:
        assert server.stop() in (0, -signal.SIGTERM)
    text = server.text()  # all of it was written before the end
    if shown is None:
        assert "seen" not in text
    else:
        assert re.search(shown, text, re.MULTILINE), text
