"""Ticks, spans and classes of legends."""

from __future__ import annotations

import numpy as np
import pytest

from app.model.request import Style
from app.style.legend import classes, samples, spans, ticks, used_colors
from app.style.rescale import rescale_table
from tests.rasters import raster

RED, BLUE, CLEAR = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-1, 1, ["-1", "-0.5", "0", "0.5", "1"]),
        (0, 3000, ["0", "1000", "2000", "3000"]),
        (0, 3456, ["0", "1000", "2000", "3000", "3456"]),
        (0.00012, 0.00034, ["0.00012", "0.00015", "0.0002", "0.00025", "0.0003", "0.00034"]),
        (-10, -1, ["-10", "-8", "-6", "-4", "-2", "-1"]),
        (7, 7, ["7", "7"]),
        (0, 5e-324, ["0", "4.94066e-324"]),
        (-1.7e308, 1.7e308, ["-1.7e+308", "1.7e+308"]),
    ],
)
def test_ticks_are_round_between_ends_as_they_are(low: float, high: float, labels: list[str]):
    made = ticks(low, high)
    assert [tick.label for tick in made] == labels
    assert (made[0].value, made[0].at, made[-1].value, made[-1].at) == (low, 0, high, 1)
    assert all(abs(low + (high - low) * tick.at - tick.value) <= 1e-9 * (high - low) for tick in made[1:-1])


@pytest.mark.parametrize("span", [(0, 3000), (-1, 1), (0.1, 0.7), (-12345.6, 98765.4)])
def test_samples_are_one_for_each_of_256_colours(span: tuple[float, float]):
    """By rio-tiler's rescale, which cuts fractions off."""
    from rio_tiler.utils import linear_rescale

    values = samples(span, np.dtype(np.float64))
    assert (values[0], values[-1]) == span
    assert linear_rescale(values, span).astype(np.uint8).tolist() == list(range(256))


@pytest.mark.parametrize(("dtype", "low", "high"), [("uint8", 0, 255), ("uint16", 0, 65535), ("int16", -32768, 32767)])
def test_samples_of_integers_are_integers(dtype: str, low: int, high: int):
    values = samples((low, high), np.dtype(dtype))
    assert (values.dtype, values[0], values[-1]) == (np.dtype(dtype), low, high)
    if dtype != "int16":
        assert rescale_table(dtype, low, high)[values].tolist() == list(range(256))


def test_the_span_is_that_of_what_decides_the_colours():
    bands, ramp = raster([[1], [2]], "int16", ranges=((0, 10), (5, 20))), dict.fromkeys(range(256), RED)
    assert spans(bands, Style(rescale=((1, 2),)), None, raw=False) == ((1, 2), (1, 2))
    assert spans(bands, Style(rescale=((1, 2), (3, 4))), None, raw=False) == ((1, 2), (3, 4))
    assert spans(bands, Style(), None, raw=False) == ((0, 10), (5, 20))
    assert spans(bands, Style(), None, raw=True) == ((-32768, 32767),) * 2
    assert spans(bands, Style(color_formula="gamma r 2"), ramp, raw=False) == ((-32768, 32767),) * 2
    assert spans(raster([[1]]), Style(), ramp, raw=True) == ((0, 255),)


def test_classes_are_values_or_intervals_and_transparent_ones_mean_nothing():
    made = classes({3: BLUE, 1: RED, 2: CLEAR}, Style())
    assert [(each.low, each.high, each.label, each.color) for each in made] == [(1, 1, "1", RED), (3, 3, "3", BLUE)]
    made = classes([((0, 10.5), RED), ((10.5, float("inf")), BLUE)], Style())
    assert [each.label for each in made] == ["0 to 10.5", "10.5 and more"]
    assert [each.label for each in classes([((float("-inf"), 2), RED)], Style())] == ["below 2"]
    assert classes({10**400: RED}, Style())[0].label == "1.79769e+308"


def test_classes_of_rescaled_values_are_told_in_units_of_the_data():
    """0..510 mapped to 0..255: colour 3 is what lies from 6 up to 8."""
    [made] = classes({3: RED}, Style(rescale=((0, 510),)))
    assert (made.low, made.high, made.label) == (6, 8, "6 to 8")
    [made] = classes([((0, 255), RED)], Style(rescale=((-1, 1),)))
    assert made.label == "-1 to 1"


def test_colours_that_fill_a_table_are_not_used():
    table = {0: RED, 1: BLUE} | dict.fromkeys(range(2, 256), (0, 0, 0, 255))
    assert used_colors(table) == {0: RED, 1: BLUE}
