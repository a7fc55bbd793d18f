"""How many requests a picture costs upstream: counts, never times."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import morecantile
import pytest
import requests

from app.settings import Settings
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


def test_a_pan_fetches_no_byte_range_twice(swath, data):
    for zoom in (9, 10, 11):
        for step in (-1, 0, 1):
            get_tile(swath, data, zoom, step)
    asked = [(each.path, each.range) for each in data.log]
    assert len(asked) == len(set(asked))
