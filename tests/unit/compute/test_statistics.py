"""Numbers of bands: worked out by numpy, and what has none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.compute.statistics import CATEGORIES_MAX, measure
from app.errors import BadRequest, LimitExceeded
from app.model.request import Tally
from tests.rasters import raster


def numbers(values, dtype="uint8", *, mask=None, coverage=None, **tally):
    share = None if coverage is None else np.array([coverage], "float32")
    [(_, found)] = measure(raster([values], dtype, mask=mask), Tally(**tally), share)
    return found


def test_a_band_has_the_numbers_that_numpy_finds():
    values = np.array([1, 2, 2, 3, 9])
    found = numbers(values, percentiles=(50,))
    assert found | {"histogram": None, "percentile_50": None} == {
        "min": 1.0, "max": 9.0, "mean": values.mean(), "count": 5.0, "sum": 17.0, "std": pytest.approx(values.std()),
        "median": 2.0, "majority": 2.0, "minority": 1.0, "unique": 4.0, "percentile_50": None, "histogram": None,
        "valid_percent": 100.0, "masked_pixels": 0.0, "valid_pixels": 5.0, "description": "b1",
    }  # fmt: skip
    counts, edges = np.histogram(values, bins=10)
    assert found["histogram"] == [counts.tolist(), edges.tolist()]


def test_invalid_pixels_count_only_as_masked():
    found = numbers([1, 2, 200], mask=[True, True, False])
    assert (found["max"], found["valid_pixels"], found["masked_pixels"]) == (2.0, 2.0, 1.0)
    assert found["valid_percent"] == 66.67


def test_a_pixel_weighs_as_much_as_is_covered_of_it():
    """4 x 1/4 and 8 x 3/4, by hand."""
    found = numbers([4, 8], coverage=[0.25, 0.75])
    assert (found["count"], found["sum"], found["mean"]) == (1.0, 7.0, 7.0)
    assert found["std"] == pytest.approx(np.sqrt(0.25 * 9 + 0.75 * 1))


@pytest.mark.parametrize("coverage", [None, [0, 0]])
def test_a_band_without_valid_pixels_is_told_in_json(coverage):
    found = numbers([4, 8], mask=[False, False], coverage=coverage)
    assert (found["mean"], found["count"], found["valid_percent"]) == (None, 0.0, 0.0)
    json.dumps(found, allow_nan=False)


def test_a_shape_that_covers_nothing_has_no_values():
    assert numbers([4, 8], coverage=[0, 0])["valid_pixels"] == 0.0


def test_sums_beyond_all_floats_are_null():
    found = numbers([3e38, 3e38, -3e38], "float32", coverage=[1, 1, 1], bins=2, range=(0, 1))
    json.dumps(found, allow_nan=False)


def test_classes_are_counted_one_by_one():
    assert numbers([4, 4, 7, 0], categorical=True)["histogram"] == [[1, 2, 1], [0, 4, 7]]
    assert numbers([4, 4, 7, 0], categorical=True, categories=(4, 5))["histogram"] == [[2, 0], [4, 5]]


@pytest.mark.parametrize("category", [300, -1, 1.5, 1e300])
def test_a_class_that_no_pixel_can_hold_is_refused(category):
    """Cast to uint8, 300 would be counted as 44."""
    with pytest.raises(BadRequest, match="uint8"):
        numbers([44, 1], categorical=True, categories=(category,))


def test_values_that_are_no_classes_are_not_listed():
    with pytest.raises(LimitExceeded, match="c=1"):
        numbers(np.arange(CATEGORIES_MAX + 1), "uint16", categorical=True)
    assert len(numbers(np.arange(CATEGORIES_MAX), "uint16", categorical=True)["histogram"][0]) == CATEGORIES_MAX


@pytest.mark.parametrize(
    ("values", "bins"), [([1.0, np.nextafter(1.0, 2)], 10), ([-1.7e308, 1.7e308], 10)], ids=["close", "far"]
)
def test_values_that_no_bins_can_be_laid_over_are_a_mistake_of_nobody_but_told(values, bins):
    with pytest.raises(BadRequest, match="histogram_range"):
        numbers(values, "float64", bins=bins)


def test_the_given_values_stay_as_they_were():
    given = raster([[1.5, 0.0, 2.5]], "float32", mask=[True, False, True])
    before = given.data.copy(), given.mask.copy()
    measure(given, Tally())
    np.testing.assert_array_equal(given.data, before[0])
    np.testing.assert_array_equal(given.mask, before[1])
