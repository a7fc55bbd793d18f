"""Jobs outlive the server that accepted them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.serving import free_port, wait_until_ready
from tests.small_scenes import POINT, make_scenes, values_of

COUNT = 400


@contextmanager
def started(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    env = os.environ | {
        "SWATH_DATA_ROOT": str(folder),
        "SWATH_JOBS_DIR": str(folder / "jobs"),
        "SWATH_JOBS_PROCESSES": "1",
        "SWATH_LOG": "off",
    }
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen(command, env=env, text=True, start_new_session=True)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(url: str, holds) -> dict:
    deadline = time.monotonic() + 60
    while True:
        status = requests.get(url, timeout=60).json()
        if holds(status):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


@pytest.mark.slow
def test_a_job_whose_server_is_killed_is_taken_up_where_it_stood(tmp_path):
    """All processes at once, with -9; then a server at the same address."""
    (tmp_path / "scenes").mkdir()
    make_scenes(tmp_path / "scenes", COUNT)
    port = free_port()
    body = {"inputs": {"search": {"url": "scenes"}, "assets": "data", "point": POINT}}
    with started(tmp_path, port):
        accepted = requests.post(f"http://127.0.0.1:{port}/jobs", json=body, timeout=60)
        location = accepted.headers["Location"]
        until(location, lambda status: status["progress"] >= 10)
    with started(tmp_path, port):
        before = requests.get(location, timeout=60).json()
        assert before["status"] == "running"
        assert 10 <= before["progress"] < 100
        assert until(location, lambda status: status["status"] != "running")["status"] == "successful"
        rows = requests.get(f"{location}/results", timeout=60).json()["rows"]
    assert [row["values"] for row in rows] == [[values_of(number)[5, 10]] for number in range(COUNT)]
