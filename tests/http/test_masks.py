"""``mask=`` on every route of an item, against rasterio's reading of the same windows of real scenes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.warp import transform
from rasterio.windows import Window

from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.shared import DATA, needs_shared

pytestmark = needs_shared
SCENE = "s2-timeseries/S2A_33TWM_20230815_0_L2A"
ITEM = f"{SCENE}/item.v0.json"
CLOUDS = (3, 8, 9, 10)
WINDOW = Window(300, 400, 128, 96)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Settings(data_root=DATA)) as base:
        yield base


def read(asset: str) -> np.ndarray:
    """The window of an asset, as rasterio reads it."""
    with rasterio.open(DATA / SCENE / f"{asset}.tif") as file:
        return file.read(1, window=WINDOW)


def ask(server: str, path: str, **query) -> requests.Response:
    return requests.get(f"{server}/stac/{path}", params={"url": ITEM, **query}, timeout=30)


def crop(server: str, **query) -> np.ndarray:
    """The same window from the server: bands, and the mask plane."""
    with rasterio.open(DATA / SCENE / "B04.tif") as file:
        box, crs = file.window_bounds(WINDOW), str(file.crs)
    path = f"bbox/{','.join(map(str, box))}/{WINDOW.width}x{WINDOW.height}.npy"
    answer = ask(server, path, coord_crs=crs, dst_crs=crs, **query)
    assert answer.ok, answer.text
    return np.load(io.BytesIO(answer.content))


def test_classes_are_left_out_of_an_array(server):
    scl, red = read("SCL"), read("B04")
    wanted = ~np.isin(scl, CLOUDS) & (red != 0)
    assert 0 < wanted.sum() < wanted.size
    array = crop(server, assets="B04", mask="SCL:3,8,9,10")
    assert np.array_equal(array[0], np.where(wanted, red, 0))
    assert np.array_equal(array[-1] != 0, wanted)


def test_only_the_kept_classes_stay(server):
    array = crop(server, assets="B04", mask="SCL:keep=4,5")
    assert np.array_equal(array[-1] != 0, np.isin(read("SCL"), (4, 5)) & (read("B04") != 0))


def test_an_expression_is_made_of_what_stays(server):
    red, nir = (read(name).astype(float) for name in ("B04", "B08"))
    wanted = ~np.isin(read("SCL"), CLOUDS) & (red != 0) & (nir != 0)
    array = crop(server, expression="(B08-B04)/(B08+B04)", mask="SCL:3,8,9,10")
    assert np.array_equal(array[-1] != 0, wanted)
    expected = (nir - red)[wanted] / (nir + red)[wanted]
    assert np.allclose(array[0][wanted], expected, rtol=0, atol=1e-6)


def test_bits_and_several_masks(server):
    """The classes of SCL, looked at as bits: 8, 9, 10 and 11 have the fourth."""
    scl = read("SCL")
    array = crop(server, assets="B04", mask=["SCL:bits=3", "SCL:3"])
    assert np.array_equal(array[-1] != 0, (scl & 8 == 0) & (scl != 3) & (read("B04") != 0))
    other = crop(server, assets="B04", mask=["SCL:keep_bits=3"])
    assert np.array_equal(other[-1] != 0, (scl & 8 != 0) & (read("B04") != 0))


def test_masks_are_read_as_they_are_whatever_the_resampling(server):
    """Between class 3 and class 9 lies no class 6."""
    plain = crop(server, assets="SCL", mask="SCL:6")
    smooth = crop(server, assets="B04", mask="SCL:keep=4,5", resampling="cubic", reproject="cubic")
    assert np.array_equal(plain[-1] != 0, (read("SCL") != 6) & (read("SCL") != 0))
    assert np.array_equal(smooth[-1] != 0, np.isin(read("SCL"), (4, 5)) & (read("B04") != 0))


def test_a_point_under_a_cloud_has_no_value(server):
    row, column = np.argwhere(np.isin(read("SCL"), CLOUDS))[0]
    with rasterio.open(DATA / SCENE / "B04.tif") as file:
        x, y = file.xy(WINDOW.row_off + row, WINDOW.col_off + column)
        [lon], [lat] = transform(file.crs, "EPSG:4326", [x], [y])
    open_sky, covered = (
        ask(server, f"point/{lon},{lat}", assets="B04", **mask).json()["values"]
        for mask in ({}, {"mask": "SCL:3,8,9,10"})
    )
    assert open_sky[0] == read("B04")[row, column]
    assert covered == [None]


def test_statistics_count_what_stays(server):
    numbers = ask(server, "statistics", assets="B04", mask="SCL:3,8,9,10", max_size=915).json()["b1"]
    with rasterio.open(DATA / SCENE / "B04.tif") as red, rasterio.open(DATA / SCENE / "SCL.tif") as scl:
        pixels = red.read(1)
        wanted = ~np.isin(scl.read(1), CLOUDS) & (pixels != 0)
    assert numbers["valid_pixels"] == wanted.sum()
    assert numbers["mean"] == pytest.approx(pixels[wanted].mean())


def test_each_asset_is_measured_behind_the_masks(server):
    numbers = ask(server, "asset_statistics", assets="B04,B08", mask="SCL:3,8,9,10", max_size=915).json()
    for asset in ("B04", "B08"):
        alone = ask(server, "statistics", assets=asset, mask="SCL:3,8,9,10", max_size=915).json()
        assert numbers[asset]["b1"]["mean"] == alone["b1"]["mean"]


def test_a_masked_tile_is_another_picture(server):
    bounds = ask(server, "tilejson.json", assets="B04", rescale="0,3000", mask="SCL:3,8,9,10").json()
    assert "mask=SCL" in bounds["tiles"][0]
    plain, masked = (ask(server, "preview.png", assets="B04", rescale="0,3000", **mask)
                     for mask in ({}, {"mask": "SCL:3,8,9,10"}))  # fmt: skip
    assert plain.ok
    assert masked.ok
    assert plain.headers["ETag"] != masked.headers["ETag"]
    assert plain.content != masked.content


def test_the_plan_tells_of_masks(server):
    told = ask(server, "explain", assets="B04", mask="SCL:3,8").json()
    [mask], [read_] = told["masks"], told["reads"]
    assert (mask["source"], mask["values"], mask["keep"], read_["source"]) == ("SCL", [3, 8], False, "B04")


def test_a_raster_is_masked_by_its_own_bands(server):
    path = DATA / "aerial-rgb/hro_colorado"
    file = next(Path(path).glob("*.tif")).relative_to(DATA)

    def preview(**query) -> np.ndarray:
        answer = requests.get(f"{server}/cog/preview.npy", params={"url": str(file), **query}, timeout=30)
        return np.load(io.BytesIO(answer.content))

    bright = "b2:" + ",".join(map(str, range(128, 256)))
    plain, green, masked = preview(bidx=1), preview(bidx=2), preview(bidx=1, mask=bright)
    assert np.array_equal(masked[-1] != 0, (plain[-1] != 0) & (green[0] < 128))


@pytest.mark.parametrize(
    ("mask", "status", "words"),
    [
        ("SCL", 400, "SCL:3,8,9,10"),
        ("SCL:", 400, "SCL:3,8,9,10"),
        ("SCL:cloud", 400, "SCL:3,8,9,10"),
        ("SCL:bits=64", 400, "0 to 63"),
        ("SCL:bits=-1", 400, "0 to 63"),
        ("QA:3", 404, "SCL"),
        ("SCL:" + ",".join(map(str, range(300))), 400, "256"),
        ("SCL:99999999999", 400, "SCL:3,8,9,10"),
    ],
)
def test_a_mask_that_cannot_be_applied_is_refused(server, mask, status, words):
    problem = problem_of(ask(server, "preview.png", assets="B04", mask=mask))
    assert problem["status"] == status
    assert words in problem["detail"]


def test_there_are_at_most_four(server):
    assert problem_of(ask(server, "preview.png", assets="B04", mask=["SCL:3"] * 5))["status"] == 400
