"""Every snippet of "Use this map" is run by its own program; GDAL's WMTS driver stands in for QGIS."""

from __future__ import annotations

import ast
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
from html import escape, unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image
from pyproj import Transformer
from rasterio.transform import from_origin

from app.settings import Settings
from tests.serving import serving

ROOT = Path(__file__).parents[2]
LEAFMAP = ROOT / ".venv-leafmap" / "bin" / "python"
MAPLIBRE = "https://unpkg.com/maplibre-gl@6/"
LEAFLET = "https://cdn.jsdelivr.net/npm/leaflet@1.9.3/"
METRES_AT_ZOOM_0 = 2 * np.pi * 6378137 / 256  # in a pixel of web mercator
FOREIGN = "two\nsystem('id')\n# \"words\" & <img src=x onerror=alert(1)>"
SIZE = (600, 400)  # for which the folium snippet chooses its zoom
LIKE = 6  # in 255; an empty map differs by a hundred

OPENLAYERS_PAGE = """<!doctype html>
<link rel="stylesheet" href="made.css" />
<body style="margin: 0"><div id="map" style="width: 600px; height: 400px"></div>
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
    return texts_of(page)


@pytest.fixture(scope="module")
def strip(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The same texts, of a ramp 12 km wide and 240 km long: where all of it is in sight, it is below its first zoom."""
    folder = tmp_path_factory.mktemp("strip")
    profile = {"width": 1200, "height": 24000, "count": 1, "dtype": "uint8", "crs": "EPSG:32636"}
    place = from_origin(400_000, 3_400_000, 10, 10)
    with rasterio.open(folder / "strip.tif", "w", "COG", transform=place, compress="deflate", **profile) as file:
        file.write(np.repeat(np.linspace(20, 220, 24000).astype("u1")[:, None], 1200, axis=1), 1)
    with serving(Settings(data_root=folder)) as base:
        page = browser.new_page()
        page.goto(f"{base}/#{urlencode({'url': 'strip.tif', 'ds': 'cog', 'layer': 'bidx=1&colormap_name=viridis'})}")
        yield texts_of(page)


def texts_of(page: Any) -> dict[str, str]:
    """What "Use this map" offers; the page is closed."""
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


def test_words_of_others_are_no_code(browser: Any, sample_server: str) -> None:
    """The title of an address and the attribution of an item have lines, quotes and HTML of their own."""
    page = browser.new_page()
    page.route("**/tilejson.json?*", lambda route: attribute(route, escape(FOREIGN)))
    layer = urlencode({"expression": "B08-B04", "_title": FOREIGN})
    page.goto(f"{sample_server}/#{urlencode({'layer': layer})}")
    texts = texts_of(page)
    assert [title for title, code in texts.items() if "system" in code] == ["folium", "leafmap"]
    for title in ("folium", "leafmap"):
        values = [node.value for node in ast.walk(ast.parse(texts[title])) if isinstance(node, ast.Constant)]
        words = [value for value in values if "system" in str(value)]
        assert [unescape(word) for word in words] == [FOREIGN, FOREIGN], "a name, and an attribution"
        assert not [word for word in words if "<" in word], "Leaflet takes them for HTML"


def attribute(route: Any, attribution: str) -> None:
    told = route.fetch().json()
    route.fulfill(json=told | {"attribution": attribution})


def test_the_numpy_snippet_prints_the_means(snippets: dict[str, str], tmp_path: Path) -> None:
    shape = run_python(snippets["Python, numpy"], tmp_path)
    url = re.search(r'url = "(.+)"', snippets["Python, numpy"])[1]
    pixels = np.load(io.BytesIO(requests.get(url, timeout=10).content))
    assert shape.startswith(f"{pixels[:-1].shape} float64")
    assert f"{pixels[0][pixels[1] > 0].mean():.6f}"[:6] in shape


@pytest.mark.slow
@pytest.mark.skipif(not LEAFMAP.exists(), reason="needs leafmap in an environment of its own. Type: scripts/leafmap")
def test_the_leafmap_snippet_saves_a_map_of_these_tiles(snippets: dict[str, str], tmp_path: Path) -> None:
    """What is saved names the tiles, and last the bounds; a dozen public libraries would be needed to draw it."""
    run([str(LEAFMAP), "-c", snippets["leafmap"]], tmp_path)
    written = (tmp_path / "map.html").read_text(encoding="utf-8").replace("\\u0026", "&")
    assert json.dumps(snippets["XYZ tiles"]) in written
    west, south, east, north = requests.get(snippets["TileJSON"], timeout=10).json()["bounds"]
    views = re.findall(r"fitBounds\(\s*(\[\[.+?\]\])", written)
    assert json.loads(views[-1]) == [[south, west], [north, east]]


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
    """OpenLayers, MapLibre, Leaflet and esbuild from npm, as they are locked."""
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


@pytest.fixture(params=["snippets", "strip"])
def scene(request: pytest.FixtureRequest) -> dict[str, str]:
    """Texts of a scene that is in sight at its first zoom, and of one that is not."""
    texts: dict[str, str] = request.getfixturevalue(request.param)
    return texts


