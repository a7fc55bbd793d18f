"""Scenes of a search that lie side by side, and follow each other: tilesets reach all, and days can be chosen."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from affine import Affine
from morecantile import tms

from app.settings import Settings
from tests.ogc import SPACES, faults_of_capabilities, layers_of, limits_of, template_of
from tests.problems import problem_of
from tests.serving import serving

WESTS, SIDE, STEP = (10.0, 12.0), 256, 1 / 256
QUERY = {"url": "wide", "assets": "a", "rescale": "0,255"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of each of two places, a degree wide and a degree apart, two days: all pixels are the number of the scene."""
    root = tmp_path_factory.mktemp("scenes")
    (root / "wide").mkdir()
    for number, (west, day) in enumerate([(west, day) for west in WESTS for day in ("01", "02")], 1):
        profile = {"driver": "GTiff", "dtype": "uint8", "count": 1, "width": SIDE, "height": SIDE, "crs": "EPSG:4326",
                   "transform": Affine(STEP, 0, west, 0, -STEP, 51), "tiled": True, "blockxsize": 128,
                   "blockysize": 128}  # fmt: skip
        with rasterio.open(root / "wide" / f"{number}.tif", "w", **profile) as file:
            file.write(np.full((1, SIDE, SIDE), 50 * number, np.uint8))
        (root / "wide" / f"{number}.json").write_text(json.dumps(item(number, west, day)))
    with serving(Settings(data_root=root)) as base:
        yield base


def item(number: int, west: float, day: str) -> dict[str, Any]:
    ring = [[west, 50], [west + 1, 50], [west + 1, 51], [west, 51], [west, 50]]
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": f"scene-{number}", "bbox": [west, 50, west + 1, 51],
        "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"datetime": f"2020-06-{day}T10:00:00Z"},
        "assets": {"a": {"href": f"./{number}.tif", "type": "image/tiff; application=geotiff"}}, "links": [],
    }  # fmt: skip


def ask(server: str, path: str, **query: Any) -> requests.Response:
    return requests.get(f"{server}/search/{path}", params={**QUERY, **query}, timeout=30)


def value_at(server: str, lon: float, **query: Any) -> int | None:
    """What a tile shows at a longitude."""
    tile = tms.get("WebMercatorQuad").tile(lon, 50.5, 12)
    answer = ask(server, f"tiles/{tile.z}/{tile.x}/{tile.y}.npy", **query)
    if answer.status_code == 404:
        return None
    data = np.load(io.BytesIO(answer.content))
    return int(data[0, 128, 128])


def test_tilejson_and_limits_reach_all_scenes(server):
    told = ask(server, "tilejson.json").json()
    assert told["bounds"] == pytest.approx([10, 50, 13, 51], abs=0.01)
    [layer] = layers_of(ask(server, "WMTSCapabilities.xml").content)
    limits = limits_of(layer)
    zoom = max(limits, key=int)
    _, _, first, last = limits[zoom]
    west, east = (tms.get("WebMercatorQuad").tile(lon, 50.5, int(zoom)).x for lon in (10.001, 12.999))
    assert (first, last) == (west, east)
    assert told["maxzoom"] == int(zoom)
    alone = requests.get(
        f"{server}/stac/tilejson.json", params={"url": "wide/1.json", "assets": "a"}, timeout=30
    ).json()
    assert told["maxzoom"] == alone["maxzoom"]
    assert told["minzoom"] <= alone["minzoom"]


def test_each_place_shows_its_own_scene(server):
    assert [value_at(server, lon, sortby="datetime") for lon in (10.5, 11.5, 12.5)] == [50, None, 150]
    assert [value_at(server, lon, sortby="-datetime") for lon in (10.5, 12.5)] == [100, 200]


@pytest.mark.parametrize(
    ("time", "values"),
    [("2020-06-01", [50, 150]), ("2020-06-02", [100, 200]), ("2020-06-02/..", [100, 200]), ("default", [50, 150])],
)
def test_a_day_can_be_chosen_among_the_scenes(server, time, values):
    assert [value_at(server, lon, sortby="datetime", time=time) for lon in (10.5, 12.5)] == values


def test_a_day_without_scenes_shows_nothing(server):
    problem = problem_of(ask(server, "preview.png", time="2020-06-03"))
    assert (problem["status"], problem["type"]) == (404, "out-of-bounds")
    assert "2020-06-03" in problem["detail"]
    assert problem_of(ask(server, "preview.png", time="yesterday"))["status"] == 400


def test_wmts_tells_the_days(server):
    document = ask(server, "WMTSCapabilities.xml", sortby="datetime").content
    assert faults_of_capabilities(document) == []
    [layer] = layers_of(document)
    [dimension] = layer.findall("w:Dimension", SPACES)
    assert [each.text for each in dimension.findall("w:Value", SPACES)] == ["default", "2020-06-02", "2020-06-01"]
    zoom, (row, _, column, _) = list(limits_of(layer).items())[-1]
    shown = {}
    for day in ("default", "2020-06-01", "2020-06-02"):
        filled = template_of(layer).format(TileMatrix=zoom, TileRow=row, TileCol=column, Time=day)
        shown[day] = requests.get(filled, timeout=30).content
        kvp = {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "TILEMATRIX": zoom,
            "TILEROW": row,
            "TILECOL": column,
            "TIME": day,
        }
        assert ask(server, "wmts", sortby="datetime", **kvp).content == shown[day]
    assert shown["default"] == shown["2020-06-01"] != shown["2020-06-02"]


READ = """
import sys
import rasterio
with rasterio.open(sys.argv[1]) as service:
    row, column = service.index(float(sys.argv[2]), float(sys.argv[3]))
    print(service.read(1, window=((row, row + 1), (column, column + 1)))[0, 0])
"""


def test_gdal_reads_the_wmts_of_a_search(server, tmp_path):
    """It takes the default of a dimension that it does not know; in this process it may open nothing by itself."""
    search = requests.post(f"{server}/search", json={"url": "wide", "sortby": ["datetime"]}, timeout=30).json()["id"]
    url = f"{server}/search/{search}/WMTSCapabilities.xml?assets=a&rescale=0%2C255"
    place = tms.get("WebMercatorQuad").xy(10.5, 50.5)
    command = [sys.executable, "-c", READ, f"WMTS:{url}", *(repr(float(value)) for value in place)]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=60, check=False)
    assert run.returncode == 0, run.stderr[-1000:]
    assert run.stdout.strip() == "50"
