"""Animations over HTTP, against pictures of the same scenes that are asked for one by one."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from numpy.typing import NDArray
from PIL import Image

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

BOX = "30.82,29.46,30.86,29.50"
NDVI = {"index": "ndvi", "rescale": "-0.1,0.8", "colormap_name": "viridis"}
FEW = {"collections": "sentinel-s2-l2a-cogs", "datetime": "2019-06-01/2019-07-31"}
Frames = list[NDArray[np.uint8]]


def animation(server: str, path: str, headers: dict[str, str] | None = None, **query) -> requests.Response:
    asked = {"api": f"{server}/v0", **FEW, **query} if "search" not in query and "url" not in query else query
    return requests.get(f"{server}/timeseries/bbox/{path}", params=asked, headers=headers, timeout=60)


def frames_of(answer: requests.Response) -> Frames:
    assert answer.ok, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            shown.append(np.array(image.convert("RGBA")))
        return shown


def scenes(server: str, **query) -> list[dict[str, Any]]:
    found = requests.get(f"{server}/search/items", params={"api": f"{server}/v0", **FEW, **query}, timeout=60)
    return sorted(found.json()["features"], key=lambda feature: feature["properties"]["datetime"])


def crop(server: str, feature: dict[str, Any], size: str, **query) -> NDArray[np.uint8]:
    url = feature["links"][0]["href"]
    answer = requests.get(f"{server}/stac/bbox/{BOX}/{size}.png", params={"url": url, **query}, timeout=60)
    with Image.open(io.BytesIO(answer.content)) as image:
        return np.array(image.convert("RGBA"))


def test_each_frame_is_the_crop_of_its_scene_in_the_order_of_time(sample_server):
    shown = frames_of(animation(sample_server, f"{BOX}/120x110.apng", **NDVI, mask="SCL:3,8,9,10"))
    listed = scenes(sample_server)
    assert len(shown) == len(listed) >= 3
    for there, feature in zip(shown, listed, strict=True):
        expected = crop(sample_server, feature, "120x110", **NDVI, mask="SCL:3,8,9,10")
        np.testing.assert_array_equal(there[..., 3], expected[..., 3])
        valid = expected[..., 3] > 0
        np.testing.assert_array_equal(there[valid], expected[valid])


def test_the_stretch_is_measured_once_over_all_scenes(sample_server):
    """The ranges that the answer tells make the same frames again, and are percentiles of all scenes together."""
    bands = {"assets": "B04,B03,B02"}
    auto = animation(sample_server, f"{BOX}/100x100.apng", **bands, rescale="auto:5,95")
    numbers = auto.headers["X-Rescale"]
    told = animation(sample_server, f"{BOX}/100x100.apng", **bands, rescale=numbers)
    assert told.content == auto.content
    values = []
    for feature in scenes(sample_server):
        url = feature["links"][0]["href"]
        answer = requests.get(f"{sample_server}/stac/bbox/{BOX}/100x100.npy", params={"url": url, **bands}, timeout=60)
        data = np.load(io.BytesIO(answer.content))
        values.append(data[:3, data[3] > 0])
    expected = np.percentile(np.concatenate(values, axis=1), (5, 95), axis=1).T.ravel()
    np.testing.assert_allclose([float(number) for number in numbers.split(",")], expected, rtol=1e-5)


def test_a_month_is_filled_by_its_scenes_and_the_one_with_fewer_clouds_lies_above(sample_server):
    mask = {**NDVI, "mask": "SCL:3,8,9,10", "datetime": "2019-01-01/2019-01-31"}
    [shown] = frames_of(animation(sample_server, f"{BOX}/120x110.apng", **mask, by="month"))
    listed = sorted(scenes(sample_server, datetime=mask["datetime"]), key=lambda f: f["properties"]["eo:cloud_cover"])
    assert len(listed) > 1
    expected = np.zeros_like(shown)
    for feature in listed:
        picture = crop(sample_server, feature, "120x110", **{k: v for k, v in mask.items() if k != "datetime"})
        expected = np.where(expected[..., 3:] > 0, expected, picture)
    np.testing.assert_array_equal(shown[..., 3], expected[..., 3])
    np.testing.assert_array_equal(shown[shown[..., 3] > 0], expected[shown[..., 3] > 0])


def test_the_label_is_at_the_lower_left_and_nowhere_else(sample_server):
    plain = frames_of(animation(sample_server, f"{BOX}/200x180.apng", **NDVI))
    dated = frames_of(animation(sample_server, f"{BOX}/200x180.apng", **NDVI, label="date"))
    for before, after in zip(plain, dated, strict=True):
        changed = (before != after).any(axis=-1)
        assert changed[150:, :100].any()
        assert not changed[:150].any()
        assert not changed[:, 100:].any()
    strips = {frame[150:, :100].tobytes() for frame in dated}
    assert len(strips) == len(dated)


def test_a_search_by_its_id_gives_the_same(sample_server):
    body = {"api": f"{sample_server}/v0", "collections": [FEW["collections"]], "datetime": FEW["datetime"]}
    search = requests.post(f"{sample_server}/search", json=body, timeout=60).json()["id"]
    by_id = animation(sample_server, f"{BOX}/64x64.gif", search=search, **NDVI)
    assert by_id.content == animation(sample_server, f"{BOX}/64x64.gif", **NDVI).content


@pytest.mark.parametrize(("format", "media_type"), [("gif", "image/gif"), ("webp", "image/webp"),
                                                    ("png", "image/apng"), ("mp4", "video/mp4")])  # fmt: skip
def test_answers_are_like_those_of_pictures(sample_server, format, media_type):
    first = animation(sample_server, f"{BOX}/64x60.{format}", assets="visual")
    assert (first.status_code, first.headers["Content-Type"]) == (200, media_type)
    assert first.headers["Content-Disposition"].endswith(f'_animation.{format}"')
    assert first.headers["Cache-Control"] == Settings().cache_control
    assert first.headers["Content-Bbox"] == "30.82,29.46,30.86,29.5"
    count = str(len(scenes(sample_server)))
    told = {name: first.headers[name] for name in ("X-Items-Matched", "X-Items-Used", "X-Truncated")}
    assert told == {"X-Items-Matched": count, "X-Items-Used": count, "X-Truncated": "false"}
    again = animation(sample_server, f"{BOX}/64x60.{format}", assets="visual")
    assert (again.headers["X-Cache"], again.content) == ("HIT", first.content)
    known = {"If-None-Match": first.headers["ETag"]}
    assert animation(sample_server, f"{BOX}/64x60.{format}", known, assets="visual").status_code == 304


def test_a_shape_is_cut_out_and_sizes_keep_the_aspect(sample_server):
    ring = [[30.82, 29.46], [30.86, 29.46], [30.82, 29.5], [30.82, 29.46]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    answer = requests.post(
        f"{sample_server}/timeseries/feature.gif",
        params={"api": f"{sample_server}/v0", **FEW, "assets": "visual", "max_size": 64},
        json=shape,
        timeout=60,
    )
    for frame in frames_of(answer):
        assert max(frame.shape[:2]) == 64
        assert 0.45 < (frame[..., 3] > 0).mean() < 0.55


@pytest.mark.parametrize(
    ("path", "query", "status", "told"),
    [
        (f"{BOX}.tif", {"assets": "visual"}, 400, "there are gif, webp, apng, png, mp4"),
        (BOX, {"assets": "visual"}, 422, "format is missing"),
        (f"{BOX}.gif", {"assets": "B99"}, 404, "B99"),
        (f"{BOX}.gif", {"assets": "visual", "fps": "31"}, 400, "0.2 to 30"),
        (f"{BOX}/40x40.gif", {"assets": "visual", "label": "date"}, 400, "64 x 20"),
        (f"{BOX}/2000x2000.gif", {"assets": "visual", "datetime": "2019-01-01/.."}, 400, "SWATH_ANIMATION_PIXELS_MAX"),
        (f"{BOX}/4000x10.gif", {"assets": "visual"}, 400, "SWATH_CROP_SIZE_MAX"),
        (f"{BOX}.gif", {"assets": "B04,B03", "rescale": "0,3000"}, 400, "one or three bands"),
        ("10,10,10.1,10.1.gif", {"assets": "visual"}, 404, "reaches the place"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_anything_is_read(sample_server, path, query, status, told):
    answer = animation(sample_server, path, **query)
    assert answer.status_code == status
    problem = problem_of(answer)
    assert told in problem["detail"]


def write_raster(path: Path, value: int) -> None:
    """64 x 64 pixels of one value over the box of the items below; 0 is nodata."""
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 1, "width": 64, "height": 64, "nodata": 0, "crs": "EPSG:4326",
        "transform": rasterio.transform.from_bounds(30.8, 29.4, 30.9, 29.5, 64, 64), "tiled": True,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.full((1, 64, 64), value, np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six scenes of one value each, the latest first: b has no file, c no data, and f ends in its header."""
    root = tmp_path_factory.mktemp("root") / "scenes"
    root.mkdir()
    values = {"a": 10, "b": 20, "c": 0, "d": 40, "é": 50, "f": 60}
    for number, (name, value) in enumerate(values.items(), 1):
        write_raster(root / f"{name}.tif", value)
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [30.8, 29.4, 30.9, 29.5], "links": [],
            "geometry": {"type": "Polygon", "coordinates": [[[30.8, 29.4], [30.9, 29.4], [30.9, 29.5], [30.8, 29.5],
                                                             [30.8, 29.4]]]},
            "properties": {"datetime": f"2020-0{7 - number}-01T00:00:00Z"},
            "assets": {"data": {"href": f"./{name}.tif"}},
        }  # fmt: skip
        (root / f"{name}.json").write_text(json.dumps(item))
    (root / "b.tif").unlink()
    with (root / "f.tif").open("r+b") as file:
        file.truncate(file.seek(0, 2) - 4000)
    return root.parent


