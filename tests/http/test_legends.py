"""Legends tell what the tiles of the same query show."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image
from rasterio.transform import from_origin
from rio_tiler.colormap import cmap

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
SIDE = 64


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    """Every value from 0 to 4095."""
    return np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, values: np.ndarray) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("legends")
    profile = {
        "driver": "GTiff",
        "width": SIDE,
        "height": SIDE,
        "crs": "EPSG:3857",
        "transform": from_origin(0, 0, 9, 9),
    }
    with rasterio.open(folder / "a.tif", "w", count=1, dtype="uint16", **profile) as dataset:
        dataset.write(values[np.newaxis])
    with rasterio.open(folder / "cover.tif", "w", count=1, dtype="uint8", **profile) as dataset:
        dataset.write((values % 3).astype(np.uint8)[np.newaxis])
        dataset.write_colormap(1, {0: (0, 100, 0, 255), 1: (200, 0, 0, 255), 2: (0, 0, 250, 255)})
    with rasterio.open(folder / "four.tif", "w", count=2, dtype="uint8", **profile) as dataset:
        dataset.write(np.zeros((2, SIDE, SIDE), np.uint8))
    with rasterio.open(folder / "a&b'c.tif", "w", count=1, dtype="uint16", **profile) as dataset:
        dataset.write(values[np.newaxis])
    with serving(Settings(data_root=folder)) as url:
        yield url


def ask(base: str, kind: str = "json", name: str = "a", **query: object) -> requests.Response:
    return requests.get(f"{base}/cog/legend.{kind}", params={"url": f"{name}.tif", **query}, timeout=30)


def told(base: str, name: str = "a", **query: object) -> dict[str, object]:
    answer = ask(base, name=name, **query)
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def shown(base: str, name: str = "a", **query: object) -> np.ndarray:
    """The picture of the same query, as RGBA."""
    answer = requests.get(f"{base}/cog/preview.png", params={"url": f"{name}.tif", **query}, timeout=30)
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def color(text: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(text.removeprefix("#")))


def test_a_ramp_has_rescales_ends_and_the_colormaps_colours(base: str):
    body = told(base, rescale="0,3000", colormap_name="viridis")
    [ramp] = body["bars"]
    assert (body["kind"], body["title"], ramp["low"], ramp["high"]) == ("ramp", "a.tif", 0, 3000)
    assert [color(stop["color"]) for stop in ramp["stops"]] == [cmap.get("viridis")[value] for value in range(256)]
    assert [tick["value"] for tick in ramp["ticks"]] == [0, 1000, 2000, 3000]
    assert ramp["stops"][51]["value"] == pytest.approx(600)


RENDERS = [
    {"rescale": "0,3000", "colormap_name": "viridis"},
    {"rescale": "100,4000"},
    {"rescale": "0,4095", "color_formula": "gamma r 2.2 sigmoidal r 10 0.4"},
    {"expression": "b1/4095", "rescale": "0.1,0.9", "colormap_name": "magma"},
    {"expression": "b1-2000", "colormap_name": "rdylgn", "rescale": "-2000,2000"},
    {"colormap_name": "plasma"},
    {"rescale": "auto", "colormap_name": "viridis"},
    {"algorithm": "cast"},
    {"algorithm": "mean", "rescale": "0,4095", "colormap_name": "terrain"},
]


@pytest.mark.parametrize("render", RENDERS, ids=str)
def test_every_pixel_of_the_picture_has_the_legends_colour_of_its_value(
    base: str, values: np.ndarray, render: dict[str, str]
):
    """The value at which a colour begins is found in the legend; rounding may put a value onto the colour beside it."""
    [ramp] = told(base, **render)["bars"]
    data = values.astype(float)
    data = {"b1/4095": data / 4095, "b1-2000": data - 2000}.get(render.get("expression", ""), data)
    data = data % 256 if render.get("algorithm") == "cast" else data
    at = np.clip((data - ramp["low"]) / (ramp["high"] - ramp["low"]) * 255, 0, 255)
    colors = np.array([color(stop["color"]) for stop in ramp["stops"]], int)
    picture = shown(base, **render).astype(int)
    differences = [np.abs(colors[np.clip(at + more, 0, 255).astype(int)] - picture).max(axis=-1) for more in (-1, 0, 1)]
    assert np.min(differences, axis=0).max() <= (2 if "color_formula" in render else 0)
    assert (differences[1] == 0).mean() > 0.98


def test_intervals_are_classes_with_their_colours(base: str):
    colormap = '[[[0, 1000], "#ff0000"], [[1000, 3000], "#00ff00"], [[3000, Infinity], [0, 0, 255, 128]]]'
    body = told(base, colormap=colormap)
    assert (body["kind"], body["bars"]) == ("classes", [])
    assert [(each["label"], each["color"]) for each in body["classes"]] == [
        ("0 to 1000", "#ff0000ff"), ("1000 to 3000", "#00ff00ff"), ("3000 and more", "#0000ff80"),
    ]  # fmt: skip
    assert body["classes"][-1]["high"] is None


@pytest.mark.parametrize("table", ['{"1":[0,0,0,0]}', "[[[0,1],[0,0,0,0]]]"])
def test_where_every_colour_is_transparent_there_is_a_title_only(base: str, table: str):
    told = ask(base, colormap=table).json()
    assert (told["kind"], told["bars"], told["classes"]) == ("classes", [], [])
    assert told["title"].encode() in ask(base, "svg", colormap=table).content
    assert Image.open(io.BytesIO(ask(base, "png", colormap=table).content)).height < 60


def test_a_ramp_over_an_algorithms_own_range_ends_with_it(sample_server: str):
    query = {
        "url": sample_server + ITEM,
        "assets": "B04,B08",
        "algorithm": "normalizedIndex",
        "colormap_name": "rdylgn",
    }
    [bar] = requests.get(f"{sample_server}/stac/legend.json", params=query, timeout=30).json()["bars"]
    assert (bar["low"], bar["high"]) == (-1, 1)
    tile = requests.get(f"{sample_server}/stac/tiles/12/2398/1696.png", params=query, timeout=30)
    ranged = requests.get(
        f"{sample_server}/stac/tiles/12/2398/1696.png", params={**query, "rescale": "-1,1"}, timeout=30
    )
    pictures = [np.asarray(Image.open(io.BytesIO(each.content)).convert("RGB")) for each in (tile, ranged)]
    assert np.array_equal(*pictures)
    assert np.ptp(pictures[0]) > 50


def test_of_more_ranges_than_bands_the_first_is_the_bands(base: str):
    """As pictures take it: leafmap gives those of all bands of a file."""
    [bar] = ask(base, rescale=["0,3000", "0,2000"]).json()["bars"]
    assert (bar["low"], bar["high"]) == (0, 3000)


def test_a_files_own_colours_are_classes(base: str):
    body = told(base, "cover")
    assert [(each["low"], each["color"]) for each in body["classes"]] == [
        (0, "#006400ff"), (1, "#c80000ff"), (2, "#0000faff"),
    ]  # fmt: skip
    assert told(base, "cover", rescale="0,2")["kind"] == "ramp"


def test_red_green_and_blue_are_named_with_their_ranges(sample_server: str):
    query = {"url": sample_server + ITEM, "assets": "B04,B03,B02", "rescale": ["0,3000", "0,2000", "0,1000"]}
    body = requests.get(f"{sample_server}/stac/legend.json", params=query, timeout=30).json()
    assert (body["kind"], body["title"]) == ("channels", "S2B_36RTT_20191205_0_L2A")
    assert [(bar["name"], bar["low"], bar["high"]) for bar in body["bars"]] == [
        ("Red: B04", 0, 3000), ("Green: B03", 0, 2000), ("Blue: B02", 0, 1000),
    ]  # fmt: skip
    assert [bar["stops"][-1]["color"] for bar in body["bars"]] == ["#ff0000ff", "#00ff00ff", "#0000ffff"]


def test_a_render_of_the_item_has_a_legend(sample_server: str):
    query = {"url": sample_server + ITEM, "render": "ndvi"}
    body = requests.get(f"{sample_server}/stac/legend.json", params=query, timeout=30).json()
    assert (body["title"], body["bars"][0]["low"], body["bars"][0]["high"]) == ("(B08-B04)/(B08+B04)", -1, 1)


def test_pictures_have_a_type_a_size_by_scale_and_a_tag(base: str):
    query = {"rescale": "0,3000", "colormap_name": "viridis"}
    one, two = (ask(base, "png", scale=scale, **query) for scale in (1, 2))
    sizes = [Image.open(io.BytesIO(answer.content)).size for answer in (one, two)]
    assert sizes[1] == (2 * sizes[0][0], 2 * sizes[0][1])
    svg = ask(base, "svg", orientation="vertical", **query)
    assert (one.headers["Content-Type"], svg.headers["Content-Type"]) == ("image/png", "image/svg+xml")
    assert "sandbox" in svg.headers["Content-Security-Policy"]
    assert len({answer.headers["ETag"] for answer in (one, two, svg)}) == 3
    again = requests.get(one.url, headers={"If-None-Match": one.headers["ETag"]}, timeout=30)
    assert (again.status_code, again.content) == (304, b"")


def test_a_tiles_whole_query_is_a_legends(base: str):
    tile = {
        "rescale": "0,3000",
        "buffer": 2,
        "scale": 2,
        "tilesize": 512,
        "format": "png",
        "empty": "blank",
        "strict": "true",
    }
    assert ask(base, "png", **tile).status_code == 200
    assert ask(base, "json", rescale="0,3000", format="npy").json() == told(base, rescale="0,3000")


def test_names_of_files_are_words_in_svg(base: str):
    root = ET.fromstring(ask(base, "svg", "a&b'c", rescale="0,1").content)
    assert next(root.iter("{http://www.w3.org/2000/svg}text")).text == "a&b'c.tif"


HUGE = json.dumps({str(10**400): "#ff0000", str(-(10**400)): "#00ff00", "1e308": "#0000ff"})


@pytest.mark.parametrize("kind", ["png", "svg", "json"])
@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"colormap_name": "virids"}, 400, "did you mean viridis"),
        ({"rescale": "3,1"}, 400, "low below high"),
        ({"bidx": 7}, 400, "has no band 7"),
        ({"expression": "b1;b1"}, 400, "one or three bands"),
        ({"algorithm": "grayscale"}, 400, "needs three bands"),
        ({"scale": 5}, 400, "1 to 4"),
        ({"scale": 10**17}, 400, "1 to 4"),
        ({"orientation": "up"}, 400, "vertical"),
        ({"url": "none.tif"}, None, ""),
    ],
)
def test_what_a_tile_would_refuse_is_refused(
    base: str, kind: str, query: dict[str, object], status: int | None, said: str
):
    answer = ask(base, kind, **query)
    assert answer.status_code == (status or answer.status_code)
    assert 400 <= answer.status_code < 500
    assert said in problem_of(answer)["detail"]


@pytest.mark.parametrize("kind", ["png", "svg", "json"])
@pytest.mark.parametrize(
    "query",
    [
        {"rescale": "-1e308,1e308"},
        {"rescale": "0,1e-320"},
        {"rescale": "1e15,1000000000000000.2"},
        {"expression": "b1/0"},
        {"colormap": '[[[-Infinity, 0], "#000"], [[0, Infinity], "#fff"]]'},
        {"expression": "where(b1<3,1,2)" + "+0" * 500, "rescale": "0,1"},
        {"colormap": HUGE, "rescale": "0,1"},
        {"colormap": json.dumps({str(n): "#fff" for n in range(1000)})},
        {"algorithm": "slope"},
        {"algorithm": "contours"},
    ],
)
def test_values_of_every_size_have_a_legend_or_a_reason(base: str, kind: str, query: dict[str, str]):
    answer = ask(base, kind, **query)
    assert answer.status_code in (200, 400, 414), answer.text
    if answer.status_code == 200 and kind == "png":
        width, height = Image.open(io.BytesIO(answer.content)).size
        assert max(width, height) < 1000


@pytest.mark.parametrize("kind", ["gif", "png.exe", "PNG", "x" * 3000])
def test_other_formats_are_refused_with_those_there_are(base: str, kind: str):
    answer = ask(base, kind)
    assert answer.status_code == 400
    assert "png, svg, json" in problem_of(answer)["detail"]
