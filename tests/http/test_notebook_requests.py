"""The requests of the 2020 notebook, byte for byte (CONTRACT section 1.1), against the sample catalogue."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.windows import Window
from rio_tiler.io import Reader

from app.sample.catalogue import SampleCatalogue
from app.settings import Settings

BBOX = "30.810813903808594,29.454247067148533,30.88600158691406,29.51879923863822"
TRUE_COLOR = (
    "assets=B04%2CB03%2CB02&color_formula=Gamma+RGB+3.5+Saturation+1.7+Sigmoidal+RGB+15+0.35&minzoom=8&maxzoom=14"
)
FALSE_COLOR = TRUE_COLOR.replace("B04%2CB03%2CB02", "B08%2CB04%2CB03")
NDVI = "expression=%28B08-B04%29%2F%28B08%2BB04%29"
NDVI_MAP = f"{NDVI}&rescale=-1%2C1&minzoom=8&maxzoom=14&color_map=viridis"
CROP_RGB = (
    "assets=B04%2CB03%2CB02&color_formula=gamma+RGB+3.5%2C+saturation+1.7%2C+sigmoidal+RGB+15+0.35&width=64&height=64"
)


class Answer(NamedTuple):
    """What came back, and how it was labelled."""

    status: int
    media_type: str
    body: bytes


@pytest.fixture(scope="module")
def items(sample_server: str) -> list[str]:
    """Ids of the notebook's search, newest first."""
    polygon = [[30.81, 29.45], [30.88, 29.45], [30.88, 29.51], [30.81, 29.51], [30.81, 29.45]]
    body = {
        "collections": ["sentinel-s2-l2a-cogs"],
        "datetime": "2019-01-01T00:00:00Z/2019-12-11T23:59:59Z",
        "query": {"eo:cloud_cover": {"lt": 5}},
        "intersects": {"type": "Polygon", "coordinates": [polygon]},
        "limit": 100,
        "fields": {"include": ["id", "properties.datetime"], "exclude": ["assets", "links"]},
    }
    found = json.loads(send(sample_server, "/v0/search", body).body)
    assert found["context"]["matched"] == found["context"]["returned"] == len(found["features"]) >= 14
    assert all("geometry" in feature for feature in found["features"])
    return [feature["id"] for feature in found["features"]]


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the sample's files are."""
    catalogue = SampleCatalogue.from_settings(Settings())
    return catalogue.root / catalogue.collection_id


def send(base: str, target: str, body: object = None) -> Answer:
    """Send exactly this request line: no client tidies the slashes or the encoding."""
    connection = HTTPConnection(urlsplit(base).netloc, timeout=60)
    if body is None:
        connection.putrequest("GET", target)
        connection.endheaders()
    else:
        connection.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return Answer(answer.status, answer.getheader("Content-Type", ""), content)


def item_parameter(base: str, item: str) -> str:
    """``url=`` as ``requests`` encodes it."""
    return "url=" + quote(f"{base}/v0/collections/sentinel-s2-l2a-cogs/items/{item}", safe="")


def array(base: str, item: str, query: str) -> np.ndarray:
    answer = send(base, f"/stac/crop/{BBOX}.npy?{item_parameter(base, item)}&{query}")
    assert answer.status == 200, answer.body[:300]
    assert answer.media_type == "application/x-binary"
    return np.load(BytesIO(answer.body), allow_pickle=False)


@pytest.mark.parametrize("query", [TRUE_COLOR, FALSE_COLOR, NDVI_MAP], ids=["S1", "S2", "S3"])
def test_the_tilejson_of_the_notebook_gives_tiles_that_a_browser_shows(sample_server, items, query):
    """``//stac/tilejson.json`` without a redirect, the query's zooms, a template without ``//``, and its tiles."""
    answer = send(sample_server, f"//stac/tilejson.json?{item_parameter(sample_server, items[0])}&{query}")
    assert answer.status == 200
    body = json.loads(answer.body)
    template = body["tiles"][0]
    assert (body["minzoom"], body["maxzoom"], body["tilejson"], body["scheme"]) == (8, 14, "3.0.0", "xyz")
    assert template.startswith(f"{sample_server}/stac/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}@1x?url=")
    assert "//" not in template.removeprefix("http://")
    assert not re.search("minzoom|maxzoom", template)
    for zxy, media_types in {(12, 2398, 1696): {"image/jpeg", "image/png"}, (8, 0, 0): {"image/png"}}.items():
        path = template.format(**dict(zip("zxy", zxy, strict=True))).removeprefix(sample_server)
        tile = send(sample_server, path)
        assert tile.status == 200
        assert tile.media_type in media_types
        assert Image.open(BytesIO(tile.body)).size == (256, 256)


def test_the_bounds_of_the_tilejson_are_those_of_the_item(sample_server, items, folder):
    body = json.loads(
        send(sample_server, f"//stac/tilejson.json?{item_parameter(sample_server, items[0])}&{TRUE_COLOR}").body
    )
    item = json.loads((folder / items[0] / f"{items[0]}.json").read_text())
    assert body["bounds"] == item["bbox"]
    assert body["name"] == items[0]


