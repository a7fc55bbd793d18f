"""The first page and the API documentation, as a person meets them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import morecantile
import numpy as np
import pytest
from PIL import Image

from app.settings import Settings
from tests.serving import serving

MIDDLE = {"x": 480, "y": 400}


@pytest.fixture(scope="module")
def plain_server() -> Iterator[str]:
    with serving(Settings(sample=False)) as base:
        yield base


def parameters(tile: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tile).query)


def picture(visit: Any) -> np.ndarray:
    """What the map shows, as (y, x, rgb)."""
    return np.asarray(Image.open(io.BytesIO(visit.page.locator("#map").screenshot())).convert("RGB"))


def test_the_newest_clear_scene_is_drawn_at_once_from_this_server_alone(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    tiles = seen.tiles()
    assert all("S2B_36RTT_20191205_0_L2A" in parameters(tile)["url"][0] for tile in tiles)
    assert picture(seen).std(axis=(0, 1)).min() > 20, "one colour is no picture"
    assert seen.page.locator("#scene-list button").count() == 24
    assert seen.page.locator("#scene-list [aria-current]").inner_text().startswith("5 December 2019")
    assert not seen.strangers(sample_server)
    assert not seen.complaints


def test_a_click_on_a_scene_and_on_a_preset_changes_the_tiles(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    seen.tiles()
    natural = picture(seen)
    seen.page.get_by_role("button", name="22 August 2019").click()
    seen.tiles("_20190822_")
    august = picture(seen)
    seen.page.get_by_role("button", name="NDVI").click()
    seen.tiles("colormap_name=rdylgn")
    seen.page.get_by_role("button", name="viridis").click()
    seen.tiles("colormap_name=viridis")
    seen.page.get_by_role("button", name="False colour infrared").click()
    assert all("20190822" in tile for tile in seen.tiles("assets=B08%2CB04%2CB03"))
    assert np.abs(natural.astype(int) - august).mean() > 3
    assert np.abs(august.astype(int) - picture(seen)).mean() > 10
    assert not seen.complaints


def test_a_click_on_the_map_shows_the_values_that_the_server_gives(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    seen.tiles()
    with seen.page.expect_response(lambda answer: "/stac/point/" in answer.url) as asked:
        seen.page.locator("#map").click(position=MIDDLE)
    blue, _, red, nir, _ = asked.value.json()["values"]
    seen.page.wait_for_selector("#popup table")
    words = seen.page.locator("#popup").inner_text()
    assert f"{blue}" in words
    assert f"{(nir - red) / (nir + red):.2f}" in words.replace("−", "-")
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#popup").is_hidden()


def test_the_map_is_moved_and_zoomed_by_mouse_and_keyboard_and_the_address_keeps_it(
    visit: Any, sample_server: str
) -> None:
    seen = visit(sample_server)
    seen.tiles()
    seen.page.wait_for_function("() => location.hash.includes('at=')")

    def view() -> list[float]:
        seen.page.wait_for_timeout(600)
        return [float(part) for part in parse_qs(seen.page.evaluate("location.hash.slice(1)"))["at"][0].split("/")]

    start = view()
    seen.page.mouse.move(800, 400)
    seen.page.mouse.down()
    seen.page.mouse.move(700, 400, steps=4)
    seen.page.mouse.up()
    dragged = view()
    assert dragged[2] > start[2], "dragged to the left, the map shows what is in the east"
    assert dragged[:2] == start[:2]
    assert seen.page.locator("#popup").is_hidden(), "a drag is no click"
    seen.page.mouse.wheel(0, -200)
    wheeled = view()
    assert wheeled[0] > dragged[0]
    seen.page.locator("#map").focus()
    seen.page.keyboard.press("-")
    pressed = view()
    assert pressed[0] == pytest.approx(wheeled[0] - 1, abs=0.02)
    seen.page.keyboard.press("ArrowUp")
    assert view()[1] > pressed[1]
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#popup table")
    seen.page.get_by_role("button", name="NDVI").click()
    seen.tiles()
    there = view()
    seen.page.reload()
    seen.tiles()
    assert view() == there
    assert seen.page.get_by_role("button", name="NDVI").get_attribute("aria-pressed") == "true"


def test_tiles_stay_inside_the_bounds_and_the_zooms_of_the_tilejson(visit: Any, sample_server: str) -> None:
    seen = visit(f"{sample_server}#at=17/29.54/30.80")
    seen.tiles("/14/")
    seen.page.locator("#zoom-fit").click()
    seen.tiles("/13/")
    described = seen.page.request.get(seen.page.locator("#tilejson").input_value()).json()
    assert described["maxzoom"] == 14
    inside = {(tile.x, tile.y) for tile in morecantile.tms.get("WebMercatorQuad").tiles(*described["bounds"], [13])}
    drawn = {tuple(int(part.split("@")[0]) for part in urlsplit(tile).path.split("/")[5:7]) for tile in seen.tiles()}
    assert drawn == inside
    assert not seen.complaints


def test_a_sharp_screen_gets_tiles_of_512_pixels(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server, device_scale_factor=2)
    assert all("@2x" in tile for tile in seen.tiles())
    assert seen.page.eval_on_selector("#map img", "image => image.naturalWidth") == 512


def test_an_item_that_cannot_be_opened_is_answered_in_the_servers_words(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    seen.tiles()
    seen.page.get_by_text("Open an item of your own", exact=True).click()
    seen.page.get_by_label("STAC item URL").fill("http://10.0.0.1/item.json")
    with seen.page.expect_response(lambda answer: "/stac/tilejson.json" in answer.url) as asked:
        seen.page.get_by_role("button", name="Open", exact=True).click()
    seen.page.wait_for_selector("#error:not([hidden])")
    assert seen.page.locator("#error").inner_text() == asked.value.json()["detail"]
    assert all("S2B_36RTT_20191205_0_L2A" in tile for tile in seen.tiles()), "the map stays"


def test_an_item_url_is_opened_with_its_assets_and_can_be_shared(visit: Any, sample_server: str) -> None:
    item = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/S2A_36RTT_20191120_0_L2A"
    seen = visit(sample_server)
    seen.tiles()
    seen.page.get_by_text("Open an item of your own", exact=True).click()
    seen.page.get_by_label("STAC item URL").fill(item)
    seen.page.get_by_label("Assets").fill("B08")
    seen.page.get_by_label("Options").fill("rescale=0,6000")
    seen.page.get_by_role("button", name="Open", exact=True).click()
    seen.page.wait_for_function("() => location.hash.includes('url=')")
    seen.tiles("rescale=0%2C6000")
    assert parameters(seen.page.locator("#tilejson").input_value())["url"] == [item]
    shared = visit(seen.page.url)
    assert {parameters(tile)["assets"][0] for tile in shared.tiles()} == {"B08"}
    assert not seen.complaints + shared.complaints


def test_the_addresses_to_take_away_work_elsewhere(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    seen.tiles()
    template = seen.page.locator("#xyz").input_value()
    assert template.startswith(f"{sample_server}/stac/tiles/")
    answers = [
        seen.page.request.get(template.replace("{z}", "13").replace("{x}", "4797").replace("{y}", "3391")),
        seen.page.request.get(seen.page.locator("#tilejson").input_value()),
    ]
    assert all(answer.ok for answer in answers)
    assert answers[1].json()["tiles"] == [template]
    assert seen.page.locator("#notebook").input_value() == (
        f'titiler_endpoint = "{sample_server}/"\nstac_endpoint = "{sample_server}/v0/search"'
    )
    seen.page.get_by_role("button", name="Copy the XYZ template").click()
    seen.page.get_by_text("Copied", exact=True).wait_for()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_narrow_screen_has_no_horizontal_scroll_and_reaches_everything(
    visit: Any, sample_server: str, color_scheme: str
) -> None:
    seen = visit(sample_server, width=390, height=844, color_scheme=color_scheme, has_touch=True, is_mobile=True)
    seen.tiles()
    seen.page.get_by_role("button", name="NDVI").tap()
    seen.tiles()
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert seen.page.locator("#map").bounding_box()["height"] > 400
    seen.page.locator("#map").tap(position={"x": 180, "y": 330})
    seen.page.wait_for_selector("#popup table")
    box = seen.page.locator("#popup").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert not seen.complaints


def test_without_the_sample_the_page_says_how_to_get_it(visit: Any, plain_server: str) -> None:
    seen = visit(plain_server)
    seen.page.get_by_text("swath serve --sample").wait_for()
    assert seen.page.get_by_label("STAC item URL").is_visible()
    assert not seen.complaints
    assert not seen.strangers(plain_server)


def test_behind_a_path_prefix_everything_still_comes(visit: Any, sample_server: str) -> None:
    """A proxy that passes the host on, takes /swath away and says so, as nginx would."""
    outside = "http://maps.test/swath"
    told = {"Host": "maps.test", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/swath"}

    def forward(route: Any) -> None:
        inside = route.request.url.replace(outside, sample_server, 1)
        route.fulfill(response=route.fetch(url=inside, headers=route.request.headers | told))

    def proxy(page: Any) -> None:
        page.route("http://maps.test/**", forward)

    seen = visit(f"{outside}/", prepare=proxy)
    assert all(tile.startswith(f"{outside}/stac/tiles/") for tile in seen.tiles())
    assert seen.page.locator("#xyz").input_value().startswith(f"{outside}/stac/tiles/")
    assert not seen.strangers(outside)
    assert not seen.complaints


def test_every_control_can_be_reached_by_tab_and_has_a_name(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    seen.tiles()
    nameless = seen.page.eval_on_selector_all(
        "button, input, textarea, a, summary, [role=application]",
        "found => found.filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)",
    )
    assert not nameless
    reached = set()
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        reached.add(seen.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"map", "True colour", "zoom-in", "zoom-fit", "xyz", "Use this map", "Open an item of your own"} <= reached


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_api_documentation_is_drawn_from_this_server_alone_and_can_be_tried(
    visit: Any, sample_server: str, color_scheme: str
) -> None:
    seen = visit(f"{sample_server}/docs", color_scheme=color_scheme)
    seen.page.get_by_text("Where the tiles of a dataset are").wait_for()
    seen.page.get_by_role("button", name="/{ds}/bounds").first.click()
    seen.page.get_by_role("button", name="Try it out").click()
    with seen.page.expect_response(lambda answer: "/stac/bounds" in answer.url) as asked:
        seen.page.get_by_role("button", name="Execute").click()
    assert asked.value.status == 200
    assert not seen.strangers(sample_server)
    assert not seen.complaints


@pytest.mark.parametrize(
    ("path", "query", "word"),
    [
        ("/stac/WebMercatorQuad/map.html", "&assets=B04&assets=B03&assets=B02&rescale=0,3000", "/stac/tiles/"),
        ("/stac/map", "&expression=(B08-B04)/(B08%2BB04)&rescale=-1,1&colormap_name=viridis", "colormap_name=viridis"),
        ("/cog/viewer", "&bidx=1&rescale=0,255", "/cog/tiles/"),
    ],
)
def test_addresses_of_maps_show_the_dataset_on_the_page(
    visit: Any, sample_server: str, path: str, query: str, word: str
) -> None:
    scene = "sentinel-s2-l2a-cogs/{}S2B_36RTT_20191205_0_L2A"
    item = f"{sample_server}/v0/collections/{scene.format('items/')}"
    url = f"{sample_server}/samples/{scene.format('')}/visual.tif" if path.startswith("/cog") else item
    seen = visit(f"{sample_server}{path}?url={url}{query}")
    assert all(parameters(tile)["url"] == [url] for tile in seen.tiles(word))
    assert picture(seen).std(axis=(0, 1)).min() > 5
    seen.page.locator("#map").click(position=MIDDLE)
    seen.page.locator("#popup-values td").first.wait_for()
    assert not seen.strangers(sample_server)
    assert not seen.complaints
    again = visit(seen.page.url)
    assert all(parameters(tile)["url"] == [url] for tile in again.tiles(word))
