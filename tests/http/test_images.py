"""What HTTP promises of pictures: tags, caches, HEAD, places, empty tiles, other matrix sets and projections."""

from __future__ import annotations

from io import BytesIO

import morecantile
import numpy as np
import pytest
import requests
from PIL import Image

from tests.problems import problem_of

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
TILE = "/stac/tiles/12/2398/1696"
FAR = "/stac/tiles/12/0/0"
TMS = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture(scope="module")
def ask(sample_server):
    """Ask for a picture of the sample's clear scene."""

    def send(
        path: str, *, headers: dict[str, str] | None = None, method: str = "GET", **params: str
    ) -> requests.Response:
        query = {"url": sample_server + ITEM, **params}
        return requests.request(method, sample_server + path, params=query, headers=headers, timeout=60)

    return send


def size(answer: requests.Response) -> tuple[int, int]:
    assert answer.status_code == 200, answer.text
    return Image.open(BytesIO(answer.content)).size


def test_the_same_request_has_the_same_strong_tag_and_a_304(ask):
    first = ask(TILE, assets="visual")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask(TILE, assets="visual", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert ask(TILE, assets="visual", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_caller_who_has_a_picture_costs_no_reading_and_no_drawing(ask):
    tag = ask(TILE, assets="visual", rescale="0,200").headers["ETag"]
    again = ask(TILE, assets="visual", rescale="0,200", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert {step.split(";")[0] for step in again.headers["Server-Timing"].split(", ")} == {"item", "headers", "total"}


@pytest.mark.parametrize("wrong", [{"assets": "B99"}, {"assets": "B04", "color_formula": "saturation 2"}])
def test_any_answer_is_known_to_a_caller_only_where_there_is_one(ask, wrong):
    """``If-None-Match: *`` of a picture that cannot be made is its error."""
    assert ask(TILE, **wrong, headers={"If-None-Match": "*"}).status_code in (400, 404)


def test_a_picture_asked_for_again_comes_from_memory(ask):
    first, again = (ask(TILE, assets="visual", rescale="0,201") for _ in range(2))
    assert (first.headers["X-Cache"], again.headers["X-Cache"]) == ("MISS", "HIT")
    assert (first.content, first.headers["ETag"]) == (again.content, again.headers["ETag"])


@pytest.mark.parametrize(
    "other", [{"rescale": "0,203"}, {"assets": "B03"}, {"return_mask": "false"}, {"nodata": "7"}, {"buffer": "1"}]
)
def test_another_picture_has_another_tag(ask, other):
    params = {"assets": "B04", "rescale": "0,202"}
    assert ask(TILE, **params).headers["ETag"] != ask(TILE, **{**params, **other}).headers["ETag"]


def test_a_picture_says_where_it_is_how_long_it_may_be_kept_and_what_took_time(ask):
    headers = ask(TILE, assets="B03", rescale="0,4321").headers
    assert headers["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/3857>"
    assert [float(v) for v in headers["Content-Bbox"].split(",")] == list(TMS.xy_bounds(2398, 1696, 12))
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert {step.split(";")[0] for step in headers["Server-Timing"].split(", ")} == {
        "item",
        "headers",
        "read",
        "finish",
        "total",
    }
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_longitude_and_latitude_are_named_in_that_order(ask):
    headers = ask("/stac/crop/30.82,29.46,30.86,29.5.png", assets="B04", rescale="0,4000").headers
    assert headers["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert headers["Content-Bbox"] == "30.82,29.46,30.86,29.5"


def test_a_tile_of_a_set_in_crs84_names_it(ask):
    tile = morecantile.tms.get("WorldCRS84Quad").tile(30.84, 29.48, 11)
    headers = ask(f"/stac/tiles/WorldCRS84Quad/11/{tile.x}/{tile.y}.png", assets="visual").headers
    assert headers["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"


def test_head_has_the_headers_of_get_and_no_body(ask):
    got, head = ask(TILE, assets="visual"), ask(TILE, assets="visual", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Content-Bbox"):
        assert head.headers[name] == got.headers[name]


def test_a_preflight_is_answered(ask):
    answer = ask(TILE, method="OPTIONS")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_a_tile_without_data_is_a_cacheable_404_a_blank_or_nothing(ask):
    missing = ask(FAR, assets="visual")
    assert (missing.status_code, problem_of(missing)["type"]) == (404, "out-of-bounds")
    blank = ask(f"{FAR}@2x.png", assets="visual", empty="blank")
    assert (size(blank), blank.headers["X-Tile"]) == ((512, 512), "empty")
    assert np.asarray(Image.open(BytesIO(blank.content)))[..., 3].max() == 0
    assert ask(FAR, assets="visual", empty="blank", headers={"If-None-Match": "*"}).status_code == 304
    assert ask(FAR, assets="visual", empty="204").status_code == 204
    assert ask(f"{FAR}.npy", assets="visual", empty="blank").status_code == 404


def test_a_blank_has_the_size_of_a_tile(ask):
    assert (
        size(ask(FAR, assets="visual", empty="blank", buffer="1"))
        == size(ask(TILE, assets="visual", buffer="1"))
        == (258, 258)
    )
    assert size(ask("/stac/tiles/CDB1GlobalGrid/0/0/0", assets="visual", empty="blank")) == (1024, 1024)


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        (TILE, {}, 256),
        (f"{TILE}@2x", {}, 512),
        (TILE, {"scale": "3"}, 768),
        (f"{TILE}@2x", {"tilesize": "300"}, 300),
        ("/stac/tiles/WebMercatorQuad/12/2398/1696.webp", {}, 256),
    ],
)
def test_the_size_of_a_tile_is_written_in_three_ways(ask, path, params, expected):
    assert size(ask(path, assets="visual", **params)) == (expected, expected)


@pytest.mark.parametrize("tms", ["WGS1984Quad", "WorldCRS84Quad", "UTM31WGS84Quad"])
def test_tilejson_of_other_matrix_sets_leads_to_tiles(ask, tms):
    """The middle of the scene, at the middle zoom."""
    body = ask(f"/stac/{tms}/tilejson.json", assets="visual").json()
    matrices = morecantile.tms.get(tms)
    zoom = (body["minzoom"] + body["maxzoom"]) // 2
    tile = matrices.tile(*body["center"][:2], zoom)
    template = body["tiles"][0].format(z=zoom, x=tile.x, y=tile.y)
    answer = requests.get(template, timeout=60)
    assert (size(answer), answer.headers.get("X-Tile")) == ((512, 512), None)


def test_tilejson_refuses_what_its_tiles_would_refuse(ask):
    refused = [
        {"assets": "B04,B08"},
        {"assets": "visual", "colormap_name": "viridis"},
        {"assets": "visual", "rescale": "0,1,0,2"},
        {"assets": "B04", "expression": "b9"},
        {"assets": "B04", "format": "bogus"},
        {"assets": "B04", "empty": "bogus"},
        {"assets": "B04", "buffer": "0.3"},
        {"assets": "B04", "color_formula": "saturation 2"},
        {"assets": "B04", "minzoom": "9", "maxzoom": "3"},
    ]
    for params in refused:
        answer = ask("/stac/tilejson.json", **params)
        assert (answer.status_code, bool(problem_of(answer))) == (400, True), params


def test_tilejson_passes_scale_and_size_on(ask):
    def template(path: str, **params: str) -> str:
        return str(ask(path, assets="visual", **params).json()["tiles"][0])

    assert "{y}@1x?" in template("/stac/tilejson.json")
    assert "{y}@2x.webp?" in template("/stac/tilejson.json", scale="2", tile_format="webp")
    assert "tilesize=512" in template("/stac/WebMercatorQuad/tilejson.json")
    assert "tilesize" not in template("/stac/WebMercatorQuad/tilejson.json", tile_scale="2")


MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
    "tif": "image/tiff; application=geotiff",
    "tiff": "image/tiff; application=geotiff",
    "npy": "application/x-binary",
    "npz": "application/x-npz",
    "pngraw": "image/png",
    "jp2": "image/jp2",
    "cog.tif": "image/tiff; application=geotiff",
}


@pytest.mark.parametrize("extension", MEDIA_TYPES)
def test_every_format_has_its_media_type(ask, extension):
    tile, preview = ask(f"{TILE}.{extension}", assets="visual"), ask("/stac/preview", assets="visual", format=extension)
    for answer in (tile, preview):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA_TYPES[extension])


def test_a_crop_may_be_asked_for_in_one_projection_and_given_in_another(ask):
    answer = ask("/stac/bbox/30.82,29.46,30.86,29.5/64x64.tif", assets="B04", dst_crs="EPSG:3857")
    assert answer.headers["Content-Crs"].endswith("/3857>")
    assert (
        ask(
            "/stac/crop/3430000,3430000,3434000,3434000/32x16.png", assets="visual", **{"coord-crs": "EPSG:3857"}
        ).status_code
        == 200
    )


def test_assets_of_different_resolutions_share_a_grid(ask):
    """SCL has pixels of 20 m, B04 of 10 m."""
    data = np.load(BytesIO(ask("/stac/crop/30.82,29.46,30.86,29.5.npy", assets="B04,SCL").content))
    assert data.shape[0] == 3
    assert set(np.unique(data[1])) <= set(range(12))


def test_what_is_not_understood_is_named_and_strict_refuses_it(ask):
    assert (
        ask(TILE, assets="visual", colormapname="viridis", zoom="3").headers["X-Ignored-Params"] == "colormapname, zoom"
    )
    refused = problem_of(ask(TILE, assets="visual", colormapname="viridis", strict="true"))
    assert "did you mean colormap_name" in refused["detail"]


def test_parameters_of_items_are_ignored_with_a_note_for_a_raster(sample_server):
    url = f"{sample_server}/samples/sentinel-s2-l2a-cogs/S2B_36RTT_20191205_0_L2A/visual.tif"
    answer = requests.get(f"{sample_server}/cog/preview.jpg", params={"url": url, "assets": "B04"}, timeout=60)
    assert answer.headers["X-Ignored-Params"] == "assets"


def test_2020_nests_the_values_of_a_point_per_asset(ask):
    today = ask("/stac/point/30.85,29.48", assets="visual,B04").json()["values"]
    old = ask("/stac/point/30.85,29.48", assets="visual,B04", compat="2020").json()["values"]
    assert old == [today[:3], today[3:]]
    assert ask("/stac/point/30.85,29.48", expression="B08/B04", compat="2020").json()["values"][0][0] > 0
