"""The pages of clients do what they say: rasterio, GDAL, rio-tiler, folium and numpy, which the tests have anyway."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import requests

from tests.clients.pages import PAGES, run_page

HEAVY = {"leafmap", "ipyleaflet"}


def test_every_page_is_run():
    assert {page.stem for page in PAGES.glob("*.md")} == HEAVY | {"folium", "rasterio", "rio-tiler", "numpy"}


def test_folium_shows_tiles_that_are_there(sample_server: str, tmp_path: Path):
    told = "{'center': tilejson['center'], 'tiles': tilejson['tiles'][0]}"
    seen = run_page(sys.executable, "folium", sample_server, told, tmp_path)
    assert seen["tiles"] in (tmp_path / "ndvi.html").read_text().replace(r"\u0026", "&")
    assert fetch_center(seen["tiles"], seen["center"]).headers["Content-Type"] in ("image/jpeg", "image/png")


def test_gdal_reads_wmts_xyz_and_files(sample_server: str, tmp_path: Path):
    told = """{
        'colours': float(colours.mean()), 'tiles': float(tiles.mean()), 'ndvi': float(ndvi.mean()),
        'differ': float(abs(colours.astype(int) - tiles).mean()), 'spread': float(colours.std()),
    }"""
    seen = run_page(sys.executable, "rasterio", sample_server, told, tmp_path)
    assert seen["spread"] > 10, "a picture, and not one colour"
    assert seen["colours"] == pytest.approx(seen["tiles"], abs=1)
    assert 0.2 < seen["ndvi"] < 0.8


def test_rio_tiler_reads_what_the_server_computes(sample_server: str, tmp_path: Path):
    told = """{
        'mean': float(ndvi.array.mean()), 'valid': int(ndvi.array.count()), 'value': float(value),
        'name': info.band_descriptions[0][1], 'overviews': info.overviews,
    }"""
    seen = run_page(sys.executable, "rio-tiler", sample_server, told, tmp_path)
    assert (seen["name"], seen["valid"]) == ("(B08-B04)/(B08+B04)", 256 * 256)
    assert seen["overviews"]
    item = f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
    query = {"url": item, "expression": "(B08-B04)/(B08+B04)"}
    answer = requests.get(f"{sample_server}/stac/statistics", params=query, timeout=30)
    assert seen["mean"] == pytest.approx(answer.json()["b1"]["mean"], abs=0.01)
    assert -1 <= seen["value"] <= 1


def test_numpy_has_arrays_with_their_place_and_a_series(sample_server: str, tmp_path: Path):
    told = "{'mean': float(ndvi.mean()), 'shape': red.shape, 'crs': where[1], 'series': series}"
    seen = run_page(sys.executable, "numpy", sample_server, told, tmp_path)
    assert (seen["shape"], seen["crs"]) == ([64, 64], "EPSG:4326")
    assert len(seen["series"]) > 10
    assert all(-1 <= mean <= 1 for _, mean in seen["series"])


def fetch_center(template: str, center: list[float]) -> requests.Response:
    """The tile at the center of TileJSON, as a map asks for it."""
    from morecantile import tms

    tile = tms.get("WebMercatorQuad").tile(center[0], center[1], int(center[2]))
    answer = requests.get(template.format(z=tile.z, x=tile.x, y=tile.y), timeout=30)
    answer.raise_for_status()
    return answer
