"""Every snippet of "Use this map" is run as it stands there, by its own program or by one that reads the same."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image

PAGE = """<!doctype html><div id="map" style="width: 500px; height: 400px"></div>
<script type="importmap">
{"imports": {"ol/": "./ol/", "maplibre-gl": "./maplibre.js", "maplibre-gl/": "./maplibre/"}}
</script>
<script type="module" src="snippet.js"></script>"""
OPENLAYERS = {"ol/Map.js": "OlMap", "ol/View.js": "View", "ol/layer/Tile.js": "TileLayer", "ol/source/XYZ.js": "XYZ"}
MAPLIBRE = "export default { Map: class { constructor(options) { window.made = options; } } };"
LEAFMAP = """
class Map:
    def add_tile_layer(self, url, name, attribution):
        print(url)
    def zoom_to_bounds(self, bounds):
        print(len(bounds))
    def to_html(self, path):
        pass
"""
"""What the snippet asks of leafmap, without leafmap: it takes a minute to install."""
READ_WMTS = """
import sys, numpy, rasterio
with rasterio.open("WMTS:" + sys.argv[1]) as data:
    picture = data.read(out_shape=(data.count, 64, 64))
print(data.count, picture[:3].std())
"""


@pytest.fixture(scope="module")
def snippets(browser: Any, sample_server: str) -> dict[str, str]:
    """Texts by title, of the vegetation index."""
    page = browser.new_page()
    page.goto(sample_server)
    page.get_by_role("button", name="Vegetation index").first.click()
    page.wait_for_function("() => location.hash.includes('expression')")
    page.get_by_role("button", name="Use this map").click()
    page.wait_for_selector("#use[open]")
    texts = {}
    for tab in page.get_by_role("tab").all():
        tab.click()
        texts[tab.inner_text()] = page.locator("#use-text").inner_text()
    page.close()
    return texts


def run(command: list[str], folder: Path, text: str = "") -> str:
    """What a program prints, without the settings of this process, which forbid GDAL to open anything by itself."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    done = subprocess.run(
        command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_python(code: str, folder: Path, *arguments: str) -> str:
    return run([sys.executable, "-c", code, *arguments], folder)


def test_addresses_of_tiles_and_tilejson_are_answered(snippets: dict[str, str]) -> None:
    tile = requests.get(snippets["XYZ tiles"].format(z=12, x=2398, y=1696), timeout=10)
    assert Image.open(io.BytesIO(tile.content)).size == (256, 256)
    assert requests.get(snippets["TileJSON"], timeout=10).json()["tiles"] == [snippets["XYZ tiles"]]


def test_gdal_opens_the_wmts_in_place_of_qgis(snippets: dict[str, str], tmp_path: Path) -> None:
    told = snippets["QGIS"].splitlines()
    assert told[1] == snippets["WMTS"]
    assert told[-1] == snippets["XYZ tiles"]
    bands, spread = run_python(READ_WMTS, tmp_path, told[1]).split()
    assert (int(bands), float(spread) > 10) == (4, True)


def test_python_snippets_run(snippets: dict[str, str], tmp_path: Path) -> None:
    run_python(snippets["folium"], tmp_path)
    html = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert json.dumps(snippets["XYZ tiles"]) in html.replace("\\u0026", "&")

    shape = run_python(snippets["Python, numpy"], tmp_path)
    url = re.search(r'url = "(.+)"', snippets["Python, numpy"])[1]
    pixels = np.load(io.BytesIO(requests.get(url, timeout=10).content))
    assert shape.startswith(f"{pixels[:-1].shape} float64")
    assert f"{pixels[0][pixels[1] > 0].mean():.6f}"[:6] in shape

    (tmp_path / "leafmap").mkdir()
    (tmp_path / "leafmap" / "__init__.py").touch()
    (tmp_path / "leafmap" / "foliumap.py").write_text(LEAFMAP)
    assert run_python(snippets["leafmap"], tmp_path).splitlines() == [snippets["XYZ tiles"], "4"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_shell_snippet_and_the_address_of_the_r_snippet_work(snippets: dict[str, str], tmp_path: Path) -> None:
    printed = run(["sh", "-e"], tmp_path, snippets["curl"])
    assert Image.open(tmp_path / "map.png").size[0] > 500
    assert Image.open(tmp_path / "legend.png").size[0] > 50
    assert -1 <= json.loads(printed)["values"][0] <= 1
    (tmp_path / "r.tif").write_bytes(requests.get(re.search(r'url <- "(.+)"', snippets["R"])[1], timeout=10).content)
    with rasterio.open(tmp_path / "r.tif") as picture:
        assert picture.crs.to_epsg() == 3857


def test_javascript_snippets_draw_a_map(browser: Any, sample_server: str, snippets: dict[str, str]) -> None:
    """In a page of their own; OpenLayers is the vendored one, MapLibre is asked what it was told."""
    for title in ("OpenLayers", "MapLibre"):
        page, asked = browser.new_page(), []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.route(f"{sample_server}/elsewhere/**", answering(snippets[title], sample_server))
        page.goto(f"{sample_server}/elsewhere/")
        if title == "OpenLayers":
            page.wait_for_function("() => document.querySelector('canvas')")
            page.wait_for_timeout(500)
            assert any("/stac/tiles/WebMercatorQuad/8/" in url for url in asked)
        else:
            [source] = page.evaluate("Object.values(window.made.style.sources)")
            assert source["url"] == snippets["TileJSON"]
            assert page.evaluate("window.made.style.layers[0].source") == "swath"
        page.close()


def answering(snippet: str, server: str) -> Callable[[Any], None]:
    """A web server with one page, the snippet, and the modules that it imports."""
    bodies = {"": PAGE, "snippet.js": snippet, "maplibre.js": MAPLIBRE}
    bodies["ol/proj.js"] = f'export * from "{server}/viewer/vendor/map.js";'
    for path, name in OPENLAYERS.items():
        bodies[path] = f'export {{ {name} as default }} from "{server}/viewer/vendor/map.js";'

    def answer(route: Any) -> None:
        path = route.request.url.removeprefix(f"{server}/elsewhere/")
        route.fulfill(body=bodies.get(path, ""), content_type="text/javascript" if path else "text/html")

    return answer
