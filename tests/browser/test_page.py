"""The page with the sample catalogue, used as a person would."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from app.settings import Settings
from tests.serving import serving

NEWEST_CLEAR = "S2B_36RTT_20191205_0_L2A"
MIDDLE = {"x": 500, "y": 360}


@pytest.fixture(scope="module")
def plain_server() -> Iterator[str]:
    with serving(Settings(sample=False)) as base:
        yield base


def words(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def layer(seen: Any, number: int = 0) -> dict[str, list[str]]:
    """What the address says of one layer."""
    return parse_qs(seen.state()["layer"][number])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def saved_picture(seen: Any) -> np.ndarray:
    """The picture that 'PNG' saves, cut as ``Visit.picture`` cuts the screen."""
    frame = seen.page.locator("#map").bounding_box()
    with seen.page.expect_download() as saved:
        seen.page.get_by_role("button", name="PNG").click()
    whole = np.asarray(Image.open(saved.value.path()).convert("RGB")).astype(int)
    left, top = 420 - round(frame["x"]), 60 - round(frame["y"])
    return whole[top : top + 420, left : left + 480]


def test_the_newest_clear_scene_is_drawn_at_once_by_this_server_alone(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    tiles = seen.tiles("/stac/tiles/")
    assert all(NEWEST_CLEAR in words(tile)["url"][0] for tile in tiles)
    assert seen.page.locator("#scene-title").inner_text() == "5 December 2019"
    assert seen.page.locator("#ticks .tick").count() == 24
    shown = seen.picture()
    assert shown.std(axis=(0, 1)).min() > 20, "one colour is no picture"
    assert difference(shown, saved_picture(seen)) < 6, "every pixel is where the server's own crop has it"
    assert not seen.strangers(sample_server)
    assert not seen.complaints


def test_looks_ramps_handles_and_formulas_change_the_tiles(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    before = seen.picture()
    page.get_by_role("button", name="Vegetation index").first.click()
    seen.tiles("colormap_name=viridis")
    ndvi = seen.picture()
    assert difference(before, ndvi) > 30
    page.get_by_role("group", name="Often used ramps").get_by_role("button", name="magma").click()
    seen.tiles("colormap_name=magma")
    page.get_by_role("button", name="Turn the ramp around").click()
    seen.tiles("colormap_name=magma_r")
    high = page.get_by_role("slider", name="Value of the brightest colour")
    high.focus()
    for _ in range(3):
        page.keyboard.press("PageDown")
    seen.tiles()
    low_high = [float(each) for each in layer(seen)["rescale"][0].split(",")]
    assert low_high[0] == -1
    assert 0.2 < low_high[1] < 0.8

    formula = page.get_by_role("combobox", name="Formula of bands")
    formula.fill("")
    formula.type("(B0")
    assert page.locator("#formula-offer li").count() == 4
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("-B08)/2")
    seen.tiles("expression=%28B02-B08%29%2F2")
    assert page.locator("#formula-said").inner_text() == "Understood"
    with page.expect_response(lambda answer: "/stac/explain" in answer.url) as asked:
        formula.fill("B02-B99")
    page.wait_for_function("() => document.querySelector('#formula-said.bad')")
    assert page.locator("#formula-said").inner_text() == asked.value.json()["detail"]
    assert layer(seen)["expression"] == ["(B02-B08)/2"], "what cannot be drawn changes nothing"
    assert not seen.own_complaints


def test_bands_stretches_and_layers_change_the_tiles(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.get_by_label("Band shown as red").select_option(label="B08 nir")
    seen.tiles("assets=B08&assets=B03&assets=B02")
    assert "color_formula" in layer(seen), "three other bands are shown in the same way"
    page.get_by_role("button", name="Percentiles").click()
    page.locator("#stretch-low").fill("10")
    page.locator("#stretch-low").press("Enter")
    seen.tiles("rescale=auto%3A10%2C95")
    page.get_by_label("Colour formula").fill("Gamma RGB 2 Saturation 1.2")
    seen.tiles("color_formula=Gamma+RGB+2+Saturation+1.2")

    below = seen.picture()
    page.get_by_role("button", name="Add").click()
    seen.quiet()
    assert difference(below, seen.picture()) > 10, "the new layer lies above"
    page.get_by_label("Opacity of True colour").press("Home")
    seen.quiet()
    assert difference(below, seen.picture()) < 1
    page.locator("#layer-list button", has_text="B08").click()
    page.get_by_role("button", name=re.compile("Move .*B08.* up")).click()
    assert [parse_qs(each).get("assets") for each in seen.state()["layer"]] == [
        ["B08", "B03", "B02"],
        ["B04", "B03", "B02"],
    ]
    page.get_by_role("button", name="Remove True colour").click()
    assert len(seen.state()["layer"]) == 1

    credit = page.locator("#credit")
    assert credit.inner_text() == "Swath sample (synthetic)"
    page.get_by_role("button", name=re.compile("^Show B08")).click()
    page.wait_for_function("() => document.querySelector('#credit').textContent === ''")
    page.get_by_role("button", name=re.compile("^Show B08")).click()
    credit.get_by_text("Swath sample (synthetic)").wait_for()
    assert not seen.complaints


def test_a_click_tells_the_values_a_legend_the_colours_and_a_handle_compares_two_dates(
    visit: Any, sample_server: str
) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.get_by_role("button", name="Vegetation index").first.click()
    seen.tiles("expression=")
    assert page.locator("#legend").inner_text().split("\n")[1:] == ["−1", "−0.5", "0", "0.5", "1"]
    with page.expect_response(lambda answer: "/stac/point/" in answer.url and "B02" in answer.url) as asked:
        page.locator("#map").click(position=MIDDLE)
    blue, _, red, nir, _ = asked.value.json()["values"]
    page.wait_for_selector("#inspect table .computed")
    told = page.locator("#inspect").inner_text()
    assert f"{blue}" in told
    assert f"{(nir - red) / (nir + red):.4g}" in told.replace("−", "-")
    assert page.locator("#inspect .spectrum circle").count() == 4
    page.keyboard.press("Escape")
    assert page.locator("#inspect").is_hidden()

    left = seen.picture(400, 100, 200, 300)
    right = seen.picture(900, 100, 200, 300)
    page.get_by_role("button", name="Compare two dates").click()
    other = seen.tiles()[0]
    assert NEWEST_CLEAR not in other
    assert difference(left, seen.picture(400, 100, 200, 300)) < 1, "left of the handle nothing changed"
    assert difference(right, seen.picture(900, 100, 200, 300)) > 10
    handle = page.get_by_role("slider", name="Border between")
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 18, box["y"] + 18)
    page.mouse.down()
    page.mouse.move(1160, 300, steps=3)
    page.mouse.up()
    page.wait_for_timeout(400)
    assert difference(right, seen.picture(900, 100, 200, 300)) < 1
    handle.press("ArrowLeft")
    assert float(parse_qs(seen.state()["compare"][0])["_at"][0]) < 0.95
    page.locator("#compare-look").select_option(label="True colour")
    seen.tiles("color_formula=")
    assert "compare" in seen.state()
    again = visit(page.url)
    assert {"color_formula" in tile for tile in again.tiles("color_formula")} == {True, False}
    assert not seen.complaints + again.complaints


def test_the_slider_the_filter_and_the_player_go_through_the_scenes(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.get_by_label("Scene", exact=True).press("ArrowLeft")
    seen.tiles("20191120")
    assert page.locator("#scene-title").inner_text() == "20 November 2019"
    page.locator("#ticks .tick").last.click()
    seen.tiles("20190109")
    page.get_by_role("slider", name=re.compile("Cloud")).fill("5")
    found = requests.get(
        f"{sample_server}/search/items",
        params={"api": f"{sample_server}/v0", "filter": "eo:cloud_cover <= 5"},
        timeout=10,
    )
    clear = {feature["id"] for feature in found.json()["features"]}
    assert page.locator("#count").inner_text() == f"{len(clear)} of 24 scenes"
    seen.tiles()
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(4500)
    page.get_by_role("button", name="Pause").click()
    played = {urlsplit(words(tile)["url"][0]).path.rsplit("/", 1)[1] for tile in seen.tiles()}
    assert len(played) > 1
    assert played <= clear
    assert not seen.complaints


def test_an_area_is_measured_on_all_dates_drawn_as_a_chart_and_saved_as_csv(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.get_by_role("button", name="Vegetation index").first.click()
    page.get_by_role("slider", name=re.compile("Cloud")).fill("20")
    page.get_by_label("Leave out clouds").check()
    seen.tiles("mask=SCL%3A3%2C8%2C9%2C10")
    page.get_by_role("button", name="Draw an area").click()
    for corner in ((700, 300), (860, 300), (860, 420)):
        page.mouse.click(*corner)
        page.wait_for_timeout(300)  # two clicks at once would be a double click
    page.mouse.dblclick(700, 420)
    page.wait_for_selector("#series-csv:not([disabled])")
    page.wait_for_selector("#series-chart canvas")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(saved.value.path().read_text().splitlines()))
    assert page.locator("#count").inner_text().startswith(f"{len(rows)} of 24")
    assert [row["datetime"] for row in rows] == sorted(row["datetime"] for row in rows)
    ring = [[float(each) for each in place.split(",")] for place in seen.state()["area"][0].split(";")]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
    item = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/{rows[3]['id']}"
    query = {"url": item, "expression": "(B08-B04)/(B08+B04)", "mask": "SCL:3,8,9,10"}
    alone = requests.post(f"{sample_server}/stac/statistics", params=query, json=shape, timeout=10).json()
    numbers = alone["properties"]["statistics"]["b1"]
    assert float(rows[3]["mean"]) == pytest.approx(numbers["mean"], abs=1e-6)
    assert float(rows[3]["std"]) == pytest.approx(numbers["std"], abs=1e-6)
    means = [float(row["mean"]) for row in rows]
    assert f"{len(rows)} dates" in page.locator("#series-chart").get_attribute("aria-label")
    assert f"{max(means):.4g}" in page.locator("#series-chart").get_attribute("aria-label")

    box = page.locator("#series-chart .u-over").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 60)
    seen.tiles(rows[0]["id"])
    page.get_by_role("button", name="Take the middle of the map").click()
    page.wait_for_selector("#series-csv:not([disabled])")
    assert page.get_by_role("button", name="Cancel").is_hidden()
    page.route("**/timeseries/statistics?*", lambda route: None)  # never answered
    page.get_by_role("button", name="True colour").first.click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled", exact=True).wait_for()
    page.get_by_role("button", name="Forget the area").click()
    assert "area" not in seen.state()
    assert not seen.complaints


def test_a_chart_whose_library_does_not_come_says_so_and_is_drawn_once_it_does(visit: Any, sample_server: str) -> None:
    area = "30.82,29.46;30.86,29.46;30.86,29.50;30.82,29.50"
    library = re.compile(r"/js/over/chart\.js")
    seen = visit(f"{sample_server}/#area={area}", prepare=lambda page: page.route(library, lambda route: route.abort()))
    page = seen.page
    told = page.locator("#series-told")
    told.get_by_text("The server does not answer. Is it still running?").wait_for()
    assert page.get_by_role("button", name="Cancel").is_hidden()
    assert not any("/timeseries/" in url for url in seen.requests), "nothing is measured that cannot be shown"
    page.unroute(library)
    page.get_by_role("button", name="Vegetation index").first.click()
    page.wait_for_selector("#series-chart canvas")
    assert [line for line in seen.complaints if "ERR_FAILED" not in line] == []


def test_what_is_shown_can_be_taken_away_and_comes_back_from_its_address(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server)
    page = seen.page
    seen.tiles()
    page.get_by_role("button", name="False colour").click()
    seen.tiles("B08")
    page.mouse.move(700, 400)
    page.mouse.down()
    page.mouse.move(600, 380, steps=4)
    page.mouse.up()
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.wait_for_timeout(600)
    seen.tiles("B08")
    assert "at" in seen.state()
    again = visit(page.url)
    again.tiles("B08")
    assert again.state() == seen.state()
    assert difference(seen.picture(), again.picture()) < 2
    page.get_by_role("button", name="Use this map").click()
    template = page.locator("#use-text").inner_text()
    assert template.startswith(f"{sample_server}/stac/tiles/")
    assert requests.get(template.format(z=13, x=4797, y=3391), timeout=10).ok
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="XYZ tiles").press("ArrowDown")
    tilejson = requests.get(page.locator("#use-text").inner_text(), timeout=10).json()
    assert tilejson["tiles"] == [template]
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied", exact=True).wait_for()
    page.keyboard.press("Escape")
    with page.expect_download() as saved:
        page.get_by_role("button", name="GeoTIFF").click()
    assert saved.value.path().read_bytes()[:4] in (b"II*\0", b"MM\0*")
    assert not seen.complaints + again.complaints


def test_a_phone_shows_everything_without_scrolling_sideways(visit: Any, sample_server: str) -> None:
    seen = visit(sample_server, width=390, height=844, color_scheme="dark", has_touch=True, is_mobile=True)
    page = seen.page
    seen.tiles()
    page.get_by_role("button", name="Vegetation index").first.tap()
    seen.tiles("expression")
    page.locator("#map").tap(position={"x": 180, "y": 330})
    page.wait_for_selector("#inspect table")
    page.get_by_role("button", name="Compare two dates").tap()
    seen.tiles()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for each in ("#inspect", "#compare-card", "#legend", "#timeline", "#take"):
        box = page.locator(each).bounding_box()
        assert box["x"] >= 0, each
        assert box["x"] + box["width"] <= 390, each
    assert page.locator("#map").bounding_box()["height"] > 400
    assert seen.picture(40, 150, 140, 200).std() > 10
    assert serious(page) == []
    assert not seen.complaints


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_everybody_can_use_it_says_axe_and_every_control_is_reached_by_tab(
    visit: Any, sample_server: str, color_scheme: str
) -> None:
    seen = visit(sample_server, color_scheme=color_scheme)
    page = seen.page
    seen.tiles()
    page.locator("#map").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#inspect table")
    page.get_by_role("button", name="Compare two dates").click()
    seen.tiles()
    if color_scheme == "light":
        reached = set()
        page.evaluate("document.activeElement.blur()")
        for _ in range(70):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        wanted = {
            "map",
            "source",
            "zoom-in",
            "compare",
            "draw-middle",
            "swipe-handle",
            "time",
            "cloud",
            "play",
            "True colour",
        }
        assert wanted | {"use-open", "color-formula", "theme", "add-layer"} <= reached
    else:
        page.get_by_role("button", name="Use this map").click()
    assert serious(page) == []
    assert not seen.complaints


def serious(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core holds to be a serious hindrance, and where."""
    found = Axe().run(page).response["violations"]
    grave = [each for each in found if each["impact"] in ("serious", "critical")]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave]


def test_the_api_documentation_is_drawn_from_this_server_alone_and_can_be_tried(visit: Any, sample_server: str) -> None:
    seen = visit(f"{sample_server}/docs", color_scheme="dark")
    seen.page.get_by_text("Where the tiles of a dataset are").wait_for()
    seen.page.get_by_role("button", name="/{ds}/bounds").first.click()
    seen.page.get_by_role("button", name="Try it out").click()
    with seen.page.expect_response(lambda answer: "/stac/bounds" in answer.url) as asked:
        seen.page.get_by_role("button", name="Execute").click()
    assert asked.value.status == 200
    assert not seen.strangers(sample_server)
    assert not seen.complaints


def test_without_the_sample_the_page_says_how_to_get_it(visit: Any, plain_server: str) -> None:
    seen = visit(plain_server)
    seen.page.get_by_text("swath serve --sample").wait_for()
    assert seen.page.get_by_label("STAC item, collection, search or COG").is_visible()
    assert not seen.complaints
    assert not seen.strangers(plain_server)
