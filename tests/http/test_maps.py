"""OGC API Maps: the picture that rio-tiler draws of a box, in the order of coordinates that the CRS has."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import numpy as np
import pytest
import requests
from rio_tiler.io import Reader

from tests.problems import problem_of

Ask = Callable[..., requests.Response]

BOX = (30.80, 29.45, 30.88, 29.52)
LON_LAT, LAT_LON = "30.8,29.45,30.88,29.52", "29.45,30.8,29.52,30.88"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PICTURE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
EPSG = "http://www.opengis.net/def/crs/EPSG/0"
CRSS = ("EPSG:3857", "[EPSG:3857]", f"{EPSG}/3857", "[EPSG:3035]", "[EPSG:32636]", "[OGC:CRS84]")
HOSTILE_URLS = ("javascript:alert(1)", "//evil.example/#", "x\r\nSet-Cookie: a=b", "<script>", "#a=b&c")


@pytest.fixture(scope="module")
def scene(sample_server: str) -> tuple[str, str]:
    """URLs of an item and of one of its bands."""
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=20).json()["features"][0]
    item = f"{sample_server}/v0/collections/{found['collection']}/items/{found['id']}"
    return item, requests.get(item, timeout=20).json()["assets"]["B04"]["href"]


@pytest.fixture(scope="module")
def ask(sample_server: str, scene: tuple[str, str]) -> Ask:
    def send(path: str, accept: str = "*/*", **query: object) -> requests.Response:
        url = scene[path.startswith("/cog/")]
        asked = {name.replace("__", "-"): value for name, value in query.items()}
        return requests.get(
            sample_server + path,
            params={"url": url, **asked},
            headers={"Accept": accept},
            timeout=60,
            allow_redirects=False,
        )

    return send


@pytest.fixture(scope="module")
def raster(tmp_path_factory: pytest.TempPathFactory, scene: tuple[str, str]) -> str:
    path: Path = tmp_path_factory.mktemp("raster") / "B04.tif"
    path.write_bytes(requests.get(scene[1], timeout=30).content)
    return str(path)


def array(answer: requests.Response) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content))


@pytest.mark.parametrize("crs", [None, "EPSG:3857", "EPSG:3035", "EPSG:4326"])
@pytest.mark.parametrize("size", [{}, {"width": 128, "height": 96}, {"height": 77}])
def test_a_map_of_a_box_is_the_one_of_rio_tiler(ask: Ask, raster: str, crs: str | None, size: dict[str, int]):
    """Without `crs` in that of the raster; without a size at most 1024 pixels wide."""
    answer = ask("/cog/map", bbox=LON_LAT, f="npy", **size, **({"crs": crs} if crs else {}))
    ours = array(answer)
    with Reader(raster) as reader:
        theirs = reader.part(BOX, dst_crs=crs or reader.crs, bounds_crs="EPSG:4326", **(size or {"max_size": 1024}))
    assert ours.shape == (2, theirs.height, theirs.width)
    valid = (ours[1] > 0) & (theirs.mask > 0)
    assert valid.mean() > 0.5
    assert (ours[:1, valid] == theirs.data[:, valid]).mean() > 0.97


def test_a_map_without_a_box_is_the_preview(ask: Ask):
    for query in ({}, {"width": 100}, {"crs": "EPSG:3857"}):
        answer = ask("/stac/map", assets="visual", f="png", **query)
        told = {"dst_crs" if name == "crs" else name: value for name, value in query.items()}
        assert answer.headers["ETag"] == ask("/stac/preview.png", assets="visual", **told).headers["ETag"]


@pytest.mark.parametrize(
    ("query", "bbox"),
    [
        ({}, LON_LAT),
        ({"bbox__crs": "EPSG:4326"}, LON_LAT),  # as TiTiler
        ({"bbox__crs": "[OGC:CRS84]"}, LON_LAT),
        ({"bbox__crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}, LON_LAT),
        ({"bbox__crs": "[EPSG:4326]"}, LAT_LON),
        ({"bbox__crs": f"{EPSG}/4326"}, LAT_LON),
        ({"bbox__crs": "urn:ogc:def:crs:EPSG::4326"}, LAT_LON),
        ({"bbox_crs": "[EPSG:4326]"}, "29.45,30.8,0,29.52,30.88,100"),  # with heights
    ],
)
def test_a_box_is_read_in_the_order_of_its_crs(ask: Ask, query: dict[str, str], bbox: str):
    asked = ask("/cog/map", bbox=bbox, f="png", width=64, height=64, crs="EPSG:3857", **query)
    assert asked.status_code == 200, asked.text
    crop = ask(f"/cog/bbox/{LON_LAT}/64x64.png", dst_crs="EPSG:3857")
    assert asked.headers["ETag"] == crop.headers["ETag"]
    assert asked.content == crop.content


@pytest.mark.parametrize("crs", CRSS)
def test_the_place_of_a_map_is_told_in_the_order_of_its_crs(ask: Ask, crs: str):
    """/req/core/map-response of OGC API Maps; a map of the place that was told is the same map."""
    first = ask("/cog/map", bbox=LON_LAT, f="png", width=64, height=64, crs=crs)
    told = {"bbox": first.headers["Content-Bbox"], "bbox__crs": first.headers["Content-Crs"].strip("<>")}
    again = ask("/cog/map", f="png", width=64, height=64, crs=crs, **told)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Content-Bbox"] == first.headers["Content-Bbox"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("image/jpeg;q=0.5, image/png", "image/png"),
        ("image/webp", "image/webp"),
        ("image/tiff", "image/tiff; application=geotiff"),
        ("application/geo+json, image/png;q=0.1", "image/png"),
    ],
)
def test_a_program_gets_the_format_that_it_names(ask: Ask, accept: str, media_type: str):
    answer = ask("/cog/map", accept, bbox=LON_LAT, width=32, height=32)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("accept", ["*/*", PICTURE, "", "x" * 20_000, "image/*;q=x,,;"])
def test_one_that_takes_anything_gets_a_picture(ask: Ask, accept: str):
    answer = ask("/cog/map", accept, bbox=LON_LAT, width=32, height=32)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("image/")


def page_state(answer: requests.Response, base: str) -> dict[str, str]:
    """What the page is told to show."""
    assert answer.status_code == 307, answer.text
    place = urlsplit(answer.headers["Location"])
    assert f"{place.scheme}://{place.netloc}" == base
    assert place.path == "/"
    assert not place.query
    return dict(parse_qsl(place.fragment, keep_blank_values=True))


@pytest.mark.parametrize("path", ["map", "map.html", "viewer", "WebMercatorQuad/map.html", "WorldCRS84Quad/map"])
def test_a_browser_is_led_to_the_page(ask: Ask, sample_server: str, scene: tuple[str, str], path: str):
    asked = {"assets": ["B04", "B03"], "rescale": ["0,3000", "0,2000"], "bbox": LON_LAT, "width": 9}
    state = page_state(ask(f"/stac/{path}", HTML, **asked), sample_server)
    assert (state["ds"], state["url"]) == ("stac", scene[0])
    assert parse_qs(state["layer"]) == {"assets": ["B04", "B03"], "rescale": ["0,3000", "0,2000"]}
    state = page_state(ask(f"/cog/{path}", HTML, bidx="1"), sample_server)
    assert state == {"ds": "cog", "url": scene[1], "layer": "bidx=1"}


def test_assets_with_options_stay_apart(ask: Ask, sample_server: str):
    state = page_state(ask("/stac/viewer", assets=["B04|bidx=1", "B03"]), sample_server)
    assert parse_qs(state["layer"]) == {"assets": ["B04|bidx=1", "B03"]}


def test_a_browser_that_names_a_format_gets_the_picture(ask: Ask):
    assert ask("/cog/map", HTML, f="png", width=32).headers["Content-Type"] == "image/png"


def test_the_page_alone_needs_no_dataset(sample_server: str):
    answer = requests.get(f"{sample_server}/stac/viewer", timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{sample_server}/")
    problem_of(requests.get(f"{sample_server}/stac/WebMercatorQuad/map.html", timeout=10))


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_no_text_leads_a_browser_elsewhere(sample_server: str, url: str):
    asked = {"url": url, "assets": url, "rescale": url, url: "x"}
    answer = requests.get(f"{sample_server}/stac/viewer", params=asked, timeout=10, allow_redirects=False)
    state = page_state(answer, sample_server)
    assert state["url"] == url
    assert set(answer.headers) & {"Set-Cookie"} == set()


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ({"bbox": "1,2,3"}, 422, "4 numbers"),
        ({"bbox": "a,b,c,d"}, 422, "4 numbers"),
        ({"bbox": "1,2,3,4,5"}, 422, "4 numbers"),
        ({"bbox": "31,29,30,28"}, 400, "inverted"),
        ({"bbox": "1e400,0,2,3"}, 400, "finite"),
        ({"bbox": "0,0,1e9,1"}, 400, "earth"),
        ({"bbox": "0,0,1,1"}, 404, "outside"),
        ({"bbox": LON_LAT, "bbox__crs": "file:///etc/passwd"}, 400, "CRS"),
        ({"bbox": LON_LAT, "bbox__crs": "http://www.opengis.net/def/crs/EPSG/0/999999"}, 400, "CRS"),
        ({"bbox": LON_LAT, "crs": "[EPSG:4978]"}, 400, "CRS"),
        ({"bbox": LON_LAT, "crs": "PROJCS[" * 900}, 400, "CRS"),
        ({"width": 0}, 400, "width"),
        ({"width": "1.5"}, 422, "width"),
        ({"width": 10**6, "height": 10**6}, 400, "SWATH_"),
        ({"f": "gif"}, 400, "gif"),
        ({"url": ""}, 422, "url"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, query: dict[str, object], status: int, word: str):
    answer = ask("/cog/map", **{"f": "png", **query})
    assert answer.status_code == status, answer.text
    assert word in problem_of(answer)["detail"]


@pytest.mark.parametrize(
    "bbox", ["-180,-90,180,90", "-179,-90,179,90", "-180,-90,179,89", "-180,-85,180,85", "0,-90,180,90"]
)
def test_the_world_holds_the_data(ask: Ask, bbox: str):
    """UTM has bounds for the poles, but wrong ones."""
    shown = {"assets": "visual", "max_size": 64, "f": "png"}
    assert ask(f"/stac/crop/{bbox}.png", **shown).status_code == 200
    assert ask("/stac/map", bbox=bbox, crs="EPSG:4326", **shown).status_code == 200
    own = ask("/stac/map", bbox=bbox, **shown)
    assert own.status_code == 200 or "ask for a smaller box" in problem_of(own)["detail"]


def test_a_box_in_the_order_of_its_crs_is_told_as_it_was_written(ask: Ask):
    told = problem_of(ask("/stac/map", bbox="30.8,29.45,30.7,29.52", **{"bbox-crs": "[EPSG:4326]"}, f="png"))["detail"]
    assert "bbox='30.8,29.45,30.7,29.52'" in told
    assert "miny,minx,maxy,maxx" in told


@pytest.mark.parametrize("path", ["map", "viewer", "map.html", "WebMercatorQuad/map.html"])
def test_head_is_answered_with_the_headers_of_get(ask: Ask, path: str):
    get = ask(f"/cog/{path}", width=32)
    head = requests.head(get.url, timeout=30)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in set(get.headers) & {"Content-Type", "Cache-Control", "Location", "ETag", "Content-Bbox"}:
        assert head.headers[name] == get.headers[name]
