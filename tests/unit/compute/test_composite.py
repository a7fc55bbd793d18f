"""Composites, against numpy and rio-tiler's own mosaic methods."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from rio_tiler.mosaic.methods import defaults

from app.compute.composite import compositing
from app.model.grid import Grid
from app.model.mosaic import Method
from app.model.raster import Raster

SHAPE = (2, 7, 9)
GRID = Grid(crs=None, bounds=(0, 0, 9, 7), width=9, height=7)


def rasters(count: int = 6, dtype: str = "uint16") -> list[Raster]:
    """Random values, of which two of five are not valid."""
    random = np.random.default_rng(count)
    made = []
    for _ in range(count):
        mask = random.random(SHAPE) > 0.4
        data = np.where(mask, random.integers(1, 50, SHAPE), 0).astype(dtype)
        made.append(Raster(data=data, mask=mask, grid=GRID, names=("b1", "b2"), descriptions=("a", "b")))
    return made


def composite(method: Method, scenes: list[Raster], percentile: float = 50):
    made = compositing(method, percentile)
    for scene in scenes:
        made.add(scene)
    return made


def masked(scenes: list[Raster]) -> np.ma.MaskedArray:
    return np.ma.stack([np.ma.MaskedArray(scene.data, ~scene.mask) for scene in scenes])


@pytest.mark.parametrize(
    ("method", "theirs"),
    [
        (Method.FIRST, defaults.FirstMethod()),
        (Method.HIGHEST, defaults.HighestMethod()),
        (Method.LOWEST, defaults.LowestMethod()),
        (Method.MEAN, defaults.MeanMethod(enforce_data_type=False)),
        (Method.MEDIAN, defaults.MedianMethod(enforce_data_type=False)),
        (Method.STDEV, defaults.StdevMethod()),
    ],
    ids=lambda value: str(value) if isinstance(value, Method) else "",
)
def test_equal_names_mean_what_they_mean_in_rio_tiler(method, theirs):
    scenes = rasters()
    made = composite(method, scenes).raster()
    for scene in scenes:
        theirs.feed(np.ma.MaskedArray(scene.data, ~scene.mask))
    expected = theirs.data
    assert_array_equal(made.mask, ~np.ma.getmaskarray(expected))
    assert_allclose(np.where(made.mask, made.data, 0), expected.filled(0), atol=1e-9)


@pytest.mark.parametrize("percentile", [0, 10, 25, 50, 90, 100])
@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_percentiles_are_numpy_s(percentile, count):
    scenes = rasters(count)
    made = composite(Method.PERCENTILE, scenes, percentile).raster()
    stack = masked(scenes).astype(float).filled(np.nan)
    known = ~np.isnan(stack).all(axis=0)
    expected = np.nanpercentile(stack[:, known], percentile, axis=0)
    assert_array_equal(made.mask, known)
    assert_allclose(made.data[known], expected)


def test_the_number_counts_valid_values_and_is_known_everywhere():
    scenes = rasters()
    made = composite(Method.COUNT, scenes).raster()
    assert_array_equal(made.data, sum(scene.mask.astype(int) for scene in scenes))
    assert made.mask.all()
    assert made.data.dtype == np.uint16


@pytest.mark.parametrize("method", [Method.FIRST, Method.HIGHEST, Method.LOWEST, Method.MEDOID])
def test_the_number_of_a_scene_leads_to_its_value(method):
    scenes = rasters()
    made = composite(method, scenes)
    numbers, values = made.numbers(), made.raster()
    assert (numbers >= 0).any()
    for row, column in np.ndindex(*numbers.shape):
        number = numbers[row, column]
        assert values.mask[0, row, column] == (number >= 0)
        if number >= 0:
            assert scenes[number].mask[0, row, column]
            assert values.data[0, row, column] == scenes[number].data[0, row, column]


def test_a_medoid_is_nearest_to_the_median_of_the_scenes_that_have_all_bands():
    scenes = rasters(9)
    made = composite(Method.MEDOID, scenes).raster()
    for row, column in np.ndindex(*SHAPE[1:]):
        pixels = np.array([scene.data[:, row, column] for scene in scenes if scene.mask[:, row, column].all()], float)
        assert made.mask[:, row, column].all() == (len(pixels) > 0)
        if len(pixels):
            far = ((pixels - np.median(pixels, axis=0)) ** 2).sum(axis=1)
            assert_array_equal(made.data[:, row, column], pixels[far.argmin()])


def test_the_first_is_full_when_every_pixel_is_valid():
    scenes = rasters(40)
    made = compositing(Method.FIRST, 50)
    fulls = []
    for scene in scenes:
        made.add(scene)
        fulls.append(made.full)
    assert fulls[-1]
    assert not fulls[0]


def test_dtypes_of_scenes_may_differ():
    wide = rasters(3, "int32")
    made = composite(Method.FIRST, [*rasters(3, "uint8"), *wide]).raster()
    assert made.data.dtype == np.int32


def test_what_was_given_stays_as_it_is():
    scenes = rasters()
    before = [scene.data.copy() for scene in scenes]
    for method in Method:
        composite(method, scenes).raster()
    for scene, data in zip(scenes, before, strict=True):
        assert_array_equal(scene.data, data)
