"""Renders that an item names: listed with links, and asked for by ``render=``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

WAYS = {
    "true_color": {
        "assets": "B04,B03,B02",
        "color_formula": "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35",
        "resampling": "bilinear",
    },
    "ndvi": {"expression": "(B08-B04)/(B08+B04)", "rescale": "-1,1", "colormap_name": "viridis"},
}
"""What the sample catalogue's renders are when they are written out."""
PICTURES = ("tiles/12/2398/1696.png", "preview.png", "crop/30.80,29.45,30.88,29.52/64x64.png")


@pytest.fixture(scope="module")
def item(sample_server: str) -> str:
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=20).json()["features"][0]
    return f"{sample_server}/v0/collections/{found['collection']}/items/{found['id']}"


def get(base: str, path: str, **query: object) -> requests.Response:
    return requests.get(f"{base}/stac/{path}", params=query, timeout=30)


@pytest.mark.parametrize("path", PICTURES)
@pytest.mark.parametrize("name", WAYS)
def test_a_render_is_what_it_stands_for(sample_server: str, item: str, path: str, name: str):
    short, long = get(sample_server, path, url=item, render=name), get(sample_server, path, url=item, **WAYS[name])
    assert short.status_code == 200, short.text
    assert short.content == long.content
    assert short.headers["ETag"] == long.headers["ETag"]
    assert "X-Ignored-Params" not in short.headers


def test_words_of_the_query_win_over_those_of_the_render(sample_server: str, item: str):
    query = {**WAYS["ndvi"], "rescale": "0,1"}
    short = get(sample_server, "preview.png", url=item, render="ndvi", rescale="0,1", colormap_name="")
    assert short.content == get(sample_server, "preview.png", url=item, **query).content
    colormap = '{"0": "#000000", "255": "#ffffff"}'
    short = get(sample_server, "preview.png", url=item, render="ndvi", colormap=colormap)
    del query["colormap_name"]
    long = get(sample_server, "preview.png", url=item, **{**query, "rescale": "-1,1", "colormap": colormap})
    assert short.headers["ETag"] == long.headers["ETag"]


def test_a_tilejson_tells_the_renders_of_the_item(sample_server: str, item: str):
    told = get(sample_server, "tilejson.json", url=item, assets="visual").json()
    assert told["raster_layers"] == requests.get(item, timeout=20).json()["properties"]["renders"]
    assert "band_descriptions" not in told


def test_a_tilejson_of_a_render_has_its_zooms_and_hands_it_on(sample_server: str, item: str):
    told = get(sample_server, "tilejson.json", url=item, render="ndvi").json()
    assert (told["minzoom"], told["maxzoom"]) == (8, 14)
    assert "render=ndvi" in told["tiles"][0]
    assert get(sample_server, "tilejson.json", url=item, render="ndvi", maxzoom=12).json()["maxzoom"] == 12


def test_renders_are_listed_with_links_that_work(sample_server: str, item: str):
    listed = get(sample_server, "renders", url=item).json()
    assert set(listed["renders"]) >= set(WAYS)
    for each in listed["renders"].values():
        assert each["valid"], each
        for link in each["links"]:
            answer = requests.get(link["href"].replace("{tileMatrixSetId}", "WebMercatorQuad"), timeout=30)
            assert answer.status_code == 200, (link, answer.text)
    one = get(sample_server, "renders/ndvi", url=item).json()
    assert one == listed["renders"]["ndvi"]
    assert one["params"]["colormap_name"] == "viridis"


@pytest.mark.parametrize(("path", "query", "status"), [("preview", {"render": "ndwi"}, 400), ("renders/ndwi", {}, 404)])
def test_a_render_that_is_not_there_is_refused_with_the_nearest(sample_server: str, item: str, path, query, status):
    answer = get(sample_server, path, url=item, **query)
    assert answer.status_code == status
    assert "'ndvi'" in problem_of(answer)["detail"]


HOSTILE = {
    "deep": {"rescale": json.loads("[" * 400 + "]" * 400)},
    "numbers": {"rescale": [[float("nan"), float("inf")], None, True], "assets": [1, {"a": 1}, None]},
    "colormap": {"colormap": {"a": {"b": [1]}}, "assets": ["a"]},
    "half\ud800": {"assets": ["\ud800"], "title": "\udfff"},
    "nothing": None,
    "long": {"assets": ["x" * 40_000]},
    "zooms": {"assets": ["a"], "minmax_zoom": [5, -1]},
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    folder: Path = tmp_path_factory.mktemp("renders")
    asset = {"href": "./a.tif", "type": "image/tiff"}
    (folder / "item.json").write_text(
        json.dumps({"type": "Feature", "id": "x", "assets": {"a": asset}, "properties": {"renders": HOSTILE}})
    )
    (folder / "list.json").write_text(json.dumps({"type": "Feature", "id": "x", "assets": {}, "renders": [1]}))
    with serving(Settings(data_root=folder)) as base:
        yield base, str(folder)


def test_hostile_renders_are_told_or_left_out(hostile: tuple[str, str]):
    base, folder = hostile
    answer = get(base, "renders", url=f"{folder}/item.json")
    assert answer.status_code == 200, answer.text
    told = answer.json()["renders"]
    assert "long" not in told
    assert "nothing" not in told
    assert not told["colormap"]["valid"]
    assert told["colormap"]["reason"]
    assert get(base, "renders", url=f"{folder}/list.json").json()["renders"] == {}


@pytest.mark.parametrize("name", [*HOSTILE, "", "x" * 5000, "half?"])
@pytest.mark.parametrize("path", ["preview.png", "tilejson.json", "tiles/1/1/1.png", "explain"])
def test_hostile_renders_never_break_an_answer(hostile: tuple[str, str], path: str, name: str):
    base, folder = hostile
    answer = get(base, path, url=f"{folder}/item.json", render=name.encode("utf-8", "replace"))
    assert answer.status_code < 500
    problem_of(answer)
