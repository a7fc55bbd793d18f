"""Every snippet of "Use this map" is run as it stands, by its own program; GDAL's WMTS driver stands in for QGIS."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from PIL import Image
from pyproj import Transformer

ROOT = Path(__file__).parents[2]
LEAFMAP = ROOT / ".venv-leafmap" / "bin" / "python"
CDN = "https://unpkg.com/maplibre-gl@6/"
SIZE = (500, 400)
LIKE = 6  # in 255; an empty map differs by a hundred

OPENLAYERS_PAGE = """<!doctype html>
<link rel="stylesheet" href="made.css" />
<body style="margin: 0"><div id="map" style="width: 500px; height: 400px"></div>
<script type="module" src="made.js"></script>"""
READ_WMTS = """
import sys, numpy, rasterio
with rasterio.open("WMTS:" + sys.argv[1]) as data:
    picture = data.read(out_shape=(data.count, 64, 64))
print(data.count, picture[:3].std())
"""
DRAW_R = 'png("map.png", 400, 400); source("snippet.R"); invisible(dev.off())'

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm. Type: apt-get install -y npm")


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
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=100, check=False
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


def assert_shows_the_scene(html: Path, snippets: dict[str, str]) -> None:
    """A map of Leaflet, saved by Python, asks for these tiles and ends up looking at all of the scene."""
    written = html.read_text(encoding="utf-8").replace("\\u0026", "&")
    assert json.dumps(snippets["XYZ tiles"]) in written
    west, south, east, north = requests.get(snippets["TileJSON"], timeout=10).json()["bounds"]
    views = re.findall(r"fitBounds\(\s*(\[\[.+?\]\])", written)
    assert json.loads(views[-1]) == [[south, west], [north, east]]


def test_python_snippets_run(snippets: dict[str, str], tmp_path: Path) -> None:
    run_python(snippets["folium"], tmp_path)
    assert_shows_the_scene(tmp_path / "map.html", snippets)

    shape = run_python(snippets["Python, numpy"], tmp_path)
    url = re.search(r'url = "(.+)"', snippets["Python, numpy"])[1]
    pixels = np.load(io.BytesIO(requests.get(url, timeout=10).content))
    assert shape.startswith(f"{pixels[:-1].shape} float64")
    assert f"{pixels[0][pixels[1] > 0].mean():.6f}"[:6] in shape


@pytest.mark.slow
@pytest.mark.skipif(not LEAFMAP.exists(), reason="needs leafmap in an environment of its own. Type: scripts/leafmap")
def test_the_leafmap_snippet_saves_a_map_of_these_tiles(snippets: dict[str, str], tmp_path: Path) -> None:
    run([str(LEAFMAP), "-c", snippets["leafmap"]], tmp_path)
    assert_shows_the_scene(tmp_path / "map.html", snippets)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_shell_snippet_saves_the_picture_and_the_legend_and_prints_the_values(
    snippets: dict[str, str], tmp_path: Path
) -> None:
    printed = run(["sh", "-e"], tmp_path, snippets["curl"])
    assert Image.open(tmp_path / "map.png").size[0] > 500
    assert Image.open(tmp_path / "legend.png").size[0] > 50
    assert -1 <= json.loads(printed)["values"][0] <= 1


def has_terra() -> bool:
    command = ["Rscript", "-e", 'quit(status = !requireNamespace("terra", quietly = TRUE))']
    return shutil.which("Rscript") is not None and subprocess.run(command, check=False).returncode == 0


@pytest.mark.slow
def test_the_r_snippet_plots_the_picture(snippets: dict[str, str], tmp_path: Path) -> None:
    """In the colours of viridis, as the server sends them."""
    if not has_terra():
        pytest.skip("needs R with terra. Type: apt-get install --no-install-recommends -y r-base-core r-cran-terra")
    (tmp_path / "snippet.R").write_text(snippets["R"], encoding="utf-8")
    run(["Rscript", "-e", DRAW_R], tmp_path)
    drawn = np.asarray(Image.open(tmp_path / "map.png").convert("RGB")).reshape(-1, 3)
    url = re.search(r'url <- "(.+)"', snippets["R"])[1].replace(".tif", ".png")
    sent = np.asarray(Image.open(io.BytesIO(requests.get(url, timeout=10).content)).convert("RGB")).reshape(-1, 3)
    inside = drawn[(drawn < 250).any(axis=1)]  # less the white margin
    assert len(inside) > drawn.size / 3 / 3
    assert np.abs(inside.mean(axis=0) - sent.mean(axis=0)).max() < 6


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """OpenLayers, MapLibre and esbuild from npm, as they are locked."""
    vendor = runpy.run_path(str(ROOT / "scripts" / "vendor"))
    modules: Path = vendor["install"](tmp_path_factory.mktemp("npm"))
    return modules


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The origin of somebody else, with what lies in the test's folder."""
    (tmp_path / "favicon.ico").touch()  # browsers ask for it
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
@needs_npm
def test_the_openlayers_snippet_draws_the_map(
    browser: Any, packages: Path, snippets: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    (packages.parent / "snippet.js").write_text(snippets["OpenLayers"], encoding="utf-8")
    command = ["node_modules/.bin/esbuild", "snippet.js", "--bundle", "--format=esm", "--log-level=error"]
    run([*command, f"--outfile={tmp_path / 'made.js'}"], packages.parent)
    (tmp_path / "made.css").write_bytes((packages / "ol" / "ol.css").read_bytes())
    (tmp_path / "index.html").write_text(OPENLAYERS_PAGE, encoding="utf-8")
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    assert_drawn_as_by_the_server(page, elsewhere, snippets)
    page.close()


@pytest.mark.slow
@needs_npm
def test_the_maplibre_snippet_draws_the_map(
    browser_with_webgl: Any, packages: Path, snippets: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    """The locked package answers in place of the public one."""
    (tmp_path / "index.html").write_text(snippets["MapLibre"], encoding="utf-8")
    context = browser_with_webgl.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    context.route(f"{CDN}**", lambda route: answer_with(route, packages / "maplibre-gl"))
    assert_drawn_as_by_the_server(context.new_page(), elsewhere, snippets)
    context.close()


def answer_with(route: Any, package: Path) -> None:
    file = package / urlsplit(route.request.url.removeprefix(CDN)).path
    kind = "text/css" if file.suffix == ".css" else "text/javascript"
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(body=file.read_bytes(), content_type=kind, headers=headers)


def assert_drawn_as_by_the_server(page: Any, url: str, snippets: dict[str, str]) -> None:
    """Open a page, and compare its map of the whole scene with the server's own picture of it."""
    complaints, statuses = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("response", lambda answer: "/tiles/" in answer.url and statuses.append(answer.status))
    page.goto(url)
    page.wait_for_selector("canvas")
    expected = coarse(picture_of_the_scene(snippets))
    difference = np.inf
    for _ in range(50):
        shot = Image.open(io.BytesIO(page.locator("#map").screenshot()))
        difference = np.abs(coarse(shot) - expected).mean()
        if difference < LIKE:
            break
        page.wait_for_timeout(200)
    assert not complaints
    assert set(statuses) == {200}
    assert difference < LIKE


def coarse(picture: Image.Image) -> np.ndarray:
    """Means of 10 pixels by 10, as (y, x, rgb): two ways to resample give the same, and two places do not."""
    return np.asarray(picture.convert("RGB").reduce(10)).astype(int)


def picture_of_the_scene(snippets: dict[str, str]) -> Image.Image:
    """All of the scene in the middle of a picture of ``SIZE``, over white."""
    bounds = requests.get(snippets["TileJSON"], timeout=10).json()["bounds"]
    left, bottom, right, top = Transformer.from_crs(4326, 3857, always_xy=True).transform_bounds(*bounds)
    width, height = SIZE
    metres = max((right - left) / width, (top - bottom) / height)  # in a pixel
    x, y = (left + right) / 2, (bottom + top) / 2
    half_x, half_y = metres * width / 2, metres * height / 2
    base, query = snippets["XYZ tiles"].split("/tiles/")[0], snippets["XYZ tiles"].split("?")[1]
    box = f"{x - half_x},{y - half_y},{x + half_x},{y + half_y}"
    url = f"{base}/crop/{box}/{width}x{height}.png?{query}&coord_crs=EPSG:3857&dst_crs=EPSG:3857"
    picture = Image.open(io.BytesIO(requests.get(url, timeout=10).content)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture)
