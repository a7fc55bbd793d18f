"""Time series, against numpy's and rasterio's computation of the same windows and masks of real scenes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.features import rasterize
from rasterio.warp import transform

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared

pytestmark = needs_shared
SENTINEL = sorted((DATA / "s2-timeseries").iterdir()) if DATA.is_dir() else []
LANDSAT = sorted((DATA / "landsat-timeseries-small/013032").glob("*_BQA.TIF")) if DATA.is_dir() else []
CLOUDS = (3, 8, 9, 10)
NDVI = "(B08-B04)/(B08+B04)"


def landsat_item(quality: Path) -> dict[str, Any]:
    """An item of the three files of a date, which came without one."""
    stem = quality.name.removesuffix("_BQA.TIF")
    day = stem.split("_")[3]
    with rasterio.open(quality) as file:
        corners = transform(
            file.crs, "EPSG:4326", *zip(*[(x, y) for x in file.bounds[::2] for y in file.bounds[1::2]], strict=True)
        )
    box = [min(corners[0]), min(corners[1]), max(corners[0]), max(corners[1])]
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": stem, "bbox": box, "links": [],
        "geometry": {"type": "Polygon", "coordinates": [[[box[0], box[1]], [box[2], box[1]], [box[2], box[3]],
                                                         [box[0], box[3]], [box[0], box[1]]]]},
        "properties": {"datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T15:40:00Z"},
        "assets": {key: {"href": f"./{stem}_{key}.TIF"} for key in ("B4", "B5", "BQA")},
    }  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with the scenes of both sensors: folders of items and their files."""
    folder = tmp_path_factory.mktemp("scenes")
    for scene in SENTINEL:
        (folder / "s2" / scene.name).mkdir(parents=True)
        for file in (*scene.glob("*.tif"), scene / "item.v0.json"):
            shutil.copy(file, folder / "s2" / scene.name)
    (folder / "landsat").mkdir()
    for quality in LANDSAT:
        item = landsat_item(quality)
        (folder / "landsat" / f"{item['id']}.json").write_text(json.dumps(item))
        for asset in item["assets"].values():
            shutil.copy(quality.parent / asset["href"], folder / "landsat")
    return folder


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[str]:
    with serving(Settings(data_root=root)) as base:
        yield base


def point_series(server: str, place: tuple[float, float], **query) -> requests.Response:
    return requests.get(f"{server}/timeseries/point/{place[0]!r},{place[1]!r}", params=query, timeout=60)


def shape_series(server: str, shape: dict[str, Any], **query) -> requests.Response:
    return requests.post(f"{server}/timeseries/statistics", params=query, json=shape, timeout=60)


def pixels(file: Path) -> np.ndarray:
    with rasterio.open(file) as dataset:
        return dataset.read(1)


def place_of(file: Path, row: int, column: int) -> tuple[float, float]:
    with rasterio.open(file) as dataset:
        [lon], [lat] = transform(dataset.crs, "EPSG:4326", *[[value] for value in dataset.xy(row, column)])
    return lon, lat


def ndvi_of(red: np.ndarray, nir: np.ndarray) -> np.ndarray:
    red, nir = red.astype(float), nir.astype(float)
    with np.errstate(all="ignore"):
        return (nir - red) / (nir + red)


@pytest.mark.parametrize(("row", "column"), [(450, 430), (610, 200), (300, 800), (5, 5)])
def test_a_point_of_five_dates_is_what_the_files_have(server, row, column):
    rows = point_series(server, place_of(SENTINEL[0] / "B04.tif", row, column), url="s2", expression=NDVI,
                        mask="SCL:3,8,9,10").json()["rows"]  # fmt: skip
    expected = []
    for scene in sorted(SENTINEL, key=lambda each: each.name.split("_")[2]):
        red, nir, scl = (pixels(scene / f"{name}.tif")[row, column] for name in ("B04", "B08", "SCL"))
        clear = scl not in CLOUDS and red != 0 and nir != 0
        expected.append((scene.name, pytest.approx(float(ndvi_of(red, nir)), abs=1e-6) if clear else None))
    assert [(each["id"], each["values"][0]) for each in rows] == expected


