"""``/explain`` and ``/metrics``: what is read, how, and why so."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from tests.problems import problem_of

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


def test_what_the_fast_driver_leaves_to_the_general_one_is_told_with_the_reason(explain):
    [read, _] = reads(explain(tile="12/2398/1696", resampling="bilinear"))
    assert (read["driver"], read["why"]) == ("gdal", "the resampling is not nearest, or has padding")
    assert "blocks" not in read


def test_without_a_tile_the_preview_is_explained(explain):
    grid = explain().json()["grid"]
    assert max(grid["width"], grid["height"]) == 1024


def test_an_expression_is_told_with_the_bands_it_means(explain):
    told = explain(expression="B04/B03", tile="12/2398/1696").json()["expression"]
    assert told == {"text": "B04/B03", "bands": {"B04": 0, "B03": 1}}


@pytest.mark.parametrize("tile", ["12/2398", "a/b/c", "99/0/0", "1/2/3/4"])
def test_a_tile_that_is_none_is_refused(explain, tile):
    answer = explain(tile=tile)
    assert answer.status_code in (400, 422)
    assert problem_of(answer)["detail"]


def test_reads_are_counted_by_driver(sample_server, explain):
    def counted(driver: str, reason: str) -> float:
        text = requests.get(f"{sample_server}/metrics", timeout=30).text
        match = re.search(rf'swath_reads_total{{driver="{driver}",reason="{reason}"}} ([0-9.]+)', text)
        return float(match[1]) if match else 0.0

    before = counted("cog", ""), counted("gdal", "resampling")
    tile = f"{sample_server}/stac/tiles/12/2398/1696.png"
    for extra in ({"rescale": "0,4001"}, {"rescale": "0,4002", "resampling": "bilinear"}):
        query = {"url": sample_server + ITEM, "assets": "B04", **extra}
        assert requests.get(tile, params=query, timeout=60).status_code == 200
    assert (counted("cog", ""), counted("gdal", "resampling")) == (before[0] + 1, before[1] + 1)
