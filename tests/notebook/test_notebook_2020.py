"""The whole 2020 notebook, unchanged but for its endpoints, against ``swath serve`` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import free_port, wait_until_ready
from tests.shared import SHARED

NOTEBOOK = SHARED / "seeds" / "notebook_2020.py"
SWATH = Path(sys.executable).with_name("swath")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """``swath serve --sample``, ended with SIGTERM."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([SWATH, "serve", "--port", str(port), "--sample"], stdout=subprocess.PIPE, text=True)
    try:
        wait_until_ready(base, process)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.skipif(not NOTEBOOK.is_file(), reason="the 2020 notebook (../shared/seeds) is not beside this checkout")
def test_the_notebook_of_2020_runs_unchanged(server, tmp_path):
    """Exit 0, no failed crop, uint8 colours, masks of 0 and 255, NDVI that follows a season, every tile 200."""
    endpoints = {"TITILER_ENDPOINT": f"{server}/", "STAC_ENDPOINT": f"{server}/v0/search", "OUT": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, NOTEBOOK],
        env={**os.environ, **endpoints},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["scenes"] >= 14
    assert told["failed_crops"] == 0
    assert told["rgb_dtype"] == "uint8"
    assert set(told["mask_values"]) <= {0, 255}
    assert max(told["ndvi_mean"]) - min(told["ndvi_mean"]) > 0.1
    assert all(status.startswith("200 image/") for status in told["tiles"])
    assert sum(told["tiles"].values()) == 21
    assert len(list(tmp_path.glob("figure-*.png"))) >= 4
