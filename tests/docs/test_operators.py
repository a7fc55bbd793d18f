"""The configuration that docs/operators.md shows does what the page says."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import requests

from app.settings import Settings
from tests.serving import free_port, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operators.md").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with one small raster."""
    import numpy as np
    import rasterio
    from rasterio.transform import from_bounds

    folder = tmp_path_factory.mktemp("data")
    profile = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(folder / "a.tif", "w", transform=from_bounds(10, 50, 11, 51, 64, 64), **profile) as file:
        file.write(np.full((1, 64, 64), 7, "uint8"))
    with serving(Settings(data_root=folder)) as base:
        yield base


@pytest.fixture(scope="module")
def nginx(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's own configuration, on ports and in a folder of the test."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed; type: apt install nginx-light")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    [block] = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)
    block = block.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("127.0.0.1:8000", server[7:])
    block = block.replace("/var/cache/nginx/swath", f"{folder}/cache")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(block.replace("http {", f"http {{\n{temporary}", 1))
    command = [program, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers may not write into the test's folder
    settings = f"daemon off; pid {folder}/pid; error_log stderr; {user}"
    subprocess.run([*command, "-t", "-g", settings], check=True, capture_output=True)
    process = subprocess.Popen([*command, "-g", settings])
    try:
        base = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                requests.get(f"{base}/livez", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_absolute_urls_are_those_of_the_proxy_whatever_the_caller_says(nginx):
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.example"}
    found = requests.get(f"{nginx}/cog/tilejson.json", params={"url": "a.tif"}, headers=lies, timeout=30).json()
    assert found["tiles"][0].startswith(f"{nginx}/cog/tiles/")


def test_a_picture_is_kept_and_revalidated(nginx):
    path = f"{nginx}/cog/preview.png?url=a.tif"
    first, second = requests.get(path, timeout=30), requests.get(path, timeout=30)
    assert [first.headers["X-Proxy-Cache"], second.headers["X-Proxy-Cache"]] == ["MISS", "HIT"]
    assert first.content == second.content
    known = requests.get(path, headers={"If-None-Match": first.headers["ETag"]}, timeout=30)
    assert known.status_code == 304


def test_an_error_is_not_kept(nginx):
    answers = [requests.get(f"{nginx}/cog/preview.png?url=b.tif", timeout=30) for _ in range(2)]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["X-Proxy-Cache"] for answer in answers} <= {"MISS", "EXPIRED"}


def test_a_long_url_passes_and_metrics_do_not(nginx):
    assert requests.get(f"{nginx}/cog/preview.png?url=a.tif&x={'x' * 15_000}", timeout=30).status_code == 200
    assert requests.get(f"{nginx}/metrics", timeout=30).status_code == 404


FIXED = re.findall(r"^\| .* \| ([0-9 ]*[0-9])( KiB| MiB|).* \| `(\w+)` in `(app/[\w/]+)\.py` \|$", PAGE, re.MULTILINE)


def test_the_limits_without_a_setting_are_those_of_the_code():
    """What the page writes in KiB or MiB may stand there in bytes."""
    assert len(FIXED) == PAGE.count("` in `app/")
    for number, unit, name, module in FIXED:
        limit = int(number.replace(" ", ""))
        factors = {"": (1,), " KiB": (2**10,), " MiB": (1, 2**20)}[unit]
        known = getattr(importlib.import_module(module.replace("/", ".")), name)
        assert known in [limit * factor for factor in factors], name


def test_what_the_page_says_of_the_container_is_so():
    assert "seccomp" not in (ROOT / "docker-compose.yml").read_text()
    assert "FROM python:3.11-slim-bookworm\n" in (ROOT / "Dockerfile").read_text()


def test_every_reason_why_work_is_shed_is_told():
    from app.observe.metrics import Shed

    [row] = re.findall(r"^\| `swath_shed_total.*$", (ROOT / "docs" / "observability.md").read_text(), re.MULTILINE)
    assert all(f"`{reason}`" in row for reason in get_args(Shed))


def test_the_error_that_is_shown_is_one_of_ours():
    import json

    from app.errors import UpstreamUnusable

    [block] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    shown = json.loads(block)
    assert (shown["type"], shown["title"], shown["status"]) == (
        UpstreamUnusable.slug,
        UpstreamUnusable.title,
        UpstreamUnusable.status,
    )
