"""How many requests a picture costs upstream: counts, never times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import morecantile
import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from benchmarks.scene import EPSG, NORTH, WEST
from benchmarks.tiles import pan
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

pytestmark = needs_shared

ITEM = "/s2-timeseries/S2A_33TWM_20230815_0_L2A/item.v0.json"
TMS = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture
def data() -> Iterator[Upstream]:
    with upstream(DATA) as server:
        yield server


@pytest.fixture
def swath(data: Upstream) -> Iterator[str]:
    with serving(Settings(allow_hosts=(data.host,))) as base:
        yield base


def get_tile(base: str, data: Upstream, zoom: int = 11, step: int = 0) -> None:
    tile = TMS.tile(15.72, 46.45, zoom)
    params = {"url": data.url(ITEM), "assets": "B04,B03,B02", "rescale": "0,3000"}
    answer = requests.get(f"{base}/stac/tiles/{zoom}/{tile.x + step}/{tile.y}.png", params=params, timeout=60)
    assert answer.status_code == 200, answer.text


def test_a_cold_tile_costs_the_item_and_per_asset_a_header_and_its_blocks(swath, data):
    get_tile(swath, data)
    assert data.count() <= 7
    assert data.count(ITEM) == 1


def test_the_same_tile_and_its_neighbours_in_the_same_blocks_cost_nothing(swath, data):
    get_tile(swath, data)
    cold = data.count()
    get_tile(swath, data)
    assert data.count() == cold
    get_tile(swath, data, zoom=12)
    assert data.count() == cold


def test_twenty_equal_cold_requests_cost_what_one_costs(swath, data):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: get_tile(swath, data), range(20)))
    assert data.count() <= 7


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """An item of three bands of 10980 x 10980 pixels, each with as many bytes as a band of Sentinel-2 has."""
    noise = np.random.default_rng(1).integers(400, 430, (1098, 1098), dtype=np.uint16)
    profile = {"driver": "COG", "dtype": "uint16", "count": 1, "height": 10980, "width": 10980, "nodata": 0,
               "crs": f"EPSG:{EPSG}", "transform": from_origin(WEST, NORTH, 10, 10), "blocksize": 512,
               "compress": "deflate", "level": 1, "predictor": "yes", "num_threads": "all_cpus",
               "overview_resampling": "nearest"}  # fmt: skip
    with rasterio.open(tmp_path / "B02.tif", "w", **profile) as dataset:
        dataset.write(np.tile(noise, (10, 10)), 1)
    for name in ("B03.tif", "B04.tif"):
        (tmp_path / name).hardlink_to(tmp_path / "B02.tif")
    assets = {name: {"href": f"./{name}.tif", "type": "image/tiff"} for name in ("B02", "B03", "B04")}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "scene", "geometry": None, "properties": {},
            "links": [], "assets": assets}  # fmt: skip
    (tmp_path / "item.json").write_text(json.dumps(item))
    return tmp_path


def look_around(base: str, data: Upstream) -> None:
    """Ask for the thirty tiles of the benchmark's pan."""
    params = {"url": data.url("/item.json"), "assets": "B04,B03,B02", "rescale": "0,3000"}
    for tile in pan():
        answer = requests.get(f"{base}/stac/tiles/{tile.z}/{tile.x}/{tile.y}.png", params=params, timeout=60)
        assert answer.status_code == 200, answer.text


def sent_bytes(data: Upstream) -> int:
    """Bytes that the ranges asked for have together."""
    spans = [asked.range.removeprefix("bytes=").split("-") for asked in data.log if asked.range]
    return sum(int(last) - int(first) + 1 for first, last in spans)


def test_a_pan_of_thirty_tiles_of_a_whole_scene_costs_thirty_five_requests_and_the_same_again_none(scene):
    """TiTiler asks about a hundred times, and again about seventy times for the same."""
    assert 120e6 < (scene / "B02.tif").stat().st_size < 160e6
    with upstream(scene) as data, serving(Settings(allow_hosts=(data.host,))) as swath:
        look_around(swath, data)
        cold = data.count()
        assert cold <= 35
        assert sent_bytes(data) <= 15e6
        look_around(swath, data)
        assert data.count() == cold


def test_a_pan_fetches_no_byte_range_twice(swath, data):
    for zoom in (9, 10, 11):
        for step in (-1, 0, 1):
            get_tile(swath, data, zoom, step)
    asked = [(each.path, each.range) for each in data.log]
    assert len(asked) == len(set(asked))
