"""WMTS: valid by its schema, cut to the data, and read by GDAL as the tiles that the server draws."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import requests
from PIL import Image
from rasterio.warp import transform_bounds

from app.settings import Settings
from tests.ogc import SPACES, XLINK_HREF, faults_of_capabilities, layers_of, limits_of, template_of, text_of
from tests.problems import problem_of
from tests.serving import serving

Ask = Callable[..., requests.Response]

TILE = {"TileMatrix": "12", "TileRow": "1696", "TileCol": "2398"}
KVP_TILE = {"SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", **TILE}
QUERIES = {
    "colours": {"assets": "B04,B03,B02", "color_formula": "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"},
    "index": {"expression": "(B08-B04)/(B08+B04)", "rescale": "-1,1", "colormap_name": "viridis"},
    "repeated": {"assets": ["B08", "B04", "B03"], "rescale": ["0,3000", "0,2000", "0,2500"]},
    "render": {"render": "ndvi"},
}


@pytest.fixture(scope="module")
def scene(sample_server: str) -> tuple[str, str]:
    """URLs of an item and of its picture."""
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=20).json()["features"][0]
    item = f"{sample_server}/v0/collections/{found['collection']}/items/{found['id']}"
    return item, requests.get(item, timeout=20).json()["assets"]["visual"]["href"]


@pytest.fixture(scope="module")
def ask(sample_server: str, scene: tuple[str, str]) -> Ask:
    def send(path: str, **query: object) -> requests.Response:
        url = scene[path.startswith("/cog/")]
        return requests.get(sample_server + path, params={"url": url, **query}, timeout=60)

    return send


def valid(answer: requests.Response) -> bytes:
    """The body of capabilities, after it was held against the schema."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/xml"
    assert "X-Ignored-Params" not in answer.headers
    assert faults_of_capabilities(answer.content) == []
    return answer.content


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["WMTSCapabilities.xml", "WorldCRS84Quad/WMTSCapabilities.xml", "wmts"])
def test_capabilities_are_valid_and_their_tiles_are_there(ask: Ask, path: str, query: str):
    [layer] = layers_of(valid(ask(f"/stac/{path}", **QUERIES[query])))
    zoom, (row, _, column, _) = list(limits_of(layer).items())[-1]
    filled = template_of(layer).format(TileMatrix=zoom, TileRow=row, TileCol=column)
    tile = requests.get(filled, timeout=30)
    assert (tile.status_code, tile.headers["Content-Type"]) == (200, text_of(layer, "w:Format"))


def test_a_raster_has_one_layer(ask: Ask):
    [layer] = layers_of(valid(ask("/cog/WMTSCapabilities.xml")))
    assert text_of(layer, "w:Style/ows:Identifier") == "default"
    assert "/cog/tiles/WebMercatorQuad/{TileMatrix}/{TileCol}/{TileRow}@1x.png?" in template_of(layer)


def test_an_item_of_which_nothing_is_selected_has_a_layer_for_each_render(ask: Ask, scene: tuple[str, str]):
    """By the names that TiTiler gives them, so that saved projects find their layers."""
    layers = layers_of(valid(ask("/stac/WMTSCapabilities.xml")))
    names = [text_of(layer, "ows:Identifier") for layer in layers]
    renders = ask("/stac/renders").json()["renders"]
    assert names == [f"{scene[0]}_WebMercatorQuad_{name}" for name in renders]
    assert [parse_qs(urlsplit(template_of(layer)).query)["render"] for layer in layers] == [
        [name.rpartition("WebMercatorQuad_")[2]] for name in names
    ]


def test_the_callers_query_goes_along_and_what_is_for_the_document_does_not(ask: Ask):
    asked = {"rescale": "0,255", "tms": "WebMercatorQuad", "use_epsg": "true", "maxzoom": 12, "SERVICE": "WMTS"}
    [layer] = layers_of(valid(ask("/stac/WMTSCapabilities.xml", assets=["visual"], tile_format="webp", **asked)))
    handed = parse_qs(urlsplit(template_of(layer)).query)
    assert set(handed) == {"url", "assets", "rescale", "empty"}
    assert handed["empty"] == ["blank"]
    assert urlsplit(template_of(layer)).path.endswith("@1x.webp")


