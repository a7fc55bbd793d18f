"""Masks by classes and by bits, on values written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from app.compute.mask import hide, wanted, wanted_by
from app.model.grid import Grid
from app.model.raster import Raster
from app.model.request import MaskRule

GRID = Grid(crs=None, bounds=(0, 0, 4, 1), width=4, height=1)


def flags(values: list[int], valid: list[bool] | None = None, dtype: str = "uint8") -> Raster:
    data = np.array([[values]], dtype)
    mask = np.array([[valid or [True] * len(values)]])
    return Raster(data=data, mask=mask, grid=GRID, names=("b1",), descriptions=("SCL_b1",))


def test_pixels_with_the_named_values_are_not_wanted():
    assert wanted_by(MaskRule(name="SCL", values=(3, 8)), flags([3, 4, 8, 5])).tolist() == [[False, True, False, True]]


def test_kept_values_are_all_that_is_wanted():
    rule = MaskRule(name="SCL", values=(4, 5), keep=True)
    assert wanted_by(rule, flags([3, 4, 8, 5])).tolist() == [[False, True, False, True]]


def test_a_pixel_without_a_value_has_none_of_those_named():
    """It is hidden by a rule that keeps, and stays with one that hides."""
    scl = flags([3, 4, 3, 4], [True, True, False, False])
    assert wanted_by(MaskRule(name="SCL", values=(3,)), scl).tolist() == [[False, True, True, True]]
    assert wanted_by(MaskRule(name="SCL", values=(4,), keep=True), scl).tolist() == [[False, True, False, False]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32"])
def test_any_of_the_named_bits_counts(dtype):
    """21824 is clear ground in Landsat's QA_PIXEL: bit 6 is set, bits 3 and 4, cloud and shadow, are not."""
    values = [0b0000, 0b1000, 0b10000, 0b1000000]
    cloudy = wanted_by(MaskRule(name="QA_PIXEL", bits=(3, 4)), flags(values, dtype=dtype))
    assert cloudy.tolist() == [[True, False, False, True]]
    clear = wanted_by(MaskRule(name="QA_PIXEL", bits=(6,), keep=True), flags(values, dtype=dtype))
    assert clear.tolist() == [[False, False, False, True]]


def test_the_sign_of_a_signed_number_is_a_bit_like_others():
    assert wanted_by(MaskRule(name="QA", bits=(15,)), flags([-1, 1, 2, -32768], dtype="int16")).tolist() == [
        [False, True, True, False]
    ]


def test_values_and_bits_that_the_dtype_cannot_hold_are_on_no_pixel():
    assert wanted_by(MaskRule(name="SCL", values=(-1, 259)), flags([3, 4, 8, 255])).all()
    assert wanted_by(MaskRule(name="SCL", bits=(8, 63)), flags([3, 4, 8, 255])).all()


def test_a_pixel_is_wanted_when_all_rules_want_it():
    rules = [MaskRule(name="a", values=(1,)), MaskRule(name="b", values=(2,))]
    pieces = iter([flags([1, 1, 0, 0]), flags([2, 0, 2, 0]), flags([9, 9, 9, 9])])
    assert wanted(pieces, rules).tolist() == [[False, False, False, True]]
    assert next(pieces).data.tolist() == [[[9, 9, 9, 9]]]  # the first of those that are shown


def test_hidden_pixels_are_0_and_invalid_in_all_bands():
    raster = flags([7, 7, 0, 7], [True, True, False, True])
    hidden = hide(raster, np.array([[True, False, True, True]]))
    assert_array_equal(hidden.data, [[[7, 0, 0, 7]]])
    assert_array_equal(hidden.mask, [[[True, False, False, True]]])
    assert hide(raster, None) is raster
