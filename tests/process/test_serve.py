"""``make serve`` as a newcomer types it: what it prints is there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from tests.serving import free_port, wait_until_ready

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's ``/my/rasters``."""
    folder = tmp_path_factory.mktemp("rasters")
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 64, "width": 64, "crs": "EPSG:32636"}
    with rasterio.open(folder / "mine.tif", "w", transform=from_origin(290000, 3270000, 10, 10), **profile) as dataset:
        dataset.write(np.full((1, 64, 64), 7, np.uint8))
    return folder


@pytest.fixture(scope="module")
def printed(rasters: Path) -> Iterator[str]:
    """What ``SWATH_DATA_ROOT=... make serve PORT=...`` prints until it answers; ended with Ctrl-C."""
    port = free_port()
    process = subprocess.Popen(
        ["make", "serve", f"PORT={port}"],
        cwd=ROOT,
        env={**os.environ, "SWATH_DATA_ROOT": str(rasters)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        lines = []
        while not lines or "Routes" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended before it said where it is"
        wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield "".join(lines)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


def test_the_map_that_is_printed_is_a_page(printed):
    page = requests.get(found(r"Map +(\S+)", printed), headers={"Accept": "text/html"}, timeout=30)
    assert "<title>" in page.text


def test_the_tile_url_that_is_printed_is_a_picture(printed):
    url = found(r"XYZ tiles +(\S+)", printed).format(z=12, x=2398, y=1696)
    answer = requests.get(url, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")


def test_the_endpoints_that_are_printed_are_the_notebooks(printed):
    tiler, search = found('titiler_endpoint = "(.+)"', printed), found('stac_endpoint = "(.+)"', printed)
    assert requests.get(f"{tiler}/livez", timeout=30).ok
    assert requests.post(search, json={"limit": 1}, timeout=30).json()["features"]


def test_files_of_the_data_root_can_be_shown_by_name(printed):
    tiler = found('titiler_endpoint = "(.+)"', printed)
    assert requests.get(f"{tiler}/cog/info", params={"url": "mine.tif"}, timeout=30).json()["width"] == 64