def test_s4_is_one_raw_band_and_its_mask(sample_server, items, folder):
    """uint16 values of the file, as rio-tiler reads them."""
    data = array(sample_server, items[0], "assets=B02&width=128&height=128")
    assert (data.shape, data.dtype) == ((2, 128, 128), np.uint16)
    assert set(np.unique(data[-1])) <= {0, 255}
    with Reader(str(folder / items[0] / "B02.tif")) as src:
        theirs = src.part([float(v) for v in BBOX.split(",")], width=128, height=128)
    assert np.array_equal(data[0], theirs.array.filled(0)[0])


def test_s5_is_uint8_although_no_rescale_is_given(sample_server, items):
    """Lower case, commas: the formula scales uint16 by 65535, and the picture is neither black nor white."""
    data = array(sample_server, items[0], CROP_RGB)
    assert (data.shape, data.dtype) == ((4, 64, 64), np.uint8)
    assert set(np.unique(data[-1])) <= {0, 255}
    assert 40 < data[:3].mean() < 200


def test_the_formula_is_the_same_in_three_spellings(sample_server, items):
    spellings = [
        "gamma+RGB+3.5%2C+saturation+1.7%2C+sigmoidal+RGB+15+0.35",
        "Gamma+RGB+3.5+Saturation+1.7+Sigmoidal+RGB+15+0.35",
        "gamma%20rgb%203.5,saturation%201.7,sigmoidal%20rgb%2015%200.35",
    ]
    arrays = [
        array(sample_server, items[0], f"assets=B04%2CB03%2CB02&color_formula={formula}&width=64&height=64")
        for formula in spellings
    ]
    assert all(np.array_equal(arrays[0], other) for other in arrays)


def test_s6_equals_numpys_ndvi_of_the_same_window(sample_server, items, folder):
    """To 1e-6; negative over water, so uint16 did not wrap."""
    data = array(sample_server, items[0], f"{NDVI}&width=64&height=64")
    assert (data.shape, data.dtype) == ((2, 64, 64), np.float64)
    bands = []
    for name in ("B08", "B04"):
        with Reader(str(folder / items[0] / f"{name}.tif")) as src:
            bands.append(src.part([float(v) for v in BBOX.split(",")], width=64, height=64).array.astype(np.float64))
    nir, red = bands
    expected = ((nir - red) / (nir + red))[0]
    assert np.array_equal(data[-1] == 255, ~np.ma.getmaskarray(expected))
    assert np.allclose(data[0], expected.filled(0), atol=1e-6, rtol=0)
    assert data[0].min() < 0 < data[0].max()


def test_ndvi_of_a_window_of_the_file_equals_numpys(sample_server, items, folder):
    """Independent of rio-tiler: 64 x 64 pixels of the file in its own CRS, read by rasterio and divided by numpy."""
    window, bands = Window(500, 400, 64, 64), []
    for name in ("B08", "B04"):
        with rasterio.open(folder / items[0] / f"{name}.tif") as src:
            bands.append(src.read(1, window=window).astype(np.float64))
            bounds = ",".join(map(str, src.window_bounds(window)))
    query = f"{item_parameter(sample_server, items[0])}&{NDVI}&coord_crs=EPSG%3A32636&width=64&height=64"
    data = np.load(BytesIO(send(sample_server, f"/stac/crop/{bounds}.npy?{query}").body))
    nir, red = bands
    assert np.allclose(data[0], (nir - red) / (nir + red), atol=1e-6, rtol=0)


def test_three_dialects_of_the_expression_give_the_same_bytes(sample_server, items):
    """2020: asset names; 1.x: ``B08_b1``; 2.x: positions over the assets listed."""
    spellings = [
        NDVI,
        "expression=%28B08_b1-B04_b1%29%2F%28B08_b1%2BB04_b1%29",
        f"{NDVI}&asset_as_band=True",
        "assets=B08&assets=B04&expression=%28b1-b2%29%2F%28b1%2Bb2%29",
    ]
    arrays = [array(sample_server, items[0], f"{spelling}&width=64&height=64") for spelling in spellings]
    assert all(np.array_equal(arrays[0], other) for other in arrays)


def test_all_crops_of_the_notebook_succeed_with_ten_clients(sample_server, items):
    """S5 and S6 of every scene, ten at a time: one failure would break the notebook."""
    queries = [(item, query) for item in items for query in (CROP_RGB, f"{NDVI}&width=64&height=64")]
    with ThreadPoolExecutor(10) as pool:
        arrays = list(pool.map(lambda asked: array(sample_server, *asked), queries))
    assert len(arrays) == 2 * len(items)


@pytest.mark.parametrize(
    "path",
    ["/stac/tiles/12/2398/1696.png", "/stac/tiles/12/2398/1696", f"/stac/crop/{BBOX}.png", "/stac/point/30.85,29.48"],
    ids=["P1", "P1 without format", "P2", "P3"],
)
def test_the_forms_of_the_prose_answer(sample_server, items, path):
    answer = send(sample_server, f"{path}?{item_parameter(sample_server, items[0])}&assets=B03")
    assert answer.status == 200, answer.body


def test_the_form_of_the_prose_for_a_single_raster_answers(sample_server, items):
    """P4: ``/cog/tiles/z/x/y?url=``."""
    url = quote(f"{sample_server}/samples/sentinel-s2-l2a-cogs/{items[0]}/visual.tif", safe="")
    answer = send(sample_server, f"/cog/tiles/12/2398/1696?url={url}")
    assert answer.status == 200
    assert answer.media_type in {"image/jpeg", "image/png"}
