"""What people open on the page: addresses and files of all kinds, as they stand in the world."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.settings import Settings
from tests.offline import offline
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

SCENE, EARLIER = "S2A_36RTT_20191120_0_L2A", "S2A_36RTT_20190822_0_L2A"
FIELD = "STAC item, collection, search or COG"


def open_source(seen: Any, source: str) -> None:
    seen.page.get_by_label(FIELD).fill(source)
    seen.page.get_by_role("button", name="Open", exact=True).click()


def urls(tiles: list[str]) -> set[str]:
    return {parse_qs(urlsplit(tile).query)["url"][0] for tile in tiles}


DROP = """text => {
    const files = new DataTransfer();
    files.items.add(new File([text], "dropped.json", { type: "application/json" }));
    document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: files }));
}"""


def test_an_item_a_collection_a_raster_and_a_dropped_file_are_opened_and_errors_are_the_servers_words(
    visit: Any, sample_server: str
) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    with page.expect_response(lambda answer: "/search/items" in answer.url) as asked:
        open_source(seen, "http://10.0.0.1/item.json")
    page.wait_for_selector("#error:not([hidden])")
    assert page.locator("#error").inner_text() == asked.value.json()["detail"]
    assert seen.state()["scene"] == ["S2B_36RTT_20191205_0_L2A"], "the map stays"

    item = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/{SCENE}"
    open_source(seen, item)
    assert all(SCENE in url for url in urls(seen.tiles(SCENE)))
    assert page.locator("#timeline").is_hidden(), "one scene has no time"
    open_source(seen, f"{sample_server}/samples/sentinel-s2-l2a-cogs/collection.json")
    seen.tiles()
    assert page.locator("#ticks .tick").count() == 24
    raster = f"{sample_server}/samples/sentinel-s2-l2a-cogs/{SCENE}/visual.tif"
    open_source(seen, raster)
    assert urls(seen.tiles("/cog/tiles/")) == {raster}
    assert seen.picture().std() > 15

    page.evaluate(DROP, json.dumps({"type": "Feature", "id": "x"}))
    page.wait_for_selector("#error:not([hidden])")
    found = requests.get(f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/{SCENE}", timeout=10).json()
    page.evaluate(DROP, json.dumps({"type": "FeatureCollection", "features": [found]}))
    seen.tiles(SCENE)
    assert seen.state()["url"][0].startswith("search:")
    assert not seen.own_complaints
    assert {line.split("(")[-1] for line in seen.refused} == {"Forbidden)"}, "of the first address"
    again = visit(page.url)
    again.tiles(SCENE)
    assert not again.complaints


def test_outlines_of_scenes_elsewhere_light_up_and_a_click_chooses_one(visit: Any, sample_server: str) -> None:
    """Two scenes of a dropped file, of which one says that it is where the map is empty."""
    url = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items"
    here, there = (requests.get(f"{url}/{name}", timeout=10).json() for name in (EARLIER, SCENE))
    west, south, east, north = there["bbox"]
    there["bbox"] = [west + 0.2, south, east + 0.2, north]
    there["geometry"]["coordinates"] = [[[x + 0.2, y] for x, y in there["geometry"]["coordinates"][0]]]
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.evaluate(DROP, json.dumps({"type": "FeatureCollection", "features": [here, there]}))
    seen.tiles(EARLIER)
    for _ in range(3):
        page.get_by_role("button", name="Zoom out").click()
        seen.quiet()
    zoom, _, longitude = (float(each) for each in seen.state()["at"][0].split("/"))
    box = page.locator("#map").bounding_box()
    x = box["x"] + box["width"] / 2 + ((west + east) / 2 + 0.2 - longitude) * 256 * 2**zoom / 360
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_selector("#tip:not([hidden])")
    assert page.locator("#tip").inner_text().startswith("20 Nov 2019")
    page.mouse.click(x, y)
    seen.tiles(SCENE)
    assert seen.state()["scene"] == [SCENE]
    assert page.locator("#inspect").is_hidden()
    assert not seen.complaints


def test_a_key_behind_the_address_opens_everything_that_the_page_asks_for(visit: Any) -> None:
    secret = "a key for the page alone"
    entry = f"page:{hashlib.sha256(secret.encode()).hexdigest()}"
    with serving(Settings(sample=True, api_keys=(entry,))) as base:
        item = f"{base}/v0/collections/sentinel-s2-l2a-cogs/items/{SCENE}"
        seen = visit(f"{base}/stac/viewer?url={item}&access_token={secret}")
        assert seen.tiles(SCENE)
        seen.page.locator("#map").click(position={"x": 400, "y": 400})
        seen.page.wait_for_selector("#inspect table")
        assert seen.state()["access_token"] == [secret]
        assert not seen.complaints


def test_behind_a_path_prefix_everything_still_comes(visit: Any, sample_server: str) -> None:
    """A proxy that passes the host on, takes /swath away and says so, as nginx would."""
    outside = "http://maps.test/swath"
    told = {"Host": "maps.test", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/swath"}

    def forward(route: Any) -> None:
        inside = route.request.url.replace(outside, sample_server, 1)
        route.fulfill(response=route.fetch(url=inside, headers=route.request.headers | told))

    seen = visit(f"{outside}/", prepare=lambda page: page.route("http://maps.test/**", forward))
    assert all(tile.startswith(f"{outside}/stac/tiles/") for tile in seen.tiles())
    seen.page.get_by_role("button", name="Use this map").click()
    assert seen.page.locator("#use-text").inner_text().startswith(f"{outside}/stac/tiles/")
    assert not seen.strangers(outside)
    assert not seen.complaints


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/stac/WebMercatorQuad/map.html", "&assets=B04&assets=B03&assets=B02&rescale=0,3000", "rescale=0%2C3000"),
        ("/cog/viewer", "&bidx=1&rescale=0,255", "/cog/tiles/"),
    ],
)
def test_addresses_of_maps_show_the_dataset_on_the_page(
    visit: Any, sample_server: str, path: str, query: str, word: str
) -> None:
    scene = f"sentinel-s2-l2a-cogs/{{}}{SCENE}"
    item = f"{sample_server}/v0/collections/{scene.format('items/')}"
    url = f"{sample_server}/samples/{scene.format('')}/visual.tif" if path.startswith("/cog") else item
    seen = visit(f"{sample_server}{path}?url={url}{query}")
    assert urls(seen.tiles(word)) == {url}
    assert seen.picture().std(axis=(0, 1)).min() > 5
    assert not seen.strangers(sample_server)
    assert not seen.complaints


STRANGERS = (
    "s2-v0-full/S2A_29RKH_20200219_0_L2A/item.local.json",  # twelve assets, a ready-made picture
    "landsat-c2-l2/LC08_L2SP_001062_20201031/item.SR.local.json",  # 16 bit in strips, an offset
    "landsat-c2-l2/LC08_L2SP_001062_20201031/item.ST.local.json",  # one band of 16 bit
    "dem/Copernicus_DSM_COG_10_N00_00_E006_00_DEM.tif",  # float
    "rasters/cog_cmap.tif",  # categorical
    "naip/m_3008501_ne_16_1_20110815.tif",  # four bands of bytes
)


MANY = "many/item.json"
HALF_THERE = "s2-timeseries/S2A_33TWM_20230815_0_L2A/item.v1.json"
"""35 assets, of which five can be opened; the ready-made picture is none of them."""
BANDS = "AOT B01 B02 B03 B04 B08 B09 B11 B12 B8A SCL TCI".split()


def item_of_36_assets(files: Upstream) -> bytes:
    """Every band of a real scene under three keys that tell nothing, without names, roles or a geometry."""
    folder = "/s2-v0-full/S2A_29RKH_20200219_0_L2A"
    hrefs = [files.url(f"{folder}/{band}.tif") for band in BANDS * 3]
    assets = {f"{n:02}": {"href": href, "type": "image/tiff"} for n, href in enumerate(hrefs)}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "many", "geometry": None, "links": []}
    return json.dumps({**item, "properties": {"datetime": None}, "assets": assets}).encode()


@pytest.fixture(scope="module")
def files() -> Iterator[Upstream]:
    with upstream(DATA) as server:
        server.reply(f"/{MANY}", lambda asked: item_of_36_assets(server))
        yield server


@pytest.fixture(scope="module")
def stranger(files: Upstream) -> Iterator[str]:
    with serving(Settings(allow_hosts=files.host)) as base:
        yield base


@needs_shared
def test_a_strangers_data_is_shown_sensibly_without_touching_a_control(
    visit: Any, stranger: str, files: Upstream
) -> None:
    seen = visit(stranger)
    for source in (*STRANGERS, MANY):
        open_source(seen, files.url(f"/{source}"))
        seen.tiles(source.split("/")[-1])
        shown = seen.picture(380, 20, 820, 600)
        assert shown.std() > 12, f"{source} is of one colour"
        assert 25 < shown.mean() < 235, f"{source} is black, or white"
    assert not seen.complaints


BROKEN = """() => [...document.querySelectorAll(".preset img")]
    .filter((image) => image.hasAttribute("src") && !image.naturalWidth).length"""


@needs_shared
def test_of_an_item_that_is_half_there_what_can_be_opened_is_shown(visit: Any, stranger: str, files: Upstream) -> None:
    seen = visit(stranger)
    with offline():
        open_source(seen, files.url(f"/{HALF_THERE}"))
        tiles = seen.tiles("item.v1.json")
        seen.page.wait_for_function(f"() => ({BROKEN})() === 0")
    assert {tuple(parse_qs(urlsplit(tile).query)["assets"]) for tile in tiles} == {("red", "green", "blue")}
    assert seen.picture().std() > 30
    assert seen.page.locator(".preset").count() > seen.page.locator(".preset img[src]").count() > 2
    assert not seen.own_complaints


@needs_shared
def test_what_has_no_place_on_a_map_is_told_in_the_servers_words(visit: Any, stranger: str, files: Upstream) -> None:
    seen = visit(stranger)
    open_source(seen, files.url("/rasters/rasterio_float_nan.tif"))
    seen.page.wait_for_selector("#error:not([hidden])")
    assert "no coordinate reference system" in seen.page.locator("#error").inner_text()
    assert not seen.own_complaints
