"""Formats over HTTP: read back by other libraries, and compared with the ``.npy`` of the same request."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import upstream

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
BOX = "/stac/crop/30.82,29.46,30.86,29.5"
EDGE = "/stac/tiles/11/1199/847"
INSIDE = "/stac/tiles/14/9596/6786"
FAR = "/stac/tiles/12/0/0"
POINT = "/stac/point/30.85,29.48"
DTYPES = "uint8 int8 uint16 int16 uint32 int32 float32 float64".split()
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
HOSTILE = 'x";\r\nSet-Cookie: a=b\u202egnp.exe/../\\\ud800 Île'


@pytest.fixture(scope="module")
def ask(sample_server):
    """Ask the sample's clear scene."""

    def send(
        path: str, *, headers: dict[str, str | None] | None = None, method: str = "GET", **params: str
    ) -> requests.Response:
        query = {"url": sample_server + ITEM, **params}
        return requests.request(method, sample_server + path, params=query, headers=headers, timeout=60)

    return send


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A raster of two bands in each dtype, 60 columns of which the right half is nodata; and an item with odd names."""
    root: Path = tmp_path_factory.mktemp("formats")
    for dtype in DTYPES:
        _write(root / f"{dtype}.tif", dtype)
    _write(root / "one.tif", "uint16", bands=1)
    href = {"href": "one.tif", "type": "image/tiff; application=geotiff"}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": HOSTILE, "geometry": None, "properties": {}, "links": []}
    (root / "odd.json").write_text(json.dumps(item | {"assets": {"=1+1": href, 'a,"b\n': href}}))
    return root


def _write(path: Path, dtype: str, bands: int = 2) -> None:
    kind = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo("float32")
    values = np.random.default_rng(3).uniform(max(float(kind.min), -1e6), min(float(kind.max), 1e6), (bands, 40, 60))
    values = np.where(values.astype(dtype) == 0, 1, values)
    values[:, :, 30:] = 0
    profile = {"driver": "GTiff", "dtype": dtype, "count": bands, "height": 40, "width": 60, "nodata": 0}
    place = {"crs": "EPSG:32636", "transform": from_origin(3e5, 3e6, 10, 10)}
    with rasterio.open(path, "w", **profile, **place) as dataset:
        dataset.write(values.astype(dtype))


@pytest.fixture(scope="module")
def open_file(folder) -> Iterator[Any]:
    """Ask for a file of the folder."""
    with upstream(folder) as source, serving(Settings(allow_hosts=(source.host,))) as base:

        def send(path: str, name: str, **params: str) -> requests.Response:
            return requests.get(base + path, params={"url": source.url(f"/{name}"), **params}, timeout=60)

        yield send


def array(answer: requests.Response) -> tuple[np.ndarray, np.ndarray]:
    """Bands and mask of a ``.npy``."""
    assert answer.status_code == 200, answer.text
    values = np.load(BytesIO(answer.content))
    return values[:-1], values[-1] == 255


def gdal(answer: requests.Response) -> tuple[np.ndarray, np.ndarray]:
    """Bands and alpha of whatever GDAL reads."""
    assert answer.status_code == 200, answer.text
    with MemoryFile(answer.content) as file, file.open() as dataset:
        values = dataset.read()
    return values[:-1], values[-1] > 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("extension", ["tif", "cog.tif"])
def test_a_cog_holds_what_the_npy_holds_in_every_dtype(open_file, dtype, extension):
    values, mask = array(open_file("/cog/preview.npy", f"{dtype}.tif"))
    answer = open_file(f"/cog/preview.{extension}", f"{dtype}.tif")
    with MemoryFile(answer.content) as file, file.open() as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (str(dataset.crs), dataset.transform) == ("EPSG:32636", from_origin(3e5, 3e6, 10, 10))
        assert dataset.dtypes[0] == dtype
        assert np.array_equal(dataset.read([1, 2]), values)
        assert np.array_equal(dataset.read_masks(1) > 0, mask)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_npz_holds_what_the_npy_holds_in_every_dtype(open_file, dtype):
    values, mask = array(open_file("/cog/preview.npy", f"{dtype}.tif"))
    with np.load(BytesIO(open_file("/cog/preview.npz", f"{dtype}.tif").content), allow_pickle=False) as read:
        assert np.array_equal(read["data"], values)
        assert read["data"].dtype == dtype
        assert np.array_equal(read["mask"] == 255, mask)
        assert read["transform"].tolist() == list(from_origin(3e5, 3e6, 10, 10)[:6])
        assert (str(read["crs"]), read["bands"].tolist()) == ("EPSG:32636", ["b1", "b2"])


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_a_jp2_holds_what_the_npy_holds(open_file, dtype):
    for one, other in zip(
        gdal(open_file("/cog/preview.jp2", f"{dtype}.tif")),
        array(open_file("/cog/preview.npy", f"{dtype}.tif")),
        strict=True,
    ):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("dtype", ["int8", "uint32", "float32"])
def test_other_values_are_brought_to_bytes_for_a_jp2_as_for_a_png(open_file, dtype):
    picture, _ = gdal(open_file("/cog/preview.png", f"{dtype}.tif", bidx="1"))
    values, _ = gdal(open_file("/cog/preview.jp2", f"{dtype}.tif", bidx="1"))
    assert values.dtype == "uint8"
    assert np.array_equal(values, picture)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_raw_png_holds_what_the_npy_holds(open_file, dtype):
    values, mask = array(open_file("/cog/preview.npy", f"{dtype}.tif", bidx="1"))
    raw, alpha = gdal(open_file("/cog/preview.pngraw", f"{dtype}.tif", bidx="1"))
    assert np.array_equal(raw, values)
    assert np.array_equal(alpha, mask)


def test_a_raw_png_refuses_floats_and_tilejson_says_so_at_once(open_file):
    for path, params in (("/cog/preview.pngraw", {}), ("/cog/tilejson.json", {"tile_format": "pngraw"})):
        refused = open_file(path, "float32.tif", bidx="1", **params)
        assert refused.status_code == 400
        assert "these values are float32; give rescale" in problem_of(refused)["detail"]
    assert open_file("/cog/preview.pngraw", "float32.tif", bidx="1", rescale="0,1000").status_code == 200


@pytest.mark.parametrize("extension", ["tif", "npz", "jp2", "pngraw"])
def test_a_crop_and_a_tile_at_the_edge_have_the_mask_of_the_npy(ask, extension):
    for path in (f"{BOX}/64x48", EDGE):
        values, mask = array(ask(f"{path}.npy", assets="B04,B03,B02"))
        answer = ask(f"{path}.{extension}", assets="B04,B03,B02")
        if extension == "npz":
            with np.load(BytesIO(answer.content)) as read:
                read_values, read_mask = read["data"], read["mask"] == 255
        elif extension == "pngraw" and mask.all():  # an opaque PNG has no alpha
            with MemoryFile(answer.content) as file, file.open() as dataset:
                read_values, read_mask = dataset.read(), mask
        else:
            read_values, read_mask = gdal(answer)
        assert np.array_equal(read_values, values)
        assert np.array_equal(read_mask, mask)


def test_a_large_crop_has_overviews_of_the_same_values(ask):
    answer = ask("/stac/preview/1500x1200.tif", assets="B04")
    values, _ = array(ask("/stac/preview/1500x1200.npy", assets="B04"))
    with MemoryFile(answer.content) as file, file.open() as dataset:
        assert (dataset.block_shapes[0], dataset.overviews(1)) == ((512, 512), [2, 4])
        assert np.array_equal(dataset.read([1]), values)


def test_an_npz_says_what_its_bands_are(ask):
    def bands(**params: str) -> list[str]:
        with np.load(BytesIO(ask(f"{BOX}/8x8.npz", **params).content)) as read:
            names: list[str] = read["bands"].tolist()
            return names

    assert bands(assets="B04,B03") == ["B04_b1", "B03_b1"]
    assert bands(expression="B08/B04") == ["B08/B04"]
    assert bands(expression="(B08/B04)") == ["(B08/B04)"]  # the same values, told otherwise


@pytest.mark.parametrize("extension", ["npz", "jp2", "pngraw", "cog.tif", "avif"])
def test_every_format_answers_head_and_304(ask, extension):
    path = f"{BOX}/32x32.{extension}"
    got, head = ask(path, assets="visual"), ask(path, assets="visual", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length", "Content-Disposition"):
        assert head.headers[name] == got.headers[name]
    again = ask(path, assets="visual", headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_both_names_of_a_cog_are_one_answer(ask):
    one, other = (ask(f"{BOX}/32x32.{name}", assets="B04") for name in ("tif", "cog.tif"))
    assert (one.headers["ETag"], one.content) == (other.headers["ETag"], other.content)
    assert ask(f"{EDGE}@1x.cog.tif", assets="B04").status_code == 200
    assert ask("/stac/preview", assets="B04", f="cog.tif").headers["Content-Type"].startswith("image/tiff")


@pytest.mark.parametrize(
    ("path", "params", "told"),
    [
        ("/stac/preview/2049x10.jp2", {}, "SWATH_CROP_SIZE_MAX"),
        ("/stac/preview/2049x10.pngraw", {}, "SWATH_CROP_SIZE_MAX"),
        ("/stac/preview/4097x10.npz", {}, "SWATH_ARRAY_SIZE_MAX"),
        ("/stac/preview/2048x2048.jp2", {"assets": "B04,B03,B02,B08,B04"}, "40 MiB of pixels, 32 are allowed"),
        ("/stac/preview/4096x4096.tif", {"assets": "B04,B03"}, "64 MiB of pixels, 32 are allowed"),
        ("/stac/preview/4096x4096.npz", {"assets": "B04,B03,B02"}, "96 MiB of pixels, 64 are allowed"),
    ],
)
def test_every_format_is_bounded_before_anything_is_read(ask, path, params, told):
    refused = ask(path, **{"assets": "B04", **params})
    assert (refused.status_code, problem_of(refused)["type"]) == (400, "limit-exceeded")
    assert told in problem_of(refused)["detail"]


@pytest.mark.parametrize("extension", ["cog.png", "cog", "tif.cog", "cog.cog.tif", "json", "csv", "npz2"])
def test_what_is_no_format_is_said_so(ask, extension):
    for path in (f"{BOX}.{extension}", f"{EDGE}.{extension}", f"/stac/preview.{extension}"):
        assert ask(path, assets="B04").status_code in (400, 422)


@pytest.mark.parametrize("extension", ["npz", "jp2", "tif"])
def test_a_tile_without_data_has_no_blank_array(ask, extension):
    assert ask(f"{FAR}.{extension}", assets="visual", empty="blank").status_code == 404


def test_a_tile_without_data_has_a_blank_raw_png(ask):
    blank = ask(f"{FAR}.pngraw", assets="visual", empty="blank")
    assert (blank.status_code, Image.open(BytesIO(blank.content)).size) == (200, (256, 256))


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "image/jpeg"),
        ("*/*", "image/jpeg"),
        ("image/*,*/*;q=0.8", "image/jpeg"),
        (CHROME, "image/webp"),
        ("image/avif", "image/avif"),
        ("image/avif,*/*", "image/avif"),
        ("image/webp;q=0.5,image/avif", "image/avif"),
        ("image/webp;q=0.5,*/*", "image/jpeg"),
    ],
)
def test_a_format_is_negotiated_where_the_url_names_none(ask, accept, media_type):
    """Requests itself sends ``*/*``; None takes that away."""
    for path in (BOX, f"{BOX}/32x32", INSIDE):
        answer = ask(path, assets="visual", headers={"Accept": accept})
        assert (answer.headers["Content-Type"], answer.headers["Vary"]) == (media_type, "Accept"), path
        assert Image.open(BytesIO(answer.content)).format == media_type.removeprefix("image/").upper()


def test_a_format_in_the_url_is_what_is_answered_to_all(ask):
    for path, params in ((f"{BOX}.png", {}), ("/stac/preview", {"format": "png"}), (f"{EDGE}.png", {})):
        answer = ask(path, assets="visual", headers={"Accept": CHROME}, **params)
        assert answer.headers["Content-Type"] == "image/png"
        assert "Vary" not in answer.headers


def test_each_negotiated_format_has_its_tag_and_its_place_in_memory(ask):
    accepts = ("*/*", "image/webp", "image/avif")
    first, again = (
        [ask(f"{BOX}/33x33", assets="visual", headers={"Accept": accept}) for accept in accepts] for _ in range(2)
    )
    assert len({answer.headers["ETag"] for answer in first}) == 3
    assert [answer.content for answer in again] == [answer.content for answer in first]
    assert {answer.headers["X-Cache"] for answer in again} == {"HIT"}
    known = {"If-None-Match": first[1].headers["ETag"]}
    unchanged = ask(f"{BOX}/33x33", assets="visual", headers={"Accept": "image/webp", **known})
    assert (unchanged.status_code, unchanged.headers["Vary"]) == (304, "Accept")
    assert ask(f"{BOX}/33x33", assets="visual", headers={"Accept": "*/*", **known}).status_code == 200


