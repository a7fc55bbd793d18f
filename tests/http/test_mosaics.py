"""Mosaics of the scenes of a search, against numpy's computation of the same windows and masks of real scenes."""

from __future__ import annotations

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
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform, transform_bounds
from rasterio.windows import Window
from rio_tiler.io import Reader
from rio_tiler.mosaic import mosaic_reader
from rio_tiler.mosaic.methods import FirstMethod

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared

pytestmark = needs_shared
SCENES = sorted((DATA / "s2-timeseries").iterdir(), key=lambda each: each.name.split("_")[2]) if DATA.is_dir() else []
WINDOW = Window(380, 420, 96, 64)
CLOUDS = (3, 8, 9, 10)
FEATURE = {"type": "Feature", "properties": {}}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root: ``s2`` with the five dates, ``zones`` with one of them and its neighbour in another UTM zone."""
    folder = tmp_path_factory.mktemp("scenes")
    for scene in SCENES:
        shutil.copytree(scene, folder / "s2" / scene.name, ignore=shutil.ignore_patterns("item.v1.json"))
    for scene, zone in zip(SCENES[:2], ("EPSG:32632", None), strict=True):
        home = folder / "zones" / scene.name
        home.mkdir(parents=True)
        item = json.loads((scene / "item.v0.json").read_text())
        item["assets"] = {"B04": {"href": "./B04.tif"}}
        (home / "item.json").write_text(json.dumps(item))
        write_half(scene / "B04.tif", home / "B04.tif", zone)
    return folder


def write_half(source: Path, target: Path, crs: str | None) -> None:
    """Copy a raster; into another zone only its west, so that the other scene has to fill the east."""
    if crs is None:
        shutil.copy(source, target)
        return
    with rasterio.open(source) as file, WarpedVRT(file, crs=crs) as warped:
        data = warped.read(1)
        data[:, data.shape[1] // 2 :] = 0
        profile = {
            **warped.profile,
            "driver": "GTiff",
            "tiled": True,
            "blockxsize": 256,
            "blockysize": 256,
            "nodata": 0,
        }
        with rasterio.open(target, "w", **profile) as made:
            made.write(data, 1)


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[str]:
    with serving(Settings(data_root=root)) as base:
        yield base


def pixels(name: str) -> np.ma.MaskedArray:
    """The window of an asset of all scenes, the oldest first; masked where it has no data."""
    stack = []
    for scene in SCENES:
        with rasterio.open(scene / f"{name}.tif") as file:
            stack.append(file.read(1, window=WINDOW, masked=True))
    return np.ma.stack(stack)


def place() -> tuple[tuple[float, ...], str]:
    """The window in the CRS of the files."""
    with rasterio.open(SCENES[0] / "B04.tif") as file:
        return file.window_bounds(WINDOW), str(file.crs)


def crop(server: str, **query: Any) -> requests.Response:
    box, crs = place()
    path = f"bbox/{','.join(map(repr, box))}/{WINDOW.width}x{WINDOW.height}.npy"
    params = {"url": "s2", "sortby": "datetime", "coord_crs": crs, "dst_crs": crs, **query}
    return requests.get(f"{server}/search/{path}", params=params, timeout=60)


def array(answer: requests.Response) -> np.ma.MaskedArray:
    """The bands; masked where they are not valid."""
    assert answer.ok, answer.text
    planes = np.load(io.BytesIO(answer.content))
    return np.ma.MaskedArray(planes[:-1], np.broadcast_to(planes[-1] == 0, planes[:-1].shape))


def assert_equal(found: np.ma.MaskedArray, expected: np.ma.MaskedArray) -> None:
    assert np.array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
    assert np.allclose(found.filled(0), expected.filled(0), rtol=0, atol=1e-6)


def clear(stack: np.ma.MaskedArray) -> np.ma.MaskedArray:
    """Without clouds and their shadows."""
    return np.ma.masked_where(np.isin(pixels("SCL").data, CLOUDS), stack)


@pytest.mark.parametrize(
    ("method", "numpy_s"),
    [
        ("median", np.ma.median),
        ("mean", np.ma.mean),
        ("stdev", np.ma.std),
        ("highest", np.ma.max),
        ("lowest", np.ma.min),
    ],
)
def test_composites_without_clouds_are_numpy_s(server, method, numpy_s):
    answer = crop(server, assets="B04", mask="SCL:3,8,9,10", pixel_selection=method)
    assert_equal(array(answer)[0], np.ma.asarray(numpy_s(clear(pixels("B04")), axis=0)))
    assert (answer.headers["X-Items-Matched"], answer.headers["X-Items-Used"]) == ("5", "5")


def test_percentiles_and_numbers(server):
    stack = clear(pixels("B04"))
    found = array(crop(server, assets="B04", mask="SCL:3,8,9,10", pixel_selection="percentile", percentile=25))[0]
    values = stack.astype(float).filled(np.nan)
    known = ~np.isnan(values).all(axis=0)
    assert np.array_equal(~np.ma.getmaskarray(found), known)
    assert np.allclose(found.data[known], np.nanpercentile(values[:, known], 25, axis=0))
    counted = array(crop(server, assets="B04", mask="SCL:3,8,9,10", pixel_selection="count"))[0]
    assert np.array_equal(counted.data, stack.count(axis=0))


def test_an_expression_is_made_of_each_scene_before_they_become_one(server):
    red, nir = (clear(pixels(name)).astype(float) for name in ("B04", "B08"))
    expected = np.ma.median((nir - red) / (nir + red), axis=0)
    found = array(crop(server, expression="(B08-B04)/(B08+B04)", mask="SCL:3,8,9,10", pixel_selection="median"))
    assert_equal(found[0], np.ma.asarray(expected))


@pytest.mark.parametrize(("method", "order"), [("first", 1), ("last", -1)])
def test_the_first_clear_value_and_where_it_comes_from(server, method, order):
    stack = clear(pixels("B04"))[::order]
    numbers = np.where(stack.count(axis=0), np.argmax(~np.ma.getmaskarray(stack), axis=0), -1)
    expected = np.ma.MaskedArray(np.take_along_axis(stack.data, np.maximum(numbers, 0)[None], axis=0)[0], numbers < 0)
    query = {"assets": "B04", "mask": "SCL:3,8,9,10", "pixel_selection": method}
    assert_equal(array(crop(server, **query))[0], expected)
    answer = crop(server, **query, output="provenance")
    ids = answer.headers["X-Items"].split(",")
    shown = array(answer)[0].filled(0)
    names = np.array(["", *ids])[shown]
    assert np.array_equal(names, np.array(["", *[scene.name for scene in SCENES][::order]])[numbers + 1])


def test_a_medoid_is_one_of_the_scenes_in_all_bands(server):
    answer = crop(server, assets="B04,B08", pixel_selection="medoid", mask="SCL:3,8,9,10")
    found, stacks = array(answer), [clear(pixels(name)) for name in ("B04", "B08")]
    both = np.ma.stack(stacks, axis=1)
    same = ((both.data == found.data[None]) & ~np.ma.getmaskarray(both)).all(axis=1).any(axis=0)
    valid = ~np.ma.getmaskarray(found)[0]
    assert valid.any()
    assert same[valid].all()


def test_the_best_is_clear_where_any_scene_is_and_complete_elsewhere(server):
    masked, everything = array(crop(server, assets="B04", mask="SCL:3,8,9,10")), array(crop(server, assets="B04"))
    best = array(crop(server, assets="B04", mask="SCL:3,8,9,10", pixel_selection="best"))
    expected = np.where(np.ma.getmaskarray(masked), everything.filled(0), masked.filled(0))
    assert np.array_equal(best.filled(0), expected)
    assert np.ma.getmaskarray(masked).sum() > np.ma.getmaskarray(best).sum()


def test_the_best_tells_of_each_pixel_where_it_comes_from(server):
    """Scenes that are read twice, with and without the mask, have one number."""
    query = {"assets": "B04", "mask": "SCL:keep=4", "pixel_selection": "best"}
    values, answer = array(crop(server, **query))[0], crop(server, **query, output="provenance")
    ids, numbers = answer.headers["X-Items"].split(","), array(answer)[0].filled(0)
    assert len(set(ids)) == len(ids) >= numbers.max() >= 2
    stack = dict(zip([scene.name for scene in SCENES], pixels("B04"), strict=True))
    for number, name in enumerate(ids, 1):
        assert np.array_equal(values.data[numbers == number], stack[name].data[numbers == number])


def test_a_search_by_its_id_and_written_out_is_one_picture(server):
    search = requests.post(f"{server}/search", json={"url": "s2"}, timeout=30).json()["id"]
    query = {"assets": "B04", "rescale": "0,3000", "max_size": 64}
    first, second = (
        requests.get(f"{server}/search/preview.png", params={**query, **how}, timeout=30)
        for how in ({"url": "s2"}, {"search": search})
    )
    assert first.headers["ETag"] == second.headers["ETag"]
    assert second.headers["X-Cache"] == "HIT"


def test_no_more_scenes_are_read_than_the_picture_needs(server):
    answer = crop(server, assets="B08", sortby="eo:cloud_cover")
    assert not np.ma.getmaskarray(array(answer)).any()
    assert (answer.headers["X-Items-Matched"], answer.headers["X-Items-Used"]) == ("5", "1")


def test_across_the_edge_of_all_scenes_one_is_enough(server):
    """Half of the picture lies outside of every scene: no other one is read for that; a cloud is another matter."""
    with rasterio.open(SCENES[0] / "B04.tif") as file:
        left, top = file.transform @ (300, -40)
        right, bottom = file.transform @ (380, 40)
        crs = str(file.crs)
    path = f"{server}/search/bbox/{left},{bottom},{right},{top}/80x80.npy"
    query = {"url": "s2", "sortby": "eo:cloud_cover", "assets": "B08", "coord_crs": crs, "dst_crs": crs}
    answer = requests.get(path, params=query, timeout=60)
    found = np.ma.getmaskarray(array(answer)[0])
    assert found[:40].all()
    assert not found[40:].any()
    assert answer.headers["X-Items-Used"] == "1"
    masked = requests.get(path, params={**query, "mask": "SCL:4"}, timeout=60)
    assert int(masked.headers["X-Items-Used"]) > 1


def tile_of(file: Path, zoom: int = 10) -> tuple[int, int, int]:
    from morecantile import tms

    with rasterio.open(file) as dataset:
        middle = [(low + high) / 2 for low, high in zip(dataset.bounds[:2], dataset.bounds[2:], strict=True)]
        [lon], [lat] = transform(dataset.crs, "EPSG:4326", [middle[0]], [middle[1]])
    tile = tms.get("WebMercatorQuad").tile(lon, lat, zoom)
    return tile.z, tile.x, tile.y


def test_a_tile_of_the_first_scenes_is_rio_tiler_s(server):
    z, x, y = tile_of(SCENES[0] / "B04.tif")
    answer = requests.get(f"{server}/search/tiles/{z}/{x}/{y}.npy", timeout=60,
                          params={"url": "s2", "sortby": "datetime", "assets": "B04"})  # fmt: skip
    found = array(answer)[0]

    def read(path: str, *tile: int, **options: Any) -> Any:
        with Reader(path) as reader:
            return reader.tile(*tile, **options)

    paths = [str(scene / "B04.tif") for scene in SCENES]
    theirs, _ = mosaic_reader(paths, read, x, y, z, pixel_selection=FirstMethod, threads=0)
    expected = theirs.array[0]
    assert np.mean(np.ma.getmaskarray(found) != np.ma.getmaskarray(expected)) <= 1e-3
    assert np.mean(found.filled(0) == expected.filled(0)) >= 0.97


def test_scenes_of_two_utm_zones_become_one(server):
    """The west comes from zone 32, the east from zone 33; both agree with their own pictures."""
    z, x, y = tile_of(SCENES[0] / "B04.tif", 9)
    query = {"url": "zones", "sortby": "datetime", "assets": "B04"}
    path = f"tiles/{z}/{x}/{y}.npy"
    both = array(requests.get(f"{server}/search/{path}", params=query, timeout=60))[0]
    alone = []
    for scene in SCENES[:2]:
        item = {"url": f"zones/{scene.name}/item.json", "assets": "B04"}
        alone.append(array(requests.get(f"{server}/stac/{path}", params=item, timeout=60))[0])
    west, east = alone
    expected = np.where(np.ma.getmaskarray(west), east.filled(0), west.filled(0))
    assert np.array_equal(both.filled(0), expected)
    assert 0 < np.ma.getmaskarray(west).mean() < 1


def test_every_route_of_an_item_is_there_for_a_search(server):
    search = requests.post(f"{server}/search", json={"url": "s2", "sortby": ["-datetime"]}, timeout=30).json()["id"]
    z, x, y = tile_of(SCENES[0] / "B04.tif")
    with rasterio.open(SCENES[0] / "B04.tif") as file:
        west, south, east, north = transform_bounds(file.crs, "EPSG:4326", *file.bounds)
    lon, lat = (west + east) / 2, (south + north) / 2
    box = f"{lon},{lat},{lon + 0.1},{lat + 0.1}"
    paths = {
        f"tiles/{z}/{x}/{y}.png": "image/png",
        f"tiles/WebMercatorQuad/{z}/{x}/{y}@2x.webp": "image/webp",
        "tilejson.json": "application/json",
        "WebMercatorQuad/tilejson.json": "application/json",
        f"crop/{box}.png": "image/png",
        f"bbox/{box}/64x64.tif": "image/tiff; application=geotiff",
        "preview.jpg": "image/jpeg",
        f"point/{lon},{lat}": "application/json",
        "statistics": "application/json",
        "info": "application/json",
        "info.geojson": "application/geo+json",
        "bounds": "application/json",
        "assets": "application/json",
        "WMTSCapabilities.xml": "application/xml",
        "legend.svg": "image/svg+xml",
        "explain": "application/json",
        "tiles": "application/json",
        "tiles/WebMercatorQuad": "application/json",
        "map": "image/png",
    }
    for path, kind in paths.items():
        query = {"assets": "B04", "rescale": "0,3000", "max_size": 64, "pixel_selection": "median"}
        if path in ("assets", "info", "info.geojson", "bounds"):
            query = {}
        answer = requests.get(f"{server}/search/{search}/{path}", params=query, timeout=60)
        assert answer.status_code == 200, (path, answer.text[:300])
        assert answer.headers["Content-Type"].startswith(kind), path
    ring = [[lon, lat], [lon + 0.1, lat], [lon, lat + 0.1], [lon, lat]]
    shape = {**FEATURE, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    for path in ("feature.png", "crop.png", "statistics"):
        answer = requests.post(f"{server}/search/{search}/{path}", params={"assets": "B04", "max_size": 64}, json=shape,
                               timeout=60)  # fmt: skip
        assert answer.status_code == 200, (path, answer.text[:300])


def test_tilejson_leads_to_tiles(server):
    search = requests.post(f"{server}/search", json={"url": "s2"}, timeout=30).json()["id"]
    told = requests.get(f"{server}/search/{search}/tilejson.json", params={"assets": "B04", "rescale": "0,3000"},
                        timeout=30).json()  # fmt: skip
    z, x, y = tile_of(SCENES[0] / "B04.tif", told["minzoom"])
    url = told["tiles"][0].replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
    first, second = (requests.get(url, timeout=60) for _ in range(2))
    assert first.ok
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    assert second.headers["X-Items-Used"] == first.headers["X-Items-Used"]
    assert requests.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=30).status_code == 304


def test_one_stretch_for_all_tiles(server):
    z, x, y = tile_of(SCENES[0] / "B04.tif")
    query = {"url": "s2", "assets": "B04", "rescale": "auto", "mask": "SCL:3,8,9,10", "pixel_selection": "median"}
    stretches = {
        requests.get(f"{server}/search/tiles/{z}/{x + step}/{y}.png", params=query, timeout=60).headers["X-Rescale"]
        for step in (0, 1)
    }
    assert len(stretches) == 1


@pytest.mark.parametrize("method", ["median", "mean", "first"])
def test_one_stretch_is_found_of_more_scenes_than_a_picture_reads(root, method):
    """Two of five are read for the stretch; the picture itself may still be refused, or truncated."""
    with serving(Settings(data_root=root, mosaic_scenes_max=2)) as base:
        query = {"url": "s2", "assets": "B04", "rescale": "auto", "pixel_selection": method}
        legend = requests.get(f"{base}/search/legend.json", params=query, timeout=60)
    assert legend.ok, legend.text
    [ramp] = legend.json()["bars"]
    assert 0 <= ramp["low"] < ramp["high"] <= 65535


def test_a_first_scene_that_cannot_be_opened_does_not_speak_for_the_others(server, root):
    newest = root / "s2" / SCENES[-1].name / "B03.tif"
    whole = newest.read_bytes()
    query = {"url": "s2", "sortby": "-datetime", "assets": "B03", "rescale": "0,3000"}
    newest.write_bytes(b"no raster")
    try:
        answers = [
            requests.get(f"{server}/search/{path}", params=query, timeout=60)
            for path in ("tilejson.json", "legend.json", "info", "preview.png")
        ]
        missing = requests.get(f"{server}/search/tilejson.json", params={**query, "assets": "nope"}, timeout=60)
    finally:
        newest.write_bytes(whole)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert problem_of(missing)["type"] == "asset-not-found"


def test_a_scene_that_cannot_be_read_is_left_out_unless_all_are_wanted(server, root):
    broken = root / "s2" / SCENES[1].name / "B08.tif"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:1000])
    query = {"assets": "B08", "pixel_selection": "mean", "max_items": 4}
    try:
        answer, strict = crop(server, **query), crop(server, **query, strict="true")
    finally:
        broken.write_bytes(whole)
    assert SCENES[1].name not in answer.headers["X-Items"]
    assert answer.headers["X-Items-Used"] == "3"
    assert problem_of(strict)["status"] in (413, 424)


def test_what_is_left_out_is_told_or_refused(server):
    answer = crop(server, assets="B04", max_items=2, pixel_selection="mean")
    assert (answer.headers["X-Truncated"], answer.headers["X-Items-Used"]) == ("true", "2")
    problem = problem_of(crop(server, assets="B04", max_items=2, pixel_selection="mean", strict="true"))
    assert (problem["status"], problem["type"]) == (413, "search-truncated")


def test_more_scenes_than_are_read_are_refused_with_the_zoom_that_works(root):
    with serving(Settings(data_root=root, mosaic_scenes_max=2)) as base:
        problem = problem_of(crop(base, assets="B04", pixel_selection="median"))
        assert (problem["status"], problem["type"]) == (400, "limit-exceeded")
        assert "SWATH_MOSAIC_SCENES_MAX" in problem["detail"]
        assert "zoom level" in problem["detail"]
        first = crop(base, assets="B04", mask="SCL:3,8,9,10")
        assert (first.headers["X-Truncated"], first.headers["X-Items-Used"]) == ("true", "2")


def test_a_stack_that_takes_too_much_memory_is_refused_before_it_is_made(root):
    with serving(Settings(data_root=root, answer_max_mb=0.05)) as base:
        problem = problem_of(crop(base, assets="B04", pixel_selection="median"))
        assert "SWATH_ANSWER_MAX_MB" in problem["detail"]
        assert crop(base, assets="B04", pixel_selection="mean").ok


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"pixel_selection": "newest"}, 400),
        ({"pixel_selection": "percentile", "percentile": "101"}, 400),
        ({"pixel_selection": "mean", "output": "provenance"}, 400),
        ({"assets": "B99"}, 404),
        ({"search": "0" * 64}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(server, query, status):
    assert problem_of(crop(server, **{"assets": "B04", **query}))["status"] == status


def test_nothing_where_no_scene_is(server):
    problem = problem_of(
        requests.get(f"{server}/search/tiles/8/0/0.png", params={"url": "s2", "assets": "B04"}, timeout=30)
    )
    assert (problem["status"], problem["type"]) == (404, "out-of-bounds")
    blank = requests.get(f"{server}/search/tiles/8/0/0.png", params={"url": "s2", "assets": "B04", "empty": "blank"},
                         timeout=30)  # fmt: skip
    assert (blank.status_code, blank.headers["X-Tile"]) == (200, "empty")