def test_zooms_and_limits_are_those_of_the_data(ask: Ask):
    """By hand: the raster's corners in Web Mercator, over the width of a tile."""
    info, told = ask("/cog/info").json(), ask("/cog/tilejson.json").json()
    limits = limits_of(layers_of(valid(ask("/cog/WMTSCapabilities.xml")))[0])
    assert [int(zoom) for zoom in limits] == list(range(told["minzoom"], told["maxzoom"] + 1))
    left, bottom, right, top = transform_bounds(info["crs"], "EPSG:3857", *info["bounds"])
    half = 20037508.342789244
    for zoom, (first_row, last_row, first_column, last_column) in limits.items():
        size = 2 * half / 2 ** int(zoom)
        assert (first_column, last_column) == ((left + half) // size, (right + half) // size)
        assert (first_row, last_row) == ((half - top) // size, (half - bottom) // size)


@pytest.mark.parametrize(
    ("query", "zooms"),
    [
        ({"minzoom": 9, "maxzoom": 11}, [9, 10, 11]),
        ({"zooms": "WebMercatorQuad::6,7"}, [6, 7]),
        ({"zooms": ["*::5,5", "WebMercatorQuad::6,7"]}, [6, 7]),
        ({"zooms": "*::5,6", "maxzoom": 5}, [5]),
    ],
)
def test_zooms_may_be_given(ask: Ask, query: dict[str, object], zooms: list[int]):
    document = valid(ask("/stac/WMTSCapabilities.xml", assets="visual", **query))
    assert [int(zoom) for zoom in limits_of(layers_of(document)[0])] == zooms
    matrices = ET.fromstring(document).findall("w:Contents/w:TileMatrixSet/w:TileMatrix/ows:Identifier", SPACES)
    assert [int(matrix.text or "") for matrix in matrices] == zooms


def test_several_tile_matrix_sets_have_a_layer_each(ask: Ask):
    names = ["WebMercatorQuad", "WorldCRS84Quad", "EuropeanETRS89_LAEAQuad", "UTM31WGS84Quad"]
    asked = [names[0], ",".join(names[1:])]
    document = valid(ask("/stac/WMTSCapabilities.xml", assets="visual", tms=asked, tile_scale=2))
    layers = layers_of(document)
    assert [text_of(layer, "w:TileMatrixSetLink/w:TileMatrixSet") for layer in layers] == names
    sets = ET.fromstring(document).findall("w:Contents/w:TileMatrixSet", SPACES)
    assert [text_of(each, "ows:SupportedCRS").rpartition(":")[2] for each in sets] == ["3857", "CRS84", "3035", "32631"]
    for layer in layers:
        zoom, (row, _, column, _) = list(limits_of(layer).items())[-1]
        tile = requests.get(template_of(layer).format(TileMatrix=zoom, TileRow=row, TileCol=column), timeout=30)
        assert Image.open(io.BytesIO(tile.content)).size == (512, 512)


READ = """
import json, sys
import numpy as np, rasterio
name, window = sys.argv[1], json.loads(sys.argv[2])
with rasterio.open(name) as found:
    left, bottom, right, top = window
    inside = rasterio.windows.from_bounds(left, bottom, right, top, found.transform)
    np.save(sys.argv[3], found.read(window=inside.round_offsets().round_lengths()))
    print(json.dumps({"crs": found.crs.to_epsg(), "count": found.count, "levels": found.overviews(1)}))
"""


@pytest.mark.parametrize("path", ["/stac/WMTSCapabilities.xml", "/stac/wmts"])
def test_gdal_reads_the_tiles_that_we_draw(ask: Ask, sample_server: str, tmp_path: Path, path: str):
    """`rasterio.open("WMTS:http://…")`, in a process of its own: in this one GDAL may open nothing by itself."""
    asked = ask(path, assets="visual", SERVICE="WMTS", REQUEST="GetCapabilities")
    [layer] = layers_of(valid(asked))
    zoom, (row, _, column, _) = list(limits_of(layer).items())[-1]
    row, column = row + 3, column + 3
    size = 2 * 20037508.342789244 / 2 ** int(zoom)
    left, top = column * size - 20037508.342789244, 20037508.342789244 - row * size
    command = [sys.executable, "-c", READ, f"WMTS:{asked.url}", json.dumps([left, top - size, left + size, top])]
    command.append(str(tmp_path / "read.npy"))
    # As a person has it: without the settings of this process, which forbid it; GDAL keeps a cache where it works.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=100, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["crs"], told["count"]) == (3857, 4)
    ours = requests.get(template_of(layer).format(TileMatrix=zoom, TileRow=row, TileCol=column), timeout=30)
    drawn = np.asarray(Image.open(io.BytesIO(ours.content)).convert("RGBA")).transpose(2, 0, 1)
    np.testing.assert_array_equal(np.load(tmp_path / "read.npy"), drawn)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title])