def test_a_negotiated_picture_is_the_one_of_that_name(ask):
    negotiated, named = ask(BOX, assets="visual", headers={"Accept": CHROME}), ask(f"{BOX}.webp", assets="visual")
    assert (negotiated.content, negotiated.headers["ETag"]) == (named.content, named.headers["ETag"])


def test_a_blank_tile_is_negotiated_too(ask):
    blank = ask(FAR, assets="visual", empty="blank", headers={"Accept": CHROME})
    assert (blank.headers["Content-Type"], blank.headers["Vary"]) == ("image/webp", "Accept")
    assert ask(FAR, assets="visual", empty="blank").headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{EDGE}@2x.pngraw", "S2B_36RTT_20191205_0_L2A_11-1199-847.png"),
        (f"{BOX}/32x32.cog.tif", "S2B_36RTT_20191205_0_L2A_crop.tif"),
        ("/stac/preview/32x32", "S2B_36RTT_20191205_0_L2A_preview.jpg"),
        (f"{POINT}?f=csv", "S2B_36RTT_20191205_0_L2A_point.csv"),
    ],
)
def test_an_answer_has_the_name_of_its_item_when_it_is_saved(ask, path, name):
    assert ask(path, assets="visual").headers["Content-Disposition"] == f'inline; filename="{name}"'


