"""leafmap and ipyleaflet, in an environment of their own, drive Swath as they drive TiTiler."""

from __future__ import annotations

import json
import os
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from PIL import Image

from tests.clients.pages import run_page
from tests.clients.test_pages import fetch_center

pytestmark = pytest.mark.slow

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
COG = "/samples/sentinel-s2-l2a-cogs/S2B_36RTT_20191205_0_L2A/visual.tif"

ASKED = """
import json, sys
import leafmap
import leafmap.foliumap
item, cog = sys.argv[1] + sys.argv[2], sys.argv[1] + sys.argv[3]
lon, lat = leafmap.stac_center(item)
maps = {}
for name, kind in (("ipyleaflet", leafmap), ("folium", leafmap.foliumap)):
    m = kind.Map()
    m.add_stac_layer(item, assets=["B04", "B03", "B02"], name="stac")
    m.add_cog_layer(cog, name="cog", titiler_endpoint=sys.argv[1])
    m.add_stac_layer(item, expression="(B08-B04)/(B08+B04)", rescale="-1,1", colormap_name="rdylgn", name="ndvi")
    layers = m.layers if name == "ipyleaflet" else m._children.values()
    maps[name] = [getattr(each, "tiles", getattr(each, "url", "")) for each in layers]
print(json.dumps({
    "maps": {name: [url for url in urls if url and "openstreetmap" not in url] for name, urls in maps.items()},
    "stac": {
        "bounds": leafmap.stac_bounds(item), "center": [lon, lat], "bands": leafmap.stac_bands(item),
        "assets": leafmap.stac_assets(item), "stats": leafmap.stac_stats(item, assets=["B04", "B08"]),
        "min_max": leafmap.stac_min_max(item, assets=["B04"]), "info": leafmap.stac_info(item, assets="B04"),
        "outline": leafmap.stac_info_geojson(item, assets=["B04"]),
        "pixel": leafmap.stac_pixel_value(lon, lat, item, assets=["B04", "B08"]),
        "tile": {
            "names": leafmap.stac_tile(item, bands=["red", "green", "blue"]),
            "none": leafmap.stac_tile(item),
            "one": leafmap.stac_tile(item, assets="B04", colormap_name="viridis"),
            "text": leafmap.stac_tile(item, assets="B04,B03,B02"),
        },
    },
    "cog": {
        "bounds": leafmap.cog_bounds(cog), "center": leafmap.cog_center(cog), "bands": leafmap.cog_bands(cog),
        "stats": leafmap.cog_stats(cog), "info": leafmap.cog_info(cog),
        "outline": leafmap.cog_info(cog, return_geojson=True), "pixel": leafmap.cog_pixel_value(lon, lat, cog, None),
        "tile": {"whole": leafmap.cog_tile(cog), "one": leafmap.cog_tile(cog, bands=[1], colormap_name="viridis")},
    },
}))
"""


@pytest.fixture(scope="module")
def told(clients_python: Path, sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What leafmap gives for all of its calls."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    env["TITILER_ENDPOINT"] = sample_server
    command = [str(clients_python), "-W", "ignore", "-c", ASKED, sample_server, ITEM, COG]
    folder = tmp_path_factory.mktemp("leafmap")
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, timeout=110, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def ask(base: str, path: str, **query: object) -> Any:
    answer = requests.get(
        base + path, params={"url": base + (COG if path.startswith("/cog") else ITEM), **query}, timeout=60
    )
    answer.raise_for_status()
    return answer.json()


def test_layers_on_both_kinds_of_map_have_pictures(told: dict[str, Any]):
    for urls in told["maps"].values():
        assert [urlsplit(url).path.split("/")[1] for url in urls] == ["stac", "cog", "stac"]
        for url in urls:
            assert is_picture(url, told["stac"]["center"])


WAYS = [("stac", "names"), ("stac", "none"), ("stac", "one"), ("stac", "text"), ("cog", "whole"), ("cog", "one")]


@pytest.mark.parametrize(("ds", "way"), WAYS)
def test_every_way_to_choose_bands_gives_a_picture(told: dict[str, Any], ds: str, way: str):
    assert is_picture(told[ds]["tile"][way], told[ds]["center"])


def test_bounds_center_and_outline_are_the_datas(told: dict[str, Any], sample_server: str):
    for ds in ("stac", "cog"):
        west, south, east, north = told[ds]["bounds"]
        assert told[ds]["bounds"] == pytest.approx(ask(sample_server, f"/{ds}/bounds")["bounds"], abs=1e-6)
        assert told[ds]["center"] == pytest.approx([(west + east) / 2, (south + north) / 2])
        assert told[ds]["outline"]["type"] == "Feature"


def test_bands_and_numbers_are_the_servers(told: dict[str, Any], sample_server: str):
    assert told["stac"]["bands"] == told["stac"]["assets"] == ask(sample_server, "/stac/assets")
    assert told["cog"]["bands"] == ["b1", "b2", "b3"]
    assert told["stac"]["stats"] == ask(sample_server, "/stac/statistics", assets=["B04", "B08"])
    assert told["cog"]["stats"] == ask(sample_server, "/cog/statistics")
    red = told["stac"]["stats"]["b1"]
    assert told["stac"]["min_max"] == [red["min"], red["max"]]
    assert told["stac"]["info"]["B04"]["dtype"] == "uint16"
    assert told["cog"]["info"]["count"] == 3


def test_values_of_a_pixel_are_the_points(told: dict[str, Any], sample_server: str):
    lon, lat = told["stac"]["center"]
    values = ask(sample_server, f"/stac/point/{lon},{lat}", assets=["B04", "B08"])["values"]
    assert told["stac"]["pixel"] == dict(zip(("B04", "B08"), values, strict=True))
    assert list(told["cog"]["pixel"].values()) == ask(sample_server, f"/cog/point/{lon},{lat}")["values"]


def test_the_page_of_leafmap_does_what_it_says(clients_python: Path, sample_server: str, tmp_path: Path):
    shown = "[each.url for each in m.layers if hasattr(each, 'url')][1:]"
    seen = run_page(clients_python, "leafmap", sample_server, f"{{'layers': {shown}, 'values': values}}", tmp_path)
    assert len(seen["layers"]) == 3
    assert all(is_picture(url, (30.85, 29.48)) for url in seen["layers"])
    assert seen["values"].keys() == {"B04", "B08"}


def test_the_page_of_ipyleaflet_does_what_it_says(clients_python: Path, sample_server: str, tmp_path: Path):
    seen = run_page(
        clients_python, "ipyleaflet", sample_server, "{'url': layer.url, 'center': tilejson['center']}", tmp_path
    )
    assert fetch_center(seen["url"], seen["center"]).ok


def is_picture(template: str, lon_lat: Any) -> bool:
    """Whether a tile in the middle shows more than one colour."""
    answer = fetch_center(template, [*lon_lat, 12])
    return bool(np.ptp(np.asarray(Image.open(BytesIO(answer.content)).convert("RGB"))) > 10)
