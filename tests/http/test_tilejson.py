"""TileJSON is what TileJSON 3.0.0 says, and opens what it promises."""

from __future__ import annotations

import math

import pytest
import requests
from morecantile import tms

from tests.ogc import TILEJSON, faults_of_json

QUERIES = [
    ("/stac/tilejson.json", {"assets": "visual"}),
    ("/stac/tilejson.json", {"expression": "(B08-B04)/(B08+B04)", "rescale": "-1,1", "minzoom": "8", "maxzoom": "14"}),
    ("/stac/tilejson.json", {"assets": "B04", "tile_format": "png", "tile_scale": "2"}),
    ("/stac/WebMercatorQuad/tilejson.json", {"render": "ndvi"}),
    ("/stac/WGS1984Quad/tilejson.json", {"assets": "B04,B03,B02"}),
    ("/cog/tilejson.json", {}),
    ("/cog/WebMercatorQuad/tilejson.json", {"bidx": "1", "colormap_name": "viridis"}),
]


VALID = {"tilejson": "3.0.0", "tiles": ["a"], "vector_layers": []}


@pytest.fixture(scope="module")
def scene(sample_server: str) -> dict[str, str]:
    item = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
    return {"stac": item, "cog": requests.get(item, timeout=20).json()["assets"]["visual"]["href"]}


@pytest.mark.parametrize(("path", "query"), QUERIES)
def test_it_is_valid_and_its_center_has_a_tile(
    sample_server: str, scene: dict[str, str], path: str, query: dict[str, str]
):
    url = scene[path.split("/")[1]]
    answer = requests.get(sample_server + path, params={"url": url, **query, "strict": "true"}, timeout=30)
    body = answer.json()
    assert answer.status_code == 200, body
    assert faults_of_json(body, TILEJSON) == []
    west, south, east, north = body["bounds"]
    lon, lat, zoom = body["center"]
    assert west < lon < east
    assert south < lat < north
    assert body["minzoom"] <= zoom <= body["maxzoom"]
    matrix_set = tms.get(path.split("/")[2] if path.count("/") == 3 else "WebMercatorQuad")
    tile = matrix_set.tile(lon, lat, math.floor(zoom))
    picture = requests.get(body["tiles"][0].format(z=tile.z, x=tile.x, y=tile.y), timeout=30)
    assert (picture.status_code, picture.headers["Content-Type"].split("/")[0]) == (200, "image")


@pytest.mark.parametrize(
    "broken",
    [{"tilejson": "2.2.0"}, {"tiles": []}, {"minzoom": 31}, {"bounds": [1, 2, 3]}, {"scheme": "zxy"}, {"name": None}],
)
def test_the_schema_finds_what_is_wrong(broken: dict[str, object]):
    assert faults_of_json(VALID, TILEJSON) == []
    assert faults_of_json({**VALID, **broken}, TILEJSON)
