"""``/explain`` and ``/metrics``: what is read, how, and why so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"


@pytest.fixture
def explain(sample_server):
    def ask(**params: str) -> requests.Response:
        query = {"url": sample_server + ITEM, "assets": "B04,B03", **params}
        return requests.get(f"{sample_server}/stac/explain", params=query, timeout=60)

    return ask


def reads(answer: requests.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["reads"]
    return found


def test_a_tile_is_explained_by_its_grid_and_what_is_read_of_each_asset(explain):
    answer = explain(tile="12/2398/1696")
    assert answer.json()["grid"]["crs"] == "EPSG:3857"
    assert (answer.json()["grid"]["width"], answer.json()["grid"]["height"]) == (256, 256)
    for read, name in zip(reads(answer), ("B04", "B03"), strict=True):
        assert (read["source"], read["driver"], read["bands"]) == (name, "cog", [1])
        assert read["level"]["of"] == [1280, 1280]
        assert read["blocks"] >= 1
        assert 0 < read["stored_bytes"] < read["decoded_bytes"]


def test_a_farther_tile_reads_a_coarser_level(explain):
    near, far = (reads(explain(tile=tile))[0] for tile in ("14/9595/6783", "10/599/424"))
    assert near["overview"] is None
    assert far["level"]["width"] < near["level"]["width"]


def test_what_the_fast_driver_leaves_to_the_general_one_is_told_with_the_reason(tmp_path):
    """A file of strips, as GDAL writes it unless told otherwise."""
    write_strips(tmp_path / "strips.tif")
    with serving(Settings(data_root=tmp_path)) as base:
        answer = requests.get(f"{base}/cog/explain", params={"url": "strips.tif"}, timeout=30)
    [read] = reads(answer)
    assert (read["driver"], read["why"]) == ("gdal", "it has strips, not tiles")
    assert "blocks" not in read


def test_without_a_tile_the_preview_is_explained(explain):
    grid = explain().json()["grid"]
    assert max(grid["width"], grid["height"]) == 1024


def test_an_expression_is_told_with_the_bands_it_means(explain):
    told = explain(expression="B04/B03", tile="12/2398/1696").json()["expression"]
    assert told == {"text": "B04/B03", "bands": {"B04": 0, "B03": 1}}


def test_sums_are_left_to_the_general_driver(explain):
    [read] = explain(assets="B04", tile="12/2398/1696", reproject="sum").json()["reads"]
    assert (read["driver"], read["why"]) == ("gdal", "sums are of GDAL's shares of pixels")


@pytest.mark.parametrize("tile", ["12/2398", "a/b/c", "99/0/0", "1/2/3/4"])
def test_a_tile_that_is_none_is_refused(explain, tile):
    answer = explain(tile=tile)
    assert answer.status_code in (400, 422)
    assert problem_of(answer)["detail"]


def test_reads_are_counted_by_driver(tmp_path, sample_server):
    def counted(base: str, driver: str, reason: str) -> float:
        text = requests.get(f"{base}/metrics", timeout=30).text
        match = re.search(rf'swath_reads_total{{driver="{driver}",reason="{reason}"}} ([0-9.]+)', text)
        return float(match[1]) if match else 0.0

    write_strips(tmp_path / "strips.tif")
    with serving(Settings(data_root=tmp_path)) as base:
        before = counted(base, "cog", ""), counted(base, "gdal", "file")
        assert requests.get(f"{base}/cog/point/0.5,0.5", params={"url": "strips.tif"}, timeout=30).status_code == 200
        item = {"url": sample_server + ITEM, "assets": "B04"}
        assert requests.get(f"{sample_server}/stac/point/30.85,29.48", params=item, timeout=60).status_code == 200
        after = counted(base, "cog", ""), counted(base, "gdal", "file")
    assert after == (before[0] + 1, before[1] + 1)  # both servers are of one process


def write_strips(path: Path) -> None:
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "height": 10, "width": 10, "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=from_origin(0, 1, 0.1, 0.1), **profile) as dataset:
        dataset.write(np.full((1, 10, 10), 7, np.uint8))
