"""A server that measures a thousand scenes holds no more than it needs for a few of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.serving import free_port, wait_until_ready
from tests.small_scenes import SQUARE, make_scenes

COUNT = 1000
GROWTH_MAX_MB = 48
"""Their items, headers and blocks in the caches, and their rows; all scenes at the same time would be more."""


@contextmanager
def started(root: Path, port: int) -> Iterator[int]:
    """Run a server of one worker while inside; gives the worker's process id."""
    env = os.environ | {"SWATH_DATA_ROOT": str(root), "SWATH_LOG": "off"}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, env=env, text=True, start_new_session=True)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        [worker] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield int(worker)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def memory_mb(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


def copies(folder: Path, count: int) -> None:
    """Scenes of one file that has many names."""
    make_scenes(folder, 1)
    item = json.loads((folder / "scene-0000.json").read_text())
    for number in range(1, count):
        name = f"scene-{number:04}"
        os.link(folder / "scene-0000.tif", folder / f"{name}.tif")
        told = {**item, "id": name, "assets": {"data": {**item["assets"]["data"], "href": f"./{name}.tif"}}}
        (folder / f"{name}.json").write_text(json.dumps(told))


def test_memory_does_not_grow_with_the_scenes_of_a_series(tmp_path):
    (tmp_path / "scenes").mkdir()
    copies(tmp_path / "scenes", COUNT)
    base = f"http://127.0.0.1:{(port := free_port())}"
    query = {"url": "scenes", "assets": "data", "f": "ndjson"}
    with started(tmp_path, port) as worker:
        _measure(base, {**query, "max_items": "20"})
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # the peak begins anew
        before = memory_mb(worker, "VmHWM")
        assert len(_measure(base, query)) == COUNT + 1
        assert memory_mb(worker, "VmHWM") - before < GROWTH_MAX_MB


def _measure(base: str, query: dict[str, str]) -> list[str]:
    answer = requests.post(f"{base}/timeseries/statistics", params=query, json=SQUARE, timeout=60)
    return answer.text.splitlines()