@pytest.mark.slow
@needs_npm
def test_the_openlayers_snippet_draws_all_of_the_scene(
    browser: Any, packages: Path, scene: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    (packages.parent / "snippet.js").write_text(scene["OpenLayers"], encoding="utf-8")
    command = ["node_modules/.bin/esbuild", "snippet.js", "--bundle", "--format=esm", "--log-level=error"]
    run([*command, f"--outfile={tmp_path / 'made.js'}"], packages.parent)
    (tmp_path / "made.css").write_bytes((packages / "ol" / "ol.css").read_bytes())
    (tmp_path / "index.html").write_text(OPENLAYERS_PAGE, encoding="utf-8")
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    assert_drawn_as_by_the_server(context.new_page(), elsewhere, scene, fitting(scene, SIZE))
    context.close()


@pytest.mark.slow
@needs_npm
def test_the_maplibre_snippet_draws_all_of_the_scene_or_what_its_first_zoom_shows(
    browser_with_webgl: Any, packages: Path, scene: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    """The locked package answers in place of the public one."""
    (tmp_path / "index.html").write_text(scene["MapLibre"], encoding="utf-8")
    context = browser_with_webgl.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    context.route(f"{MAPLIBRE}**", lambda route: answer_with(route, packages / "maplibre-gl", MAPLIBRE))
    coarsest = METRES_AT_ZOOM_0 / 2 ** tilejson_of(scene)["minzoom"]
    assert_drawn_as_by_the_server(context.new_page(), elsewhere, scene, min(fitting(scene, SIZE), coarsest))
    context.close()


@pytest.mark.slow
@needs_npm
def test_the_folium_snippet_draws_all_of_the_scene_or_what_its_first_zoom_shows(
    browser: Any, packages: Path, scene: dict[str, str], elsewhere: str, tmp_path: Path
) -> None:
    """The locked Leaflet answers in place of the public one; the map does without all else that folium loads."""
    run_python(scene["folium"], tmp_path)
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
    context.route(re.compile("^https:"), answer_with_nothing)
    context.route(f"{LEAFLET}**", lambda route: answer_with(route, packages / "leaflet", LEAFLET))
    zoom = max(int(np.log2(METRES_AT_ZOOM_0 / fitting(scene, SIZE))), tilejson_of(scene)["minzoom"])
    page = context.new_page()
    assert_drawn_as_by_the_server(page, f"{elsewhere}map.html", scene, METRES_AT_ZOOM_0 / 2**zoom)
    context.close()


def answer_with(route: Any, package: Path, address: str) -> None:
    file = package / urlsplit(route.request.url.removeprefix(address)).path
    kind = "text/css" if file.suffix == ".css" else "text/javascript"
    headers = {"Access-Control-Allow-Origin": "*"}
    route.fulfill(body=file.read_bytes(), content_type=kind, headers=headers)


def answer_with_nothing(route: Any) -> None:
    """An empty script or sheet, or a white tile of the street map."""
    path = urlsplit(route.request.url).path
    if path.endswith(".png"):
        white = io.BytesIO()
        Image.new("RGB", (1, 1), "white").save(white, "png")
        return route.fulfill(body=white.getvalue(), content_type="image/png")
    return route.fulfill(body="", content_type="text/css" if path.endswith(".css") else "text/javascript")


def assert_drawn_as_by_the_server(page: Any, url: str, snippets: dict[str, str], metres: float) -> None:
    """Open a page, and compare its map with the server's own picture, a pixel of which is so many metres wide."""
    complaints, statuses = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("response", lambda answer: "/tiles/" in answer.url and statuses.append(answer.status))
    page.goto(url)
    expected = coarse(picture_of_the_scene(snippets, metres))
    inside = (expected < 250).any(axis=2)
    difference = np.inf
    for _ in range(50):
        shot = coarse(Image.open(io.BytesIO(page.screenshot())))
        difference = np.abs(shot - expected)[inside].mean()
        if difference < LIKE:
            break
        page.wait_for_timeout(200)
    assert not complaints
    assert set(statuses) == {200}
    assert difference < LIKE


def coarse(picture: Image.Image) -> np.ndarray:
    """Means of 10 pixels by 10, as (y, x, rgb): two ways to resample give the same, and two places do not."""
    return np.asarray(picture.convert("RGB").reduce(10)).astype(int)


def tilejson_of(snippets: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = requests.get(snippets["TileJSON"], timeout=10).json()
    return told


def extent_of(snippets: dict[str, str]) -> tuple[float, float, float, float]:
    """Bounds of the scene in metres of web mercator."""
    bounds = tilejson_of(snippets)["bounds"]
    left, bottom, right, top = Transformer.from_crs(4326, 3857, always_xy=True).transform_bounds(*bounds)
    return left, bottom, right, top


def fitting(snippets: dict[str, str], size_wh: tuple[int, int]) -> float:
    """Metres that a pixel is wide where a map of this size shows all of the scene, and no more."""
    left, bottom, right, top = extent_of(snippets)
    return max((right - left) / size_wh[0], (top - bottom) / size_wh[1])


def picture_of_the_scene(snippets: dict[str, str], metres: float) -> Image.Image:
    """The middle of the scene in a picture of ``SIZE``, over white."""
    left, bottom, right, top = extent_of(snippets)
    x, y = (left + right) / 2, (bottom + top) / 2
    half_x, half_y = metres * SIZE[0] / 2, metres * SIZE[1] / 2
    base, query = snippets["XYZ tiles"].split("/tiles/")[0], snippets["XYZ tiles"].split("?")[1]
    box = f"{x - half_x},{y - half_y},{x + half_x},{y + half_y}"
    url = f"{base}/crop/{box}/{SIZE[0]}x{SIZE[1]}.png?{query}&coord_crs=EPSG:3857&dst_crs=EPSG:3857"
    picture = Image.open(io.BytesIO(requests.get(url, timeout=10).content)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture)