def test_eight_dates_of_landsat_by_the_bits_of_their_quality(server):
    """Bit 4 of Collection 1's BQA says cloud, bits 7 and 8 a shadow of one; the grid differs from date to date."""
    row, column = 30, 40
    place = place_of(LANDSAT[0], row, column)
    rows = point_series(server, place, url="landsat", expression="(B5-B4)/(B5+B4)", mask="BQA:bits=4,8").json()["rows"]
    assert len(rows) == 8
    assert [each["datetime"][:10] for each in rows] == sorted(each["datetime"][:10] for each in rows)
    for each, quality in zip(rows, LANDSAT, strict=True):
        with rasterio.open(quality) as file:
            [x], [y] = transform("EPSG:4326", file.crs, [place[0]], [place[1]])
            at = file.index(x, y)
            flags = int(file.read(1)[at])
        red, nir = (pixels(quality.parent / quality.name.replace("BQA", name))[at] for name in ("B4", "B5"))
        clear = not flags & (1 << 4 | 1 << 8)
        assert each["values"][0] == (pytest.approx(float(ndvi_of(red, nir)), abs=1e-6) if clear else None)


def test_shapes_are_measured_with_their_weights(server):
    """Whole pixels: a square of 40 x 30 of them, in the CRS of the files, so that every weight is 1."""
    with rasterio.open(SENTINEL[0] / "B04.tif") as file:
        left, top = file.transform * (400, 500)
        right, bottom = file.transform * (440, 530)
        crs = str(file.crs)
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    square = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    answer = shape_series(server, square, url="s2", expression=NDVI, mask="SCL:3,8,9,10", coord_crs=crs)
    rows = {each["id"]: each["statistics"]["b1"] for each in answer.json()["rows"]}
    assert len(rows) == 5
    for scene in SENTINEL:
        red, nir, scl = (pixels(scene / f"{name}.tif")[500:530, 400:440] for name in ("B04", "B08", "SCL"))
        clear = ~np.isin(scl, CLOUDS) & (red != 0) & (nir != 0)
        numbers = rows[scene.name]
        assert numbers["valid_percent"] == pytest.approx(100 * clear.mean(), abs=0.01)
        if clear.any():
            values = ndvi_of(red, nir)[clear]
            assert numbers["mean"] == pytest.approx(values.mean(), abs=1e-6)
            assert numbers["std"] == pytest.approx(values.std(), abs=1e-6)
            assert (numbers["min"], numbers["max"]) == pytest.approx((values.min(), values.max()), abs=1e-6)


