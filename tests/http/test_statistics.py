"""Numbers over HTTP: every dialect, the clients' shapes, and what a caller can get wrong."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from typing import Any

import jsonschema
import pytest
import requests

from tests.geojson import box, collection, feature, star
from tests.problems import problem_of

ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
RASTER = "/samples/sentinel-s2-l2a-cogs/S2B_36RTT_20191205_0_L2A/B04.tif"
FIELD = feature(star(30.80, 29.44, 30.90, 29.53), name="field")
FAR = feature(box(0, 0, 1, 1))
TINY = feature(box(30.85000001, 29.48000001, 30.85000002, 29.48000002))


@pytest.fixture(scope="module")
def ask(sample_server):
    """Ask for numbers of the sample's clear scene; with a body it is a POST."""

    def send(path: str, body: Any = None, **params: Any) -> requests.Response:
        source = ITEM if path.startswith("/stac") else RASTER
        method = "GET" if body is None else "POST"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        query = {"url": sample_server + source, **params}
        return requests.request(method, sample_server + path, params=query, data=data, timeout=60)

    return send


@pytest.fixture(scope="module")
def numbers(ask):
    """The same, when it is good."""

    def read(path: str, body: Any = None, **params: Any) -> Any:
        answer = ask(path, body, **params)
        assert answer.status_code == 200, answer.text[:300]
        return answer.json() if body is None else answer.json()["properties"]["statistics"]

    return read


NDVI = [
    {"expression": "(B08-B04)/(B08+B04)"},
    {"expression": "(B08_b1-B04_b1)/(B08_b1+B04_b1)"},
    {"assets": ["B08", "B04"], "expression": "(b1-b2)/(b1+b2)"},
    {"expression": "(nir-red)/(nir+red)", "asset_as_band": "true"},
    {"index": "ndvi"},
    {"render": "ndvi"},
]


@pytest.mark.parametrize("body", [None, FIELD], ids=["whole", "field"])
def test_an_index_has_the_same_numbers_in_every_dialect(numbers, body):
    found = [numbers("/stac/statistics", body, max_size=64, **query)["b1"] for query in NDVI]
    for each in found:
        each.pop("description")
    assert all(each == found[0] for each in found)
    assert -1 <= found[0]["min"] < found[0]["max"] <= 1


@pytest.mark.parametrize("body", [None, FIELD], ids=["whole", "field"])
def test_what_an_algorithm_makes_is_measured(numbers, body):
    assets = {"assets": ["B08", "B04"], "max_size": 64}
    made = numbers("/stac/statistics", body, algorithm="sum", **assets)["b1"]
    summed = numbers("/stac/statistics", body, expression="b1+b2", **assets)["b1"]
    for name in ("mean", "min", "max", "std", "count", "valid_pixels"):
        assert made[name] == pytest.approx(summed[name], rel=1e-6), name


def test_bands_of_an_item_are_counted_in_the_order_asked_for(numbers):
    found = numbers("/stac/statistics", assets="visual|bidx=3,1", max_size=64)
    assert [(name, each["description"]) for name, each in found.items()] == [("b1", "visual_b3"), ("b2", "visual_b1")]
    found = numbers("/stac/statistics", assets=["B04", "visual|bidx=3"], max_size=64)
    assert [(name, each["description"]) for name, each in found.items()] == [("b1", "B04_b1"), ("b2", "visual_b3")]


def test_an_item_without_assets_asked_for_is_measured_as_a_whole(numbers):
    described = [each["description"] for each in numbers("/stac/statistics", max_size=32).values()]
    assert described == ["B02_b1", "B03_b1", "B04_b1", "B08_b1", "SCL_b1", "visual_b1", "visual_b2", "visual_b3"]


def test_assets_are_measured_each_by_itself(numbers):
    found = numbers("/stac/asset_statistics", assets=["B04", "visual|bidx=3"])
    assert {key: list(bands) for key, bands in found.items()} == {"B04": ["b1"], "visual": ["b3"]}
    assert found["B04"] == numbers("/cog/statistics")


