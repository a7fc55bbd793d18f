"""Tilesets as OGC API Tiles tells of them, and tile matrix sets of one's own."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyproj
import pytest
import requests
from morecantile import TileMatrixSet
from morecantile import tms as library
from PIL import Image
from rasterio.warp import transform_bounds

from app.access.signature import Signer, sign_url
from app.settings import Settings
from tests.ogc import (
    TILE_MATRIX_SET,
    TILESET,
    faults_of_capabilities,
    faults_of_json,
    layers_of,
    limits_of,
    template_of,
)
from tests.problems import problem_of
from tests.serving import serving

Ask = Callable[..., requests.Response]

TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
FAR_AWAY = {"LINZAntarticaMapTilegrid", "NZTM2000Quad", "UPSAntarcticWGS84Quad"}
"""Sets in which Egypt has no place."""
NILE = TileMatrixSet.custom([166021, 0, 833978, 9329005], pyproj.CRS.from_epsg(32636), id="Nile36", maxzoom=14)


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


def links(body: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [each for each in body["links"] if each["rel"] == rel]


@pytest.mark.parametrize(
    "path", ["/stac/tiles", "/stac/tiles/WebMercatorQuad", "/cog/tiles", "/cog/tiles/WebMercatorQuad"]
)
def test_f_json_asks_for_the_document_and_not_for_tiles(ask: Ask, path: str) -> None:
    """As clients of OGC API write it, and TiTiler's own links."""
    more = {"assets": "visual"} if path.startswith("/stac") else {}
    plain, asked = ask(path, **more), ask(path, **more, f="json")
    assert asked.status_code == 200, asked.text
    assert "X-Ignored-Params" not in asked.headers
    assert asked.json() == plain.json()
    assert ask(path, **more, f="jsn").status_code == 400


def filled(template: str, limits: dict[str, Any]) -> str:
    """The address of the first tile within limits."""
    return template.format(tileMatrix=limits["tileMatrix"], tileRow=limits["minTileRow"], tileCol=limits["minTileCol"])


@pytest.mark.parametrize(("path", "query"), [("/stac/tiles", {"assets": "visual"}), ("/cog/tiles", {})])
def test_the_list_has_the_sets_that_reach_the_data_and_leads_to_each(ask: Ask, path: str, query: dict[str, str]):
    body = ask(path, **query).json()
    assert links(body, "self")
    assert {links(each, "self")[0]["href"].partition("?")[0].rpartition("/")[2] for each in body["tilesets"]} == (
        set(library.list()) - FAR_AWAY
    )
    for each in body["tilesets"]:
        assert faults_of_json(each, TILESET) == []
        [full] = links(each, "http://www.opengis.net/def/rel/ogc/1.0/tileset")
        told = requests.get(full["href"], timeout=30).json()
        assert {name: told[name] for name in each if name != "links"} == {
            name: value for name, value in each.items() if name != "links"
        }


@pytest.mark.parametrize("name", sorted(set(library.list()) - FAR_AWAY))
def test_a_tileset_is_valid_and_its_tiles_are_there(ask: Ask, name: str):
    body = ask(f"/stac/tiles/{name}", assets="visual").json()
    assert faults_of_json(body, TILESET) == []
    [scheme] = links(body, TILING_SCHEME)
    tms = TileMatrixSet.model_validate(requests.get(scheme["href"], timeout=30).json())
    assert body["crs"] == tms.model_dump(mode="json")["crs"]
    items = links(body, "item")
    assert [each["type"] for each in items[:2]] == ["image/png", "image/jpeg"]
    for item in items:
        assert item["templated"]
        answer = requests.get(filled(item["href"], body["tileMatrixSetLimits"][-1]), timeout=30)
        told = (answer.status_code, answer.headers.get("Content-Type"))
        # The corner of the limits may lie outside of data that are turned: then there is no array.
        assert told == (200, item["type"]) or (item["type"].startswith("image/tiff") and told == (204, None))