def test_a_pixel_counts_by_how_much_of_it_is_covered(server):
    """A triangle: weights are those of a hundred cells a pixel, of which each counts that the shape touches."""
    with rasterio.open(SENTINEL[0] / "B04.tif") as file:
        crs, whole = str(file.crs), file.transform
    ring = [whole * corner for corner in ((400.23, 500.37), (439.71, 510.43), (410.57, 529.61), (400.23, 500.37))]
    triangle = {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
    feature = {"type": "Feature", "properties": {}, "geometry": triangle}
    rows = shape_series(server, feature, url="s2", assets="B04", coord_crs=crs).json()["rows"]
    cells = rasterize([(triangle, 1)], out_shape=(300, 400), all_touched=True,
                      transform=whole * whole.translation(400, 500) * whole.scale(0.1))  # fmt: skip
    weights = cells.reshape(30, 10, 40, 10).mean(axis=(1, 3))
    for each in rows:
        red = pixels(DATA / "s2-timeseries" / each["id"] / "B04.tif")[500:530, 400:440].astype(float)
        weighed = weights * (red != 0)
        assert each["statistics"]["b1"]["mean"] == pytest.approx((red * weighed).sum() / weighed.sum(), rel=1e-6)


def test_several_shapes_have_a_row_each(server):
    lon, lat = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    ring = [[lon, lat], [lon + 0.01, lat], [lon, lat + 0.01], [lon, lat]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    shapes = {"type": "FeatureCollection", "features": [feature, feature]}
    rows = shape_series(server, shapes, url="s2", assets="B04").json()["rows"]
    assert [each["feature"] for each in rows] == [0, 1] * 5


def test_a_table_has_a_row_per_date(server):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    answer = point_series(server, place, url="s2", expression=NDVI, f="csv")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["X-Items-Used"] == "5"
    assert rows[0] == ["datetime", "id", NDVI]
    told = point_series(server, place, url="s2", expression=NDVI).json()["rows"]
    assert [[each["datetime"], each["id"], repr(each["values"][0])] for each in told] == rows[1:]


def test_lines_come_with_their_progress_and_end_with_the_books(server):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    answer = point_series(server, place, url="s2", expression=NDVI, f="ndjson", order="date")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    *rows, books = [json.loads(line) for line in answer.text.splitlines()]
    told = point_series(server, place, url="s2", expression=NDVI).json()
    assert [{name: row[name] for name in ("datetime", "id", "values")} for row in rows] == told["rows"]
    assert [row["done"] for row in rows] == [1, 2, 3, 4, 5]
    assert (books["numberMatched"], books["numberUsed"], books["truncated"]) == (5, 5, None)


@pytest.mark.parametrize(("reducer", "numpy_s"), [("mean", np.mean), ("median", np.median), ("max", np.max),
                                                 ("count", len), ("first", lambda values: values[0]),
                                                 ("last", lambda values: values[-1])])  # fmt: skip
def test_dates_are_put_together_by_month(server, reducer, numpy_s):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    told = point_series(server, place, url="s2", expression=NDVI, mask="SCL:3,8,9,10").json()["rows"]
    values = [each["values"][0] for each in told if each["values"][0] is not None]
    [month] = point_series(server, place, url="s2", expression=NDVI, mask="SCL:3,8,9,10", by="month",
                           reducer=reducer).json()["rows"]  # fmt: skip
    assert month["values"] == [pytest.approx(numpy_s(values))]
    assert (month["period"], len(month["ids"])) == ("2023-08", 5)
    assert (month["start"][:10], month["end"][:10]) == ("2023-08-10", "2023-08-20")


def test_a_scene_that_cannot_be_read_is_left_out_and_named(server, root):
    broken = root / "s2" / SENTINEL[2].name / "B08.tif"
    whole = broken.read_bytes()
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    broken.write_bytes(whole[:1000])
    try:
        answer = point_series(server, place, url="s2", assets="B08")
    finally:
        broken.write_bytes(whole)
    told = answer.json()
    assert answer.headers["X-Items-Used"] == "4"
    assert [each["ids"] for each in told["left_out"]] == [[SENTINEL[2].name]]
    assert SENTINEL[2].name not in {each["id"] for each in told["rows"]}


def test_a_place_without_scenes_has_no_rows_and_says_why(server):
    told = point_series(server, (0.0, 0.0), url="s2", assets="B04").json()
    assert told["rows"] == []
    assert told["left_out"][0]["count"] == 5


def test_what_is_wrong_with_all_scenes_is_an_error(server):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    for form in ("json", "ndjson", "csv"):
        problem = problem_of(point_series(server, place, url="s2", assets="B99", f=form))
        assert (problem["status"], problem["type"]) == (404, "asset-not-found")


def test_all_or_nothing(server):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    answer = point_series(server, place, url="s2", assets="B04", max_items=2)
    assert (answer.headers["X-Truncated"], len(answer.json()["rows"])) == ("true", 2)
    problem = problem_of(point_series(server, place, url="s2", assets="B04", max_items=2, strict="true"))
    assert (problem["status"], problem["type"]) == (413, "search-truncated")


def test_a_search_is_named_by_its_id(server):
    place = place_of(SENTINEL[0] / "B04.tif", 450, 430)
    known = requests.post(f"{server}/search", json={"url": "s2"}, timeout=30).json()["id"]
    by_id, written = (
        point_series(server, place, assets="B04", **search) for search in ({"search": known}, {"url": "s2"})
    )
    assert by_id.json() == written.json()
    problem = problem_of(point_series(server, place, assets="B04", search=known, url="s2"))
    assert problem["status"] == 400
    assert problem_of(point_series(server, place, assets="B04", search="0" * 64))["status"] == 404