def test_leafmap_finds_the_range_of_a_band(numbers):
    """It reads ``percentile_2`` and ``percentile_98`` of flat or once nested values."""
    for found in (numbers("/cog/statistics"), numbers("/stac/asset_statistics", assets="B04")["B04"]):
        assert found["b1"]["percentile_2"] < found["b1"]["percentile_98"]
        assert "detail" not in found


def test_percentiles_are_asked_for_in_two_ways(numbers):
    for query in ({"p": ["5", "95"]}, {"p": "5,95"}, {"pmin": "5", "pmax": "95.0"}):
        found = numbers("/cog/statistics", max_size=64, **query)["b1"]
        assert {name for name in found if name.startswith("percentile")} == {"percentile_5", "percentile_95"}


def test_metadata_has_the_shape_of_2020(numbers):
    found = numbers("/cog/metadata", pmin=10, pmax=90)
    assert found.keys() == {
        *("bounds", "center", "minzoom", "maxzoom", "band_metadata", "band_descriptions", "dtype"),
        *("colorinterp", "nodata_type", "statistics"),
    }
    assert (found["band_descriptions"], found["dtype"]) == ([[1, "band1"]], "uint16")
    now = numbers("/cog/statistics", p=[10, 90], histogram_bins=20)["b1"]
    then = found["statistics"]["1"]
    assert then["pc"] == then["percentiles"] == [now["percentile_10"], now["percentile_90"]]
    assert (then["min"], then["max"], then["histogram"]) == (now["min"], now["max"], now["histogram"])
    assert list(numbers("/stac/metadata", assets="B04,visual", max_size=64)) == ["B04", "visual"]


GEOJSON_FEATURE = {
    "type": "object",
    "required": ["type", "properties", "geometry", "bbox"],
    "properties": {
        "type": {"const": "Feature"},
        "geometry": {"type": "object", "required": ["type", "coordinates"]},
        "bbox": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    },
}


@pytest.mark.parametrize("ds", ["stac", "cog"])
def test_info_is_a_feature_too(ask, numbers, ds):
    answer = ask(f"/{ds}/info.geojson")
    jsonschema.validate(answer.json(), GEOJSON_FEATURE)
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert answer.json()["properties"] == numbers(f"/{ds}/info")
    left, bottom, right, top = answer.json()["bbox"]
    assert answer.json()["geometry"]["coordinates"] == [box(left, bottom, right, top)]


def test_a_collection_comes_back_with_numbers_in_each_feature(ask, numbers):
    body = collection(FIELD, FAR, TINY)
    answer = ask("/stac/statistics", body, assets="B04").json()
    assert [each["geometry"] for each in answer["features"]] == [each["geometry"] for each in body["features"]]
    field, far, tiny = (each["properties"]["statistics"]["b1"] for each in answer["features"])
    assert field == numbers("/stac/statistics", FIELD, assets="B04")["b1"]
    assert (far["mean"], far["count"], far["valid_pixels"], far["masked_pixels"]) == (None, 0, 0, 0)
    assert far.keys() == field.keys()
    assert tiny["valid_pixels"] == 1


def test_a_shape_in_metres_is_the_same_shape(numbers):
    from rasterio.warp import transform_geom

    metres = {**FIELD, "geometry": transform_geom("EPSG:4326", "EPSG:32636", FIELD["geometry"])}
    here = numbers("/cog/statistics", metres, coord_crs="EPSG:32636")["b1"]
    there = numbers("/cog/statistics", FIELD, dst_crs="EPSG:32636")["b1"]
    assert here["mean"] == pytest.approx(there["mean"], rel=1e-3)
    assert here["count"] == pytest.approx(there["count"], rel=1e-3)


@pytest.mark.parametrize("body", [FAR, collection(FAR, FAR)], ids=["feature", "collection"])
def test_shapes_outside_the_data_are_not_found(ask, body):
    answer = ask("/stac/statistics", body, assets="B04")
    assert (answer.status_code, problem_of(answer)["type"]) == (404, "out-of-bounds")


def test_the_feature_that_cannot_be_measured_is_named(ask):
    answer = ask("/cog/statistics", collection(FIELD, feature(box(-170, -80, 170, 80))))
    assert answer.status_code == 400
    assert problem_of(answer)["detail"].startswith("features[1]: ")