@pytest.fixture(scope="module")
def small_server(folder: Path) -> Iterator[str]:
    with serving(Settings(data_root=folder, animation_frames_max=3)) as base:
        yield base


PLACE = "30.81,29.41,30.89,29.49/32x32"


def small(server: str, root: Path, path: str = f"{PLACE}.apng", **query) -> requests.Response:
    return animation(server, path, url=str(root / "scenes"), assets="data", **{"rescale": "0,255", **query})


def test_scenes_that_fail_are_left_out_and_named_and_more_frames_than_may_be_are_told(small_server, folder):
    """Of é, d and c, the earliest, c shows nothing; b and a are beyond the three frames."""
    answer = small(small_server, folder, datetime="2020-02-01/..")
    assert [int(frame[0, 0, 0]) for frame in frames_of(answer)] == [50, 40]
    headers = answer.headers
    assert (headers["X-Items-Matched"], headers["X-Items-Used"], headers["X-Truncated"]) == ("5", "2", "true")
    assert headers["X-Items-Left-Out"] == "Left out: 1 item without data there (c)."
    assert headers["Cache-Control"] == "no-cache"


def test_a_scene_that_cannot_be_read_is_left_out(small_server, folder):
    answer = small(small_server, folder, datetime="2020-04-15/..")
    assert [int(frame[0, 0, 0]) for frame in frames_of(answer)] == [10]
    assert "cannot be read" in answer.headers["X-Items-Left-Out"]
    assert "(b)" in answer.headers["X-Items-Left-Out"]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_ids_of_any_letters_can_be_told_in_a_header(small_server, folder):
    answer = small(small_server, folder, f"{PLACE}.apng", datetime="2020-02-01/2020-03-15", mask="data:50")
    assert [int(frame[0, 0, 0]) for frame in frames_of(answer)] == [40]
    assert answer.headers["X-Items-Left-Out"].endswith("(?).")