def test_a_tile_by_query_is_the_tile_of_the_template(ask: Ask, query: str, spelling: Callable[[str], str]):
    asked = {spelling(name): value for name, value in {**KVP_TILE, "FORMAT": "image/png"}.items()}
    by_query = ask("/stac/wmts", **QUERIES[query], **asked)
    [layer] = layers_of(valid(ask("/stac/wmts", **QUERIES[query])))
    by_template = requests.get(template_of(layer).format(**TILE), timeout=30)
    assert by_query.status_code == by_template.status_code == 200, by_query.text
    assert by_query.content == by_template.content
    assert by_query.headers["ETag"] == by_template.headers["ETag"]
    known = requests.get(by_query.url, headers={"If-None-Match": by_query.headers["ETag"]}, timeout=30)
    assert (known.status_code, known.content) == (304, b"")


def test_a_layer_of_a_render_is_drawn_as_the_render(ask: Ask, scene: tuple[str, str]):
    layer = f"{scene[0]}_WebMercatorQuad_ndvi"
    by_query = ask("/stac/wmts", **KVP_TILE, LAYER=layer, STYLE="default", FORMAT="image/png")
    assert by_query.headers["ETag"] == ask("/stac/tiles/12/2398/1696.png", render="ndvi").headers["ETag"]
    alone = ask("/stac/wmts", **KVP_TILE, LAYER="ndvi", assets="visual")
    assert alone.headers["ETag"] == by_query.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/stac/WorldCRS84Quad/WMTSCapabilities.xml", {}),
        ("/stac/WMTSCapabilities.xml", {"tms": "WorldCRS84Quad"}),
        ("/stac/wmts", {"TileMatrixSetId": ["WorldCRS84Quad", "WebMercatorQuad"]}),
        ("/stac/WMTSCapabilities.xml", {}),
    ],
)
def test_the_document_names_addresses_of_itself(ask: Ask, path: str, query: dict[str, object]):
    """With the same tile matrix sets."""
    document = ask(path, assets="visual", **query).content
    addresses = re.findall(rb'(?:xlink:href|href)="([^"]+WMTSCapabilities.xml[^"]*)"', document)
    addresses += [each + b"REQUEST=GetCapabilities" for each in re.findall(rb'"([^"]+/wmts[?][^"]*)"', document)]
    assert len(addresses) >= 2
    for address in addresses:
        again = requests.get(unescape(address.decode()), timeout=30).content
        assert sets_of(again) == sets_of(document)


def sets_of(document: bytes) -> list[str]:
    return sorted(set(re.findall(r"<TileMatrixSet>([^<]+)</TileMatrixSet>", document.decode())))