MISTAKES = [
    ({"p": "101"}, 400, "0 to 100"),
    ({"p": "2.5"}, 400, "whole number"),
    ({"p": "x"}, 422, "p=2&p=98"),
    ({"pmin": "-1"}, 400, "0 to 100"),
    ({"histogram_bins": "0"}, 400, "1 to 1024"),
    ({"histogram_bins": "1025"}, 400, "1 to 1024"),
    ({"histogram_bins": "many"}, 422, "whole number"),
    ({"histogram_bins": "0,5,3"}, 400, "each above the one before"),
    ({"histogram_bins": "0,nan"}, 400, "finite"),
    ({"histogram_range": "5"}, 400, "low,high"),
    ({"histogram_range": "5,1"}, 400, "low,high"),
    ({"histogram_range": "-1e308,1e308"}, 400, "histogram_range"),
    ({"categorical": "perhaps"}, 422, "true"),
    ({"categorical": "true", "c": "70000"}, 400, "uint16"),
    ({"categorical": "true", "c": "x"}, 422, "c=1&c=2"),
    ({"max_size": "0"}, 400, "1 or more"),
    ({"width": "2049"}, 400, "SWATH_CROP_SIZE_MAX"),
    ({"expression": "b9"}, 400, "no band 9"),
    ({"strict": "true", "rescale": "0,1"}, 400, "rescale"),
]


@pytest.mark.parametrize(("query", "status", "told"), MISTAKES, ids=str)
def test_mistakes_are_told(ask, query, status, told):
    answer = ask("/cog/statistics", **query)
    assert answer.status_code == status
    assert told in problem_of(answer)["detail"]


BODIES = [
    (b"", 422), (b"{", 400), (b"[" * 100_000, 400), (b"null", 422), (b'{"type":"Feature"}', 422), (b"\x00\xff", 400),
    (json.dumps(feature(box(0, 0, 1, 1))).replace("0", "NaN", 1).encode(), 400),
    (json.dumps({**FIELD, "geometry": {"type": "Point", "coordinates": [1, 2]}}).encode(), 422),
    (json.dumps(collection()).encode(), 400),
    (json.dumps(feature([[0, 0], [0, 1], [1, 0]])).encode(), 422),
    (json.dumps(feature(box(0, -90, 1e300, 90))).encode(), 400),
    (json.dumps(feature([[0, 0]] * 200_000)).encode(), 400),
    (json.dumps(feature([[0, 0]] * 1_000_000)).encode(), 413),
    (json.dumps(collection(*[FAR] * 1001)).encode(), 400),
    (json.dumps({**FIELD, "deep": json.loads("[" * 500 + "]" * 500)}).encode(), 400),
]  # fmt: skip


@pytest.mark.parametrize("path", ["/cog/statistics", "/cog/feature.png", "/v0/search"])
def test_a_compressed_body_is_told_to_come_as_it_is(sample_server, path):
    body = gzip.compress(json.dumps(FIELD).encode())
    answer = requests.post(
        sample_server + path,
        params={"url": sample_server + RASTER},
        data=body,
        headers={"Content-Encoding": "gzip"},
        timeout=30,
    )
    assert answer.status_code == 400
    assert "compressed bodies are not read" in problem_of(answer)["detail"]


@pytest.mark.parametrize("path", ["/cog/statistics", "/cog/feature", "/stac/crop.png", "/stac/feature/64x64.npy"])
@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda part: str(part)[:40])
def test_hostile_bodies_are_refused_soon(ask, path, body, status):
    start = time.monotonic()
    answer = ask(path, body, assets="B04")
    allowed = {status, 422} if b"FeatureCollection" in body else {status}
    assert answer.status_code in allowed, answer.text[:300]
    problem_of(answer)
    assert time.monotonic() - start < 2