def test_strict_wants_all_or_nothing(small_server, folder):
    answer = small(small_server, folder, strict="true", datetime="2020-02-01/..")
    assert answer.status_code == 413
    assert "SWATH_ANIMATION_FRAMES_MAX" in problem_of(answer)["detail"]
    assert small(small_server, folder, strict="true", datetime="2020-02-01/2020-04-15").ok


def test_where_nothing_has_data_it_is_an_error(small_server, folder):
    answer = small(small_server, folder, datetime="2020-04-01")
    assert answer.status_code == 404
    problem_of(answer)


def test_an_answer_from_memory_tells_the_same_of_its_scenes(small_server, folder):
    first, again = (small(small_server, folder, datetime="2020-02-01/2020-04-15", fps=7) for _ in range(2))
    assert (first.headers["X-Cache"], again.headers["X-Cache"]) == ("MISS", "HIT")
    assert first.headers["X-Items-Used"] == again.headers["X-Items-Used"] == "2"
    assert again.headers["X-Items-Left-Out"] == first.headers["X-Items-Left-Out"]


def test_an_answer_that_may_be_whole_another_time_is_not_kept(small_server, folder):
    """The file of f opens, and ends where its pixels should be."""
    first, again = (small(small_server, folder, datetime="2020-01-01/2020-02-15") for _ in range(2))
    assert [int(frame[0, 0, 0]) for frame in frames_of(first)] == [50]
    assert "cannot be read" in first.headers["X-Items-Left-Out"]
    assert first.headers["X-Cache"] == again.headers["X-Cache"] == "MISS"
    assert first.headers["Cache-Control"] == "no-cache"