def test_limits_and_box_are_those_of_the_data(ask: Ask):
    """By hand: the raster's corners in longitude and latitude, of which a tile of WorldCRS84Quad has 180 / 2 ** z."""
    info, body = ask("/cog/info").json(), ask("/cog/tiles/WorldCRS84Quad").json()
    left, bottom, right, top = transform_bounds(info["crs"], "EPSG:4326", *info["bounds"])
    assert [*body["boundingBox"]["lowerLeft"], *body["boundingBox"]["upperRight"]] == pytest.approx(
        [left, bottom, right, top], abs=1e-6
    )
    assert body["boundingBox"]["crs"].endswith("/OGC/1.3/CRS84")
    for limits in body["tileMatrixSetLimits"]:
        size = 180 / 2 ** int(limits["tileMatrix"])
        assert (limits["minTileCol"], limits["maxTileCol"]) == ((left + 180) // size, (right + 180) // size)
        assert (limits["minTileRow"], limits["maxTileRow"]) == ((90 - top) // size, (90 - bottom) // size)


def test_outside_the_limits_there_is_no_tile_and_within_always_a_picture(ask: Ask):
    """OGC API Tiles, /req/core/tc-error and /req/core/tc-success."""
    body = ask("/stac/tiles/WebMercatorQuad", assets="visual").json()
    item = links(body, "item")[0]["href"]
    limits = body["tileMatrixSetLimits"][-1]
    rows, columns = ([limits[f"min{each}"], limits[f"max{each}"]] for each in ("TileRow", "TileCol"))
    at = {"tileMatrix": limits["tileMatrix"]}
    for row in rows:
        for column in columns:
            assert requests.get(item.format(**at, tileRow=row, tileCol=column), timeout=30).status_code == 200
    for row, column in (
        (rows[0] - 1, columns[0]), (rows[1] + 1, columns[0]), (rows[0], columns[0] - 1), (rows[0], columns[1] + 1),
        (2**30, columns[0]), (-1, columns[0]),
    ):  # fmt: skip
        assert requests.get(item.format(**at, tileRow=row, tileCol=column), timeout=30).status_code == 404
    zoom = int(limits["tileMatrix"]) + 1
    deeper = item.format(tileMatrix=zoom, tileRow=2 * rows[0] + 1, tileCol=2 * columns[0] + 1)
    answer = requests.get(deeper, timeout=30)
    assert answer.status_code == 404
    assert "limits" in problem_of(answer)["detail"]


def test_zooms_that_are_asked_for_are_those_of_the_limits(ask: Ask):
    body = ask("/stac/tiles/WebMercatorQuad", assets="visual", minzoom=5, maxzoom=6).json()
    assert [each["tileMatrix"] for each in body["tileMatrixSetLimits"]] == ["5", "6"]
    tile = requests.get(filled(links(body, "item")[0]["href"], body["tileMatrixSetLimits"][0]), timeout=30)
    assert tile.status_code == 200
    assert "minzoom" not in links(body, "item")[0]["href"]


def test_other_links_of_a_tileset_lead_somewhere(ask: Ask):
    body = ask("/cog/tiles/WebMercatorQuad", rescale="0,255").json()
    for link in body["links"]:
        if not link.get("templated"):
            answer = requests.get(link["href"], headers={"Accept": link["type"]}, timeout=30)
            assert answer.status_code == 200, link
            assert answer.headers["Content-Type"].partition(";")[0] == link["type"]
    [tile] = links(body, "tile")
    assert requests.get(tile["href"].format(z=12, x=2398, y=1696), timeout=30).status_code == 200


@pytest.mark.parametrize("path", ["/cog/tiles", "/cog/tiles/WebMercatorQuad"])
def test_f_is_the_form_of_the_document_and_not_of_its_tiles(ask: Ask, path: str):
    told = ask(path, f="json", format="png")
    assert told.status_code == 200
    assert told.json() == ask(path, format="png").json()
    assert problem_of(ask(path, f="png"))["errors"][0]["name"] == "f"


@pytest.mark.parametrize(
    ("path", "query", "status", "word"),
    [
        ("/stac/tiles", {}, 400, "assets"),
        ("/stac/tiles", {"assets": "B99"}, 404, "B99"),
        ("/stac/tiles", {"assets": "visual", "url": ""}, 422, "url"),
        ("/stac/tiles", {"assets": "visual", "url": "http://127.0.0.1:9/x"}, 403, ""),
        ("/stac/tiles/WebMercatorQuat", {"assets": "visual"}, 400, "WebMercatorQuad"),
        ("/stac/tiles/NZTM2000Quad", {"assets": "visual"}, 404, "NZTM2000Quad"),
        ("/stac/tiles/WebMercatorQuad", {"assets": "visual", "minzoom": 28}, 404, "No tile"),
        ("/stac/tiles/WebMercatorQuad", {"assets": "visual", "minzoom": "x"}, 422, "minzoom"),
        ("/stac/tiles/WebMercatorQuad", {"assets": "visual", "minzoom": 9, "maxzoom": 8}, 400, "minzoom"),
        ("/stac/tiles/WebMercatorQuad", {"assets": "visual", "empty": "maybe"}, 400, "limits"),
        ("/stac/tiles/%00", {"assets": "visual"}, 400, "tms"),
        ("/stac/tiles/" + "x" * 5000, {"assets": "visual"}, 400, "tms"),
        ("/cog/tiles/WebMercatorQuad", {"bidx": 9}, 400, "9"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, path: str, query: dict[str, object], status: int, word: str):
    answer = ask(path, **query)
    assert answer.status_code == status, answer.text
    body = problem_of(answer) if status != 404 or "No tile" not in answer.text else answer.json()
    assert word in body["detail"]


@pytest.fixture(scope="module")
def nile(tmp_path_factory: pytest.TempPathFactory, scene: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """A server with a tile matrix set of its own, and a raster that it reads."""
    folder: Path = tmp_path_factory.mktemp("sets")
    (folder / "nile.json").write_text(NILE.model_dump_json(exclude_none=True))
    (folder / "a.tif").write_bytes(requests.get(scene[1], timeout=30).content)
    with serving(Settings(data_root=folder, tms_folder=folder)) as base:
        yield base, str(folder / "a.tif")


def test_a_set_of_ones_own_is_listed_and_has_tiles_and_documents(nile: tuple[str, str]):
    base, url = nile

    def get(path: str, **query: object) -> requests.Response:
        return requests.get(base + path, params={"url": url, **query}, timeout=30)

    listed = requests.get(f"{base}/tileMatrixSets", timeout=30).json()["tileMatrixSets"]
    assert "Nile36" in {each["id"] for each in listed}
    told = requests.get(f"{base}/tileMatrixSets/Nile36", timeout=30).json()
    assert TileMatrixSet.model_validate(told).model_dump() == NILE.model_dump()
    assert faults_of_json(told, TILE_MATRIX_SET) == []
    body = get("/cog/tiles/Nile36").json()
    assert "tileMatrixSetURI" not in body
    tile = requests.get(filled(links(body, "item")[0]["href"], body["tileMatrixSetLimits"][-1]), timeout=30)
    assert Image.open(io.BytesIO(tile.content)).size == (256, 256)
    assert "/cog/tiles/Nile36/" in get("/cog/Nile36/tilejson.json").json()["tiles"][0]
    document = get("/cog/WMTSCapabilities.xml", tms="Nile36").content
    assert faults_of_capabilities(document) == []
    assert limits_of(layers_of(document)[0]).keys() == {each["tileMatrix"] for each in body["tileMatrixSetLimits"]}


@pytest.mark.parametrize("name", library.list())
def test_every_tile_matrix_set_is_valid_by_its_schema(sample_server: str, name: str):
    answer = requests.get(f"{sample_server}/tileMatrixSets/{name}", timeout=30)
    assert faults_of_json(answer.json(), TILE_MATRIX_SET) == []
    assert answer.headers["Cache-Control"] == "no-cache"


SECRET = "a secret of tests, long enough"


def test_signed_documents_hand_out_signed_tiles_and_no_queries(scene: tuple[str, str], tmp_path: Path):
    (tmp_path / "a.tif").write_bytes(requests.get(scene[1], timeout=30).content)
    query = urlencode({"url": f"{tmp_path}/a.tif"})
    with serving(Settings(data_root=tmp_path, signing_keys=(SECRET,))) as base:

        def get(path: str) -> requests.Response:
            url = sign_url(Signer([SECRET]), f"{base}{path}?{query}", int(time.time() + 60))
            answer = requests.get(url, timeout=30)
            assert answer.status_code == 200, answer.text
            return answer

        document = get("/cog/WMTSCapabilities.xml").content
        assert faults_of_capabilities(document) == []
        assert b"/cog/wmts" not in document
        place = {"TileMatrix": 12, "TileRow": 1696, "TileCol": 2398}
        assert requests.get(template_of(layers_of(document)[0]).format(**place), timeout=30).status_code == 200
        body = get("/cog/tiles/WebMercatorQuad").json()
        item = links(body, "item")[0]["href"]
        assert "sig" in parse_qs(urlsplit(item).query)
        assert requests.get(filled(item, body["tileMatrixSetLimits"][-1]), timeout=30).status_code == 200
        assert requests.get(f"{base}/cog/tiles/WebMercatorQuad?{query}", timeout=30).status_code == 403


def test_head_is_answered_with_the_headers_of_get(ask: Ask):
    for path in ("/stac/tiles", "/stac/tiles/WebMercatorQuad"):
        get = ask(path, assets="visual")
        head = requests.head(get.url, timeout=30)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Cache-Control", "X-Content-Type-Options", "Content-Length"):
            assert head.headers[name] == get.headers[name]
    assert json.loads(get.text)