def test_many_points_and_strange_borders_are_measured(ask):
    """As many points as are read, a shape that crosses itself, one that reaches far beyond the data."""
    wild = star(30.80, 29.44, 30.90, 29.53, points=9998)
    crossing = [[30.82, 29.45], [30.88, 29.52], [30.88, 29.45], [30.82, 29.52], [30.82, 29.45]]
    for ring, query in ((wild, {}), (crossing, {}), (box(-170, -80, 170, 80), {"max_size": 64})):
        answer = ask("/cog/statistics", feature(ring), **query)
        assert answer.status_code == 200, answer.text[:300]


@pytest.mark.parametrize("target", ["EPSG:3857", "EPSG:3413", "EPSG:2193", "EPSG:32601"])
@pytest.mark.parametrize("ring", [box(-540, -90, 540, 90), box(170, -90, 190, 90), box(30.8, 29.4, 30.9, 90)])
def test_a_shape_in_a_projection_that_has_no_place_for_it_is_no_bug(ask, target, ring):
    start = time.monotonic()
    answer = ask("/cog/feature.npy", feature(ring), dst_crs=target, max_size=64)
    assert answer.status_code in (200, 400, 404), answer.text[:300]
    assert time.monotonic() - start < 3


def test_a_condition_of_a_post_is_no_question_for_a_copy(ask, sample_server):
    first = ask("/stac/feature.png", FIELD, assets="visual", max_size=64)
    again = requests.post(
        f"{sample_server}/stac/feature.png",
        params={"url": sample_server + ITEM, "assets": "visual", "max_size": 64},
        json=FIELD, headers={"If-None-Match": f'{first.headers["ETag"]}, *'}, timeout=30,
    )  # fmt: skip
    assert (again.status_code, again.content, again.headers["X-Cache"]) == (200, first.content, "HIT")


def test_another_shape_is_another_picture(ask):
    names = [
        ask("/stac/feature.png", feature(star(30.80, 29.44, 30.90, 29.53, points=points)), assets="visual", max_size=64)
        for points in (10, 14)
    ]
    assert names[0].headers["ETag"] != names[1].headers["ETag"]


def test_a_shape_is_stretched_like_the_whole(ask):
    """``rescale=auto`` measures the whole dataset, so that fields can be compared."""
    cut = ask("/stac/feature.png", FIELD, assets="B04", rescale="auto")
    whole = ask("/stac/preview.png", assets="B04", rescale="auto")
    assert cut.headers["X-Rescale"] == whole.headers["X-Rescale"]


@pytest.mark.parametrize(("path", "size"), [("/stac/crop", 1024), ("/stac/feature", 1384)])
def test_a_crop_is_at_most_1024_pixels_wide_and_a_feature_as_wide_as_the_data(ask, path, size):
    """The box around the data has 1384 columns of square degrees."""
    from io import BytesIO

    from PIL import Image

    left, bottom, right, top = ask("/cog/bounds").json()["bounds"]
    shape = feature(box(left, bottom, right, top))
    pictures = [ask(f"{path}{end}", shape, assets="B04", rescale="0,3000") for end in ("", ".png", "/300x200.png")]
    sizes = [Image.open(BytesIO(answer.content)).size for answer in pictures]
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) == pytest.approx(size, abs=15)
    assert sizes[2] == (300, 200)


def test_a_table_has_a_row_per_band(ask, numbers):
    query = {"assets": ["B04", "B08"], "max_size": 64}
    answer = ask("/stac/statistics", f="csv", **query)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    found = numbers("/stac/statistics", **query)
    assert [(row["feature"], row["band"]) for row in rows] == [("1", "b1"), ("1", "b2")]
    for row, band in zip(rows, found.values(), strict=True):
        assert (float(row["mean"]), row["description"]) == (band["mean"], band["description"])
    assert "histogram" not in rows[0]


def test_a_table_of_a_collection_has_a_row_per_feature_and_band(ask):
    collection = {"type": "FeatureCollection", "features": [FIELD, FIELD, FIELD]}
    answer = ask("/stac/statistics", collection, format="csv", assets="B04,B08", max_size=64)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["feature"] + row["band"] for row in rows] == ["1b1", "1b2", "2b1", "2b2", "3b1", "3b2"]
    assert rows[0]["mean"] == rows[4]["mean"]