def test_two_datasets_of_the_same_file_share_an_answer_and_not_a_name(open_file):
    item = open_file("/stac/preview.npy", "odd.json", assets="=1+1")
    raster = open_file("/cog/preview.npy", "one.tif")
    assert item.content == raster.content
    assert raster.headers["Content-Disposition"] == 'inline; filename="one_preview.npy"'
    assert "one_preview" not in item.headers["Content-Disposition"]


def test_an_items_id_cannot_break_out_of_the_header(open_file):
    answer = open_file("/stac/preview.npz", "odd.json", assets=":all:")
    assert answer.status_code == 200, answer.text
    assert "Set-Cookie" not in answer.headers
    shown = answer.headers["Content-Disposition"]
    assert shown.startswith('inline; filename="x____Set-Cookie__a_b_gnp.exe_.._____le_preview.npz"; filename*=')
    assert shown.endswith("%20%C3%8Ele_preview.npz")
    assert not {"\r", "\n", "/", "\\"} & set(shown)


def test_a_point_as_csv_has_the_values_of_its_json(ask):
    body, table = ask(POINT, assets="B04,B08,SCL").json(), ask(POINT, assets="B04,B08,SCL", f="csv")
    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(StringIO(table.text, newline=""))
    assert head == ["x", "y", "band_name", "band_description", "value"]
    assert [[float(x), float(y)] for x, y, *_ in rows] == [body["coordinates"]] * 3
    assert [row[2] for row in rows] == body["band_names"]
    assert [row[3] for row in rows] == body["band_descriptions"]
    assert [float(row[4]) for row in rows] == body["values"]
    assert ask(POINT, assets="B04,B08,SCL", f="json").json() == body


def test_a_value_that_is_not_there_is_empty_in_csv(open_file):
    """The right half of the raster is nodata: 300450, 2999800 lies in it."""
    params = {"coord_crs": "EPSG:32636", "f": "csv"}
    rows = list(csv.reader(StringIO(open_file("/cog/point/300450,2999800", "int16.tif", **params).text)))
    assert [row[4] for row in rows[1:]] == ["", ""]


def test_names_of_bands_are_no_formulas_and_stay_in_their_cell(open_file):
    params = {"coord_crs": "EPSG:32636", "f": "csv", "assets": ":all:"}
    answer = open_file("/stac/point/300050,2999800", "odd.json", **params)
    rows = list(csv.reader(StringIO(answer.text, newline="")))
    assert [row[3] for row in rows[1:]] == ["'=1+1_b1", 'a,"b\n_b1']


@pytest.mark.parametrize("wrong", ["png", "npy", "CSV;", "x" * 1000])
def test_a_point_has_no_other_formats(ask, wrong):
    refused = ask(POINT, assets="B04", f=wrong)
    assert (refused.status_code, problem_of(refused)["errors"][0]["name"]) == (400, "f")
