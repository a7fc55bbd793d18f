"""Colour formulas."""

from __future__ import annotations

import numpy as np
import pytest
from rio_tiler.models import ImageData

from app.errors import BadRequest
from app.style.formula import apply_formula, parse_formula
from tests.rasters import raster

NOTEBOOK = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"


def test_commas_and_case_do_not_matter():
    """The notebook writes its formula both ways."""
    assert parse_formula(NOTEBOOK) == parse_formula("gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35")
    assert parse_formula(NOTEBOOK) == ("gamma rgb 3.5", "saturation 1.7", "sigmoidal rgb 15 0.35")


def test_operations_without_spaces_after_commas_are_apart():
    assert parse_formula("gamma r 2,gamma g 1.5") == ("gamma r 2", "gamma g 1.5")


@pytest.mark.parametrize("formula", [NOTEBOOK, "gamma R 2", "gamma 12 1.3", "sigmoidal RGB 6 0.1", "saturation 0"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16"])
def test_the_result_is_rio_tilers_to_the_pixel(formula, dtype):
    values = np.random.default_rng(3).integers(0, np.iinfo(dtype).max, (3, 8, 8)).astype(dtype)
    theirs = ImageData(np.ma.MaskedArray(values.copy())).apply_color_formula(formula)
    assert np.array_equal(apply_formula(raster(values, dtype), formula).data, theirs.array.data)


def test_the_raster_given_is_not_changed():
    given = raster(np.full((3, 2, 2), 40), "uint8")
    apply_formula(given, NOTEBOOK)
    assert (given.data == 40).all()


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("gama RGB 3.5", "did you mean 'gamma'"),
        ("", "is empty"),
        ("gamma RGB", "takes 2 values .bands, gamma., not 1"),
        ("gamma RGB 1 2", "takes 2 values"),
        ("gamma XYZ 2", "acts on bands written R, G, B or RGB, not 'xyz'"),
        ("gamma RGB 0", "must be above 0"),
        ("gamma RGB nan", "finite numbers"),
        ("gamma RGB 1e400", "finite numbers"),
        ("saturation -1", "must not be negative"),
        ("sigmoidal RGB 10 3", "bias of sigmoidal must be 0 to 1"),
        ("saturation 1 " * 17, "has 17 operations"),
        ("3.5", "is not an operation"),
    ],
)
def test_a_formula_with_an_error_is_refused_with_an_example(formula, said):
    with pytest.raises(BadRequest, match=said):
        parse_formula(formula)


def test_saturation_needs_three_bands():
    with pytest.raises(BadRequest, match="needs three bands"):
        apply_formula(raster([[1, 2]]), "saturation 1.5")


def test_a_formula_for_one_band_works_on_one_band():
    assert apply_formula(raster([[64]]), "gamma R 2").data.ravel().tolist() == [127]
    with pytest.raises(BadRequest, match="names band 3, there are 1"):
        apply_formula(raster([[64]]), "gamma RGB 2")


def test_floats_are_told_to_be_rescaled_first():
    with pytest.raises(BadRequest, match="add rescale=low,high"):
        apply_formula(raster([[0.5]], "float32"), "gamma R 2")
