"""What a worker holds at its peak: a thousand scenes take no more than a few, and many sums no more than one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
import requests
from rasterio.transform import from_origin

from tests.serving import free_port, wait_until_ready
from tests.small_scenes import SQUARE, make_scenes

COUNT = 1000
GROWTH_MAX_MB = 48
"""Their items, headers and blocks in the caches, and their rows; all scenes at the same time would be more."""

SUMS, SUMS_MAX_MB = 4, 256
"""Sums that are asked for at the same time, and what they may take together; each of them takes some 180 MB."""


@contextmanager
def started(root: Path, port: int) -> Iterator[int]:
    """Run a server of one worker while inside; gives the worker's process id."""
    env = os.environ | {"SWATH_DATA_ROOT": str(root), "SWATH_LOG": "off", "SWATH_CROP_DEADLINE_S": "100"}
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
        with growing_less_than(GROWTH_MAX_MB, worker):
            assert len(_measure(base, query)) == COUNT + 1


def test_sums_that_are_asked_for_at_the_same_time_are_read_one_after_the_other(tmp_path):
    """With nodata GDAL warps all at once; with an alpha band, which it adds else, block by block."""
    side = 830
    profile = {"width": side, "height": side, "count": 1, "dtype": "uint8", "crs": "EPSG:32636", "nodata": 0}
    with rasterio.open(tmp_path / "flat.tif", "w", transform=from_origin(300_000, 3e6, 10, 10), **profile) as dataset:
        dataset.write(np.ones((1, side, side), np.uint8))
    base = f"http://127.0.0.1:{(port := free_port())}"
    path = f"{base}/cog/preview.npy?url=flat.tif&dst_crs=EPSG:3857"
    with started(tmp_path, port) as worker, ThreadPoolExecutor(SUMS) as pool:
        assert requests.get(path, timeout=60).ok
        with growing_less_than(SUMS_MAX_MB, worker):
            paths = [f"{path}&reproject=sum&max_size={side - number}" for number in range(SUMS)]
            answers = list(pool.map(lambda asked: requests.get(asked, timeout=110), paths))
        assert [answer.status_code for answer in answers] == [200] * SUMS


@contextmanager
def growing_less_than(limit_mb: float, pid: int) -> Iterator[None]:
    """Bound how far the peak of a process comes above what it held before."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
    before = memory_mb(pid, "VmHWM")
    yield
    assert memory_mb(pid, "VmHWM") - before < limit_mb


def _measure(base: str, query: dict[str, str]) -> list[str]:
    answer = requests.post(f"{base}/timeseries/statistics", params=query, json=SQUARE, timeout=60)
    return answer.text.splitlines()