def test_the_address_of_the_queries_in_the_capabilities_works(ask: Ask):
    """As programs add to it what they ask for."""
    document = valid(ask("/stac/WMTSCapabilities.xml", assets="visual", tilesize=128))
    for operation, more in (
        ("GetCapabilities", {}),
        ("GetTile", TILE),
        ("GetFeatureInfo", {**TILE, "I": 60, "J": 60, "INFOFORMAT": "application/json"}),
    ):
        found = ET.fromstring(document).findall(f".//ows:Operation[@name='{operation}']//ows:Get", SPACES)
        [href] = [each.attrib[XLINK_HREF] for each in found if "/wmts?" in each.attrib[XLINK_HREF]]
        answer = requests.get(href + urlencode({"SERVICE": "WMTS", "REQUEST": operation, **more}), timeout=30)
        assert answer.status_code == 200, answer.text
        if operation == "GetTile":
            assert Image.open(io.BytesIO(answer.content)).size == (128, 128)


def test_a_pixel_of_a_tile_tells_the_values_of_the_point_below_it(ask: Ask):
    """The middle of pixel 100, 120 of tile 12/2398/1696, by hand."""
    size = 2 * 20037508.342789244 / 2**12
    x = 2398 * size - 20037508.342789244 + (100 + 0.5) * size / 256
    y = 20037508.342789244 - 1696 * size - (120 + 0.5) * size / 256
    asked = {**KVP_TILE, "request": "getfeatureinfo", "I": 100, "J": 120, "assets": "B04,B08"}
    del asked["REQUEST"]
    answer = ask("/stac/wmts", **asked)
    assert answer.headers["Content-Type"] == "application/json"
    [feature] = answer.json()["features"]
    point = ask(f"/stac/point/{x},{y}", assets="B04,B08", coord_crs="EPSG:3857").json()
    assert list(feature["properties"].values()) == point["values"]
    assert list(feature["properties"]) == point["band_descriptions"]
    assert feature["geometry"]["type"] == "Point"
    assert 30.7 < feature["geometry"]["coordinates"][0] < 31


def test_a_pixel_outside_the_data_tells_of_no_feature(ask: Ask):
    asked = {"REQUEST": "GetFeatureInfo", "TileMatrix": 12, "TileRow": 0, "TileCol": 0, "I": 0, "J": 0}
    assert ask("/stac/wmts", assets="B04", **asked).json() == {"type": "FeatureCollection", "features": []}


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ({"REQUEST": "GetMap"}, 400, "GetTile"),
        ({"SERVICE": "WMS"}, 400, "SERVICE"),
        ({"VERSION": "2.0.0"}, 400, "1.0.0"),
        ({"REQUEST": "GetCapabilities", "ACCEPTVERSIONS": "2.0.0"}, 400, "1.0.0"),
        ({"TileRow": ""}, 422, "TILEROW"),
        ({"TileRow": "a"}, 422, "TileRow='a'"),
        ({"TileRow": "1696@2x"}, 422, "TileRow='1696@2x'"),
        ({"TileMatrix": "99"}, 400, "TileMatrix='99'"),
        ({"TileMatrix": "28"}, 400, "zooms"),
        ({"TileMatrix": "EPSG:3857:12"}, 422, "TileMatrix='EPSG"),
        ({"TileMatrixSet": "WebMercatorQuat"}, 400, "WebMercatorQuad"),
        ({"FORMAT": "image/gif"}, 400, "image/png"),
        ({"STYLE": "red"}, 400, "default"),
        ({"LAYER": "ndwi"}, 400, "ndvi"),
        ({"LAYER": "x" * 9000}, 400, "render"),
        ({"assets": "B99"}, 404, "B99"),
        ({"url": ""}, 422, "url"),
        ({"REQUEST": "GetFeatureInfo"}, 422, "I is missing"),
        ({"REQUEST": "GetFeatureInfo", "I": 256, "J": 0}, 400, "0 to 255"),
        ({"REQUEST": "GetFeatureInfo", "I": "1e3", "J": 0}, 422, "I="),
        ({"REQUEST": "GetFeatureInfo", "I": 1, "J": 1, "INFOFORMAT": "text/html"}, 400, "application/json"),
    ],
)
def test_what_is_wrong_with_a_query_is_said(ask: Ask, query: dict[str, object], status: int, word: str):
    asked = {**KVP_TILE, "assets": "visual", **query}
    answer = ask("/stac/wmts", **asked)
    assert answer.status_code == status, answer.text
    assert word in problem_of(answer)["detail"]


