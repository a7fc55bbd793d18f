"""Rescaling values to 0..255."""

from __future__ import annotations

import numpy as np
import pytest
from rio_tiler.utils import linear_rescale

from app.errors import BadRequest
from app.style.rescale import rescale, rescale_by_type
from tests.rasters import raster


def test_values_are_cut_off_and_not_rounded():
    """0..1000 to 0..255: 999 becomes 254, as rio-tiler truncates."""
    out = rescale(raster([[0, 500, 999, 1000, 4000]], "uint16"), [(0, 1000)])
    assert out.data.tolist() == [[[0, 127, 254, 255, 255]]]
    assert out.data.dtype == np.uint8


def test_one_range_holds_for_all_bands_and_several_for_each():
    three = raster([[100], [100], [100]], "uint16")
    assert rescale(three, [(0, 100)]).data.ravel().tolist() == [255, 255, 255]
    assert rescale(three, [(0, 100), (0, 200), (100, 200)]).data.ravel().tolist() == [255, 127, 0]


def test_of_more_ranges_than_bands_the_first_ones_hold():
    """As TiTiler takes the first one for one band."""
    assert rescale(raster([[100]], "uint16"), [(0, 200), (0, 100), (5, 6)]).data.ravel().tolist() == [127]


def test_two_ranges_for_three_bands_are_refused():
    with pytest.raises(BadRequest, match="2 ranges for 3 bands"):
        rescale(raster([[1], [1], [1]], "uint16"), [(0, 1), (0, 1)])


def test_invalid_pixels_stay_zero_even_where_zero_would_be_grey():
    """-1..1 maps 0 to 127, but not where nothing is known."""
    out = rescale(raster([[0.0, 0.0]], "float64", mask=[[True, False]]), [(-1, 1)])
    assert out.data.tolist() == [[[127, 0]]]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
def test_every_dtype_equals_rio_tiler(dtype):
    values = np.random.default_rng(2).uniform(0, 250, (1, 4, 50)).astype(dtype)
    ours = rescale(raster(values, dtype), [(10, 200)])
    assert np.array_equal(ours.data, linear_rescale(values, (10, 200)).astype("uint8"))


def test_without_a_range_the_files_statistics_serve_else_the_dtype():
    assert rescale_by_type(raster([[0, 65535]], "uint16")).data.ravel().tolist() == [0, 255]
    assert rescale_by_type(raster([[10, 20]], "uint16", ranges=((10, 20),))).data.ravel().tolist() == [0, 255]
