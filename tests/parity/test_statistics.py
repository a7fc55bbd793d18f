"""Statistics and shapes of every real raster against rio-tiler on the files themselves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
import requests
from rasterio.crs import CRS
from rasterio.errors import WindowError
from rio_tiler.io import Reader

from app.settings import Settings
from tests.geojson import feature, star
from tests.serving import serving
from tests.shared import DATA, needs_shared

pytestmark = needs_shared

RASTERS = sorted(
    path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix.lower() in (".tif", ".tiff")
)
WITHOUT_PLACE = {"rasters/rasterio_float_nan.tif", "rasters/cog_hirise_mars.tif"}
BINS = {"bins": 10}


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A server with the general driver, which is identical to rio-tiler."""
    with serving(Settings(data_root=DATA, driver="gdal")) as base:
        yield base


def same(ours: Any, theirs: Any) -> bool:
    """Equal to one part in a billion; what is no number there is null here."""
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, float) and not math.isfinite(theirs):
        return ours is None
    return ours == (pytest.approx(theirs, rel=1e-9, abs=1e-9) if isinstance(theirs, float) else theirs)


def told(statistics: dict[str, Any]) -> dict[str, Any]:
    return {name: each.model_dump() for name, each in statistics.items()}


def ask(method: str, address: str, body: Any = None, **params: Any) -> requests.Response:
    answer = requests.request(method, address, params=params, json=body, timeout=60)
    assert answer.status_code == 200, answer.text[:400]
    return answer


def star_in(base: str, raster: str) -> dict[str, Any]:
    left, bottom, right, top = ask("GET", f"{base}/cog/bounds", url=raster).json()["bounds"]
    return feature(star(left, bottom, right if left < right else right + 360, top))


@pytest.mark.parametrize("raster", RASTERS)
def test_the_whole_has_the_same_numbers(base: str, raster: str):
    ours = ask("GET", f"{base}/cog/statistics", url=raster, max_size=200, p=[5, 50, 98]).json()
    with Reader(str(DATA / raster)) as source:
        theirs = source.statistics(max_size=200, percentiles=[5, 50, 98], hist_options=BINS)
    assert same(ours, told(theirs))


@pytest.mark.parametrize("raster", [raster for raster in RASTERS if raster not in WITHOUT_PLACE])
def test_a_shape_has_the_same_numbers(base: str, raster: str):
    """Pixels are aligned with the data's own, and weighted by coverage."""
    shape = star_in(base, raster)
    answer = ask("POST", f"{base}/cog/statistics", shape, url=raster, max_size=150)
    try:
        with Reader(str(DATA / raster)) as source:
            image = source.feature(shape, align_bounds_with_dataset=True, max_size=150)
    except WindowError:
        pytest.skip("rio-tiler cannot read a part of rows that go north")
    theirs = image.statistics(coverage=image.get_coverage_array(shape), hist_options=BINS)
    assert answer.headers["Content-Type"] == "application/geo+json"
    assert same(answer.json()["properties"]["statistics"], told(theirs))


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"max_size": 100},
        {"width": 64},
        {"height": 40, "width": 90},
        {"cover_scale": 3},
        {"dst_crs": "EPSG:3857"},
        {"dst_crs": "EPSG:32633", "max_size": 80},
        {"resampling": "bilinear", "reproject": "cubic"},
        {"nodata": 0},
        {"categorical": "true", "c": [300, 400, 500]},
        {"histogram_bins": "0,500,1000,3000"},
        {"histogram_bins": 5, "histogram_range": "0,2500"},
    ],
    ids=str,
)
def test_every_way_to_measure_a_shape_is_rio_tilers(base: str, how: dict[str, Any]):
    raster = next(name for name in RASTERS if name.startswith("s2-timeseries") and "B04" in name)
    shape = star_in(base, raster)
    ours = ask("POST", f"{base}/cog/statistics", shape, url=raster, **how).json()["properties"]["statistics"]
    reading = {name: how[name] for name in ("max_size", "width", "height", "nodata") if name in how}
    reading |= {f"{name}_method": how[name] for name in ("resampling", "reproject") if name in how}
    if "dst_crs" in how:
        reading["dst_crs"] = CRS.from_string(how["dst_crs"])
    with Reader(str(DATA / raster)) as source:
        image = source.feature(shape, align_bounds_with_dataset=True, **reading)
    bins = how.get("histogram_bins", 10)
    theirs = image.statistics(
        coverage=image.get_coverage_array(shape, cover_scale=how.get("cover_scale", 10)),
        categorical="categorical" in how,
        categories=how.get("c"),
        hist_options={
            "bins": [float(edge) for edge in bins.split(",")] if isinstance(bins, str) else bins,
            "range": tuple(map(float, how["histogram_range"].split(","))) if "histogram_range" in how else None,
        },
    )
    assert same(ours, told(theirs))


@pytest.mark.parametrize("raster", [raster for raster in RASTERS if raster not in WITHOUT_PLACE])
def test_a_shape_is_cut_out_as_rio_tiler_does_it(base: str, raster: str):
    shape = star_in(base, raster)
    array = np.load(BytesIO(ask("POST", f"{base}/cog/feature.npy", shape, url=raster, max_size=150).content))
    try:
        with Reader(str(DATA / raster)) as source:
            image = source.feature(shape, max_size=150)
    except WindowError:
        pytest.skip("rio-tiler cannot read a part of rows that go north")
    valid = ~image.array.mask & np.isfinite(image.array.data)
    if image.alpha_mask is not None:
        valid &= image.alpha_mask > 0
    assert array.shape == (image.count + 1, image.height, image.width)
    shown = np.broadcast_to(array[-1] > 0, valid.shape) & valid
    np.testing.assert_array_equal(array[-1] > 0, valid.any(axis=0))
    np.testing.assert_array_equal(array[:-1][shown], image.array.data[shown])


@pytest.mark.parametrize("dst_crs", ["EPSG:3857", "EPSG:32633", "EPSG:3035"])
def test_a_shape_is_cut_out_in_another_projection(base: str, dst_crs: str):
    raster = next(name for name in RASTERS if name.startswith("s2-timeseries") and "B04" in name)
    shape = star_in(base, raster)
    array = np.load(BytesIO(ask("POST", f"{base}/cog/feature.npy", shape, url=raster, dst_crs=dst_crs).content))
    with Reader(str(DATA / raster)) as source:
        image = source.feature(shape, dst_crs=CRS.from_string(dst_crs))
    np.testing.assert_array_equal(array[-1] > 0, ~image.array.mask[0])
    np.testing.assert_array_equal(array[0], np.where(image.array.mask[0], 0, image.array.data[0]))