@pytest.mark.parametrize(
    ("path", "query", "status", "word"),
    [
        ("/stac/WMTSCapabilities.xml", {"assets": "B99"}, 404, "B99"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tms": "GNOSISGlobalGrid"}, 400, "rows of different widths"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tms": "NZTM2000Quad"}, 404, "NZTM2000Quad"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tms": "x," * 4000}, 400, "tile matrix set"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "zooms": "1,2"}, 400, "WebMercatorQuad::8,14"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "zooms": "*::9,2"}, 400, "zooms"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "minzoom": 9, "maxzoom": 2}, 400, "minzoom"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "minzoom": 26}, 404, "No tile"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tile_format": "gif"}, 400, "tile_format"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tile_scale": 9}, 400, "tile_scale"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "tilesize": 10**6}, 400, "SWATH_TILE_SIZE_MAX"),
        ("/stac/WMTSCapabilities.xml", {"assets": "B04", "expresion": "1", "strict": "true"}, 400, "expression"),
        ("/stac/x/WMTSCapabilities.xml", {"assets": "B04"}, 400, "tile matrix set"),
        ("/cog/wmts", {"LAYER": "ndvi", **KVP_TILE}, 400, "LAYER"),
    ],
)
def test_what_is_wrong_with_a_document_is_said(ask: Ask, path: str, query: dict[str, object], status: int, word: str):
    answer = ask(path, **query)
    assert answer.status_code == status, answer.text
    assert word in problem_of(answer)["detail"]


@pytest.mark.parametrize("path", ["WMTSCapabilities.xml", "wmts", "WebMercatorQuad/WMTSCapabilities.xml"])
def test_head_is_answered_with_the_headers_of_get(ask: Ask, path: str):
    get = ask(f"/stac/{path}", assets="visual")
    head = requests.head(get.url, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    for name in (
        "Content-Type",
        "Cache-Control",
        "X-Content-Type-Options",
        "Content-Length",
        "Access-Control-Allow-Origin",
    ):
        assert head.headers[name] == get.headers[name]


NAMES = ["<script>", "]]>&lt;", "\x00\x1b", "half \ud800", "a" * 3000, "名前"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, scene: tuple[str, str]) -> Iterator[tuple[str, Path]]:
    """A server, and a folder of items whose every word is chosen by somebody else."""
    folder: Path = tmp_path_factory.mktemp("words")
    (folder / "a.tif").write_bytes(requests.get(scene[1], timeout=30).content)
    renders = {name: {"assets": ["a"], "title": name} for name in NAMES} | {"broken": {"assets": ["nothing"]}}
    for number, name in enumerate(NAMES):
        item = {"type": "Feature", "id": name, "assets": {"a": {"href": "./a.tif", "type": "image/tiff"}},
                "properties": {"renders": renders, "providers": [{"name": name}]}}  # fmt: skip
        (folder / f"{number}.json").write_text(json.dumps(item))
    with serving(Settings(data_root=folder)) as base:
        yield base, folder


@pytest.mark.parametrize("number", range(len(NAMES)))
@pytest.mark.parametrize("query", [{}, {"assets": "a"}])
def test_hostile_words_of_an_item_are_told_harmlessly(hostile: tuple[str, Path], number: int, query: dict[str, str]):
    base, folder = hostile
    asked = {"url": f"{folder}/{number}.json", **query}
    layers = layers_of(valid(requests.get(f"{base}/stac/WMTSCapabilities.xml", params=asked, timeout=30)))
    assert len(layers) == (1 if query else len(NAMES))
    for layer in layers:
        assert requests.get(template_of(layer).format(**TILE), timeout=30).status_code == 200
    for path in ("/stac/tiles", "/stac/tiles/WebMercatorQuad", "/stac/tilejson.json"):
        assert requests.get(base + path, params={"assets": "a", **asked}, timeout=30).status_code == 200
