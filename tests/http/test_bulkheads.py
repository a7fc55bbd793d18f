"""What waits for one source leaves room for the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.read.threads import OPENERS
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

SIDE = 512
BLOCK_MB = SIDE * SIDE / 2**20


def write(path: Path, **profile: object) -> None:
    """A tiled GeoTIFF of random pixels, one degree wide, whose block is the whole."""
    pixels = np.random.default_rng(1).integers(0, 255, (1, SIDE, SIDE), np.uint8)
    options = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": SIDE, "width": SIDE, "crs": "EPSG:4326",
               "transform": from_origin(0, 1, 1 / SIDE, 1 / SIDE), "tiled": True, "blockxsize": SIDE,
               "blockysize": SIDE, **profile}  # fmt: skip
    with rasterio.open(path, "w", **options) as dataset:
        dataset.write(pixels)


def directory_last(path: Path) -> bytes:
    """The file with its directory moved to the end, as a writer that streams leaves it."""
    body = path.read_bytes()
    return body[:4] + len(body).to_bytes(4, "little") + body[8:] + body[8:2000]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Upstream]:
    write(tmp_path / "good.tif")
    (tmp_path / "late.tif").write_bytes(directory_last(tmp_path / "good.tif"))
    assets = {f"a{number}": {"href": "good.tif", "type": "image/tiff; application=geotiff"} for number in range(3)}
    item = {"type": "Feature", "id": "i", "bbox": [0, 0, 1, 1], "properties": {}, "assets": assets}
    (tmp_path / "item.json").write_text(json.dumps(item))
    with upstream(tmp_path) as server:
        yield server


def ask(base: str, data: Upstream, path: str, name: str, timeout: float = 20) -> requests.Response:
    return requests.get(f"{base}{path}{'&' if '?' in path else '?'}url={quote(data.url(name))}", timeout=timeout)


def test_a_directory_at_the_end_is_found_without_waiting_in_a_thread(data):
    """Of files whose second part does not come, twice as many are asked for as there are threads to open files."""
    with serving(Settings(allow_hosts=(data.host,), upstream_timeout_s=3)) as base:
        assert ask(base, data, "/cog/info", "/late.tif").json()["width"] == SIDE
        assert 2 <= data.count("/late.tif") <= 4
        for number in range(2 * OPENERS):
            (data.folder / f"hangs-{number}.tif").write_bytes((data.folder / "late.tif").read_bytes())
            data.fault(f"/hangs-{number}.tif", hang_after=32 * 1024)
        with ThreadPoolExecutor(2 * OPENERS) as pool:
            hung = [pool.submit(ask, base, data, "/cog/info", f"/hangs-{n}.tif") for n in range(2 * OPENERS)]
            while data.waiting < 2 * OPENERS:
                assert not any(answer.done() for answer in hung)
            assert ask(base, data, "/cog/info", "/good.tif", timeout=2).ok
            assert {answer.result().status_code for answer in hung} == {504}


@pytest.mark.parametrize("driver", ["auto", "gdal"])
@pytest.mark.parametrize("path", ["/stac/preview.npy?assets=a0,a1,a2", "/stac/point/0.5,0.5?assets=a0,a1,a2"])
def test_the_blocks_of_all_assets_are_bounded_together(data, driver, path):
    for blocks_max_mb, status in ((3 * BLOCK_MB, 200), (3 * BLOCK_MB - 0.01, 400)):
        settings = Settings(allow_hosts=(data.host,), driver=driver, blocks_max_mb=blocks_max_mb)
        with serving(settings) as base:
            answer = ask(base, data, path, "/item.json")
            assert answer.status_code == status, answer.text
            if status == 400:
                assert "SWATH_BLOCKS_MAX_MB" in problem_of(answer)["detail"]


def test_what_is_too_large_to_hold_together_is_read_piece_by_piece(data, monkeypatch):
    """The blocks of two assets fit, those of the third one do not."""
    monkeypatch.setattr("app.read.cog.driver.DECODED_MAX", 2 * SIDE * SIDE)
    with serving(Settings(allow_hosts=(data.host,))) as base:
        told = ask(base, data, "/stac/explain?assets=a0,a1,a2", "/item.json").json()
        assert [read["driver"] for read in told["reads"]] == ["cog", "cog", "gdal"]
        assert ask(base, data, "/stac/preview.npy?assets=a0,a1,a2", "/item.json").ok
