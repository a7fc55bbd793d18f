"""Spectral indices by name."""

from __future__ import annotations

import numpy as np
import pytest

from app.compute.expression import compile_expression, evaluate
from app.compute.indices import INDICES

BLUE, GREEN, RED, REDEDGE, NIR, SWIR16, SWIR22 = 0.05, 0.08, 0.06, 0.2, 0.4, 0.22, 0.11
BANDS = {"blue": BLUE, "green": GREEN, "red": RED, "rededge": REDEDGE, "nir": NIR, "swir16": SWIR16, "swir22": SWIR22}

EXPECTED = {
    "ndvi": 0.739130,
    "gndvi": 0.666667,
    "ndre": 0.333333,
    "evi": 2.5 * 0.34 / 1.385,
    "evi2": 2.5 * 0.34 / 1.544,
    "savi": 1.5 * 0.34 / 0.96,
    "osavi": 0.34 / 0.62,
    "msavi": 0.5 * (1.8 - 0.52**0.5),
    "arvi": 0.33 / 0.47,
    "vari": 0.02 / 0.09,
    "ndmi": 0.290323,
    "ndwi": -0.666667,
    "mndwi": -0.466667,
    "ndti": -0.142857,
    "nbr": 0.568627,
    "nbr2": 0.333333,
    "ndsi": -0.466667,
    "ndbi": -0.290323,
    "bsi": (0.28 - 0.45) / (0.28 + 0.45),
}
"""Worked out from the papers' formulas for green leaves."""


@pytest.mark.parametrize("name", INDICES)
def test_an_index_has_the_value_of_its_formula(name):
    expression = compile_expression(INDICES[name].expression)
    values, _ = evaluate(expression, {band: np.full((1, 1), BANDS[band]) for band in expression.names})
    assert values.item() == pytest.approx(EXPECTED[name], abs=1e-5)
