"""Algorithms against formulas worked out with numpy; ``tests/parity/test_algorithms.py`` asks TiTiler itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rio_tiler.colormap import cmap

from app.compute.algorithms import ALGORITHMS
from app.compute.algorithms import apply as strips
from app.compute.algorithms.apply import apply_algorithm
from app.compute.algorithms.parameters import configure
from app.errors import BadRequest
from app.model.raster import Raster
from tests.rasters import raster


def run(given: Raster, name: str, **params: Any) -> Raster:
    """Apply an algorithm as to a whole raster, around which there is nothing."""
    return apply_algorithm(given, configure(ALGORITHMS[name], params), given.grid)


@pytest.fixture
def dem() -> Raster:
    """Heights with a hole, in pixels of 10 m."""
    heights = np.random.default_rng(3).uniform(-50, 900, (1, 60, 40)).astype(np.float32)
    mask = np.ones(heights.shape, bool)
    mask[0, 20:23, 10:15] = False
    return raster(np.where(mask, heights, 0), "float32", mask=mask)


@pytest.fixture
def bands() -> Raster:
    """Four bands, of which some are not valid everywhere."""
    values = np.random.default_rng(4).integers(0, 3000, (4, 30, 20))
    mask = np.ones(values.shape, bool)
    mask[:, :3, :3] = mask[:3, 5:8, :2] = mask[1, 20:, 10:] = False
    return raster(np.where(mask, values, 0), "uint16", mask=mask)


def test_a_plane_has_the_slope_of_its_gradient():
    """3 m down and 4 m along for each 10 m: atan(0.5) = 26.565 degrees."""
    rows, columns = np.mgrid[:5, :6]
    made = run(raster((3.0 * rows + 4.0 * columns)[np.newaxis], "float64"), "slope")
    assert made.data.dtype == np.float32
    assert np.allclose(made.data, 26.56505)
    assert made.descriptions == ("slope",)


def test_slope_knows_pixels_that_are_not_square():
    """10 m wide and 20 m high: 20 m down a column are 45 degrees."""
    plane = raster((20.0 * np.mgrid[:5, :6][0])[np.newaxis], "float64")
    tall = replace(plane, grid=replace(plane.grid, bounds=(0, 0, 60, 100)))
    assert np.allclose(run(tall, "slope").data, 45)


@pytest.mark.parametrize(("azimuth", "lit"), [(0, "w"), (90, "n"), (180, "e"), (270, "s")])
def test_light_comes_from_where_the_azimuth_says_clockwise_from_west(azimuth: int, lit: str):
    rows, columns = np.mgrid[:5, :5]
    facing = {"w": columns, "e": -columns, "n": rows, "s": -rows}
    light = {side: run(raster([plane], "float64"), "hillshade", azimuth=azimuth).data[0, 2, 2]
             for side, plane in facing.items()}  # fmt: skip
    assert max(light, key=lambda side: light[side]) == lit


def test_flat_ground_has_the_sine_of_the_light_above_it():
    flat = raster(np.full((1, 4, 4), 7), "int16")
    assert (run(flat, "hillshade").data == int(255 * (np.sin(np.pi / 4) + 1) / 2)).all()
    assert (run(flat, "hillshade", angle_altitude=90).data == 255).all()


@pytest.mark.parametrize("name", ["hillshade", "slope"])
def test_a_pixel_without_data_is_unknown_with_its_four_neighbours(dem: Raster, name: str):
    known = run(dem, name).mask[0]
    hole = np.zeros_like(known)
    hole[20:23, 10:15] = True
    grown = hole.copy()
    grown[19:24, 10:15], grown[20:23, 9:16] = True, True
    assert np.array_equal(~known, grown)


@pytest.mark.parametrize("name", ["hillshade", "slope"])
def test_the_margin_is_cut_off_and_leaves_no_edge(dem: Raster, name: str):
    algorithm = configure(ALGORITHMS[name], {})
    inner = replace(dem.grid, bounds=(30, 30, 370, 570), width=34, height=54)
    made, whole = apply_algorithm(dem, algorithm, inner), run(dem, name)
    assert made.grid == inner
    assert np.array_equal(made.data, whole.data[:, 3:-3, 3:-3])
    assert np.array_equal(made.mask, whole.mask[:, 3:-3, 3:-3])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_strips_of_rows_give_what_the_whole_gives(
    name: str, dem: Raster, bands: Raster, monkeypatch: pytest.MonkeyPatch
):
    count = {"grayscale": 3, "bitonal": 3}.get(name, 4)
    used = replace(bands, data=bands.data[:count], mask=bands.mask[:count], descriptions=bands.descriptions[:count])
    given = dem if ALGORITHMS[name].bands_in == 1 else used
    whole = run(given, name)
    monkeypatch.setattr(strips, "STRIP_VALUES", 7 * given.data.shape[2])
    made = run(given, name)
    assert np.array_equal(made.data, whole.data)
    assert np.array_equal(made.mask, whole.mask)


def test_contours_are_black_on_the_colours_of_terrain():
    """70 is twice 35; -12000 and 8000 are the first and last colour."""
    made = run(raster([[70, 51, 50, -12000 + 20, 8000 - 5]], "int16"), "contours")
    terrain = cmap.get("terrain")
    assert made.data[:, 0, 0].tolist() == [0, 0, 0]
    assert tuple(made.data[:, 0, 1]) == tuple(made.data[:, 0, 2]) == terrain[int(1 + 254 * 12050 / 20000)][:3]
    assert tuple(made.data[:, 0, 3]) == terrain[1][:3]
    assert tuple(made.data[:, 0, 4]) == terrain[254][:3]
    assert run(raster([[70]], "int16"), "contours", increment=0).data.any()


def test_terrarium_and_terrain_rgb_can_be_read_back(dem: Raster):
    """As https://github.com/tilezen/joerd and https://docs.mapbox.com say that they are read."""
    red, green, blue = run(dem, "terrarium").data.astype(float)
    assert np.abs(red * 256 + green + blue / 256 - 32768 - dem.data)[dem.mask].max() < 1 / 256
    red, green, blue = run(dem, "terrainrgb").data.astype(float)
    assert np.abs(-10000 + (red * 65536 + green * 256 + blue) * 0.1 - dem.data)[dem.mask].max() <= 0.0501


def test_pixels_without_data_take_the_height_that_is_given_for_them():
    hole = raster([[0, 5]], "int16", mask=[[False, True]])
    for name, zero in (("terrarium", [128, 0, 0]), ("terrainrgb", [1, 134, 160])):
        made = run(hole, name, nodata_height=0)
        assert made.mask.all()
        assert made.data[:, 0, 0].tolist() == zero
        assert not run(hole, name).mask[0, 0, 0]


def test_heights_beyond_the_encoding_take_its_ends():
    made = run(raster([[-99999, 1e30]], "float64"), "terrainrgb", interval=0.001)
    assert made.data[:, 0].T.tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize(
    ("name", "values"), [("cast", [1, 254, 0, 44]), ("ceil", [2, 255, 255, 45]), ("floor", [1, 254, 255, 44])]
)
def test_rounding_makes_bytes(name: str, values: list[int]):
    """-0.5 is 0 towards zero, -1 = 255 downwards and -0 upwards; 300.5 wraps around to 44 and 45."""
    expected = {"ceil": [2, 255, 0, 45]}.get(name, values)
    made = run(raster([[1.5, 254.5, -0.5, 300.5]], "float64"), name)
    assert made.data.dtype == np.uint8
    assert made.data.ravel().tolist() == expected


def masked(given: Raster) -> np.ma.MaskedArray[Any, Any]:
    return np.ma.array(given.data, mask=~given.mask)


REDUCTIONS = {
    "min": lambda array: array.min(axis=0),
    "max": lambda array: array.max(axis=0),
    "median": lambda array: np.ma.median(array, axis=0),
    "mean": lambda array: array.mean(axis=0),
    "std": lambda array: array.std(axis=0, ddof=1),
    "var": lambda array: array.var(axis=0, ddof=1),
    "sum": lambda array: array.sum(axis=0),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction_is_that_of_the_bands_that_are_valid(name: str, bands: Raster):
    expected, made = REDUCTIONS[name](masked(bands)), run(bands, name)
    assert made.data.dtype == expected.dtype
    assert np.array_equal(made.mask[0], ~np.ma.getmaskarray(expected))
    assert np.allclose(made.data[0], expected.filled(0))
    assert made.names == ("b1",)


def test_the_normalized_index_is_of_the_first_two_bands_and_unknown_where_both_are_0():
    made = run(
        raster([[1, 0, 5], [3, 0, 7], [9, 9, 9]], "uint16", mask=[[[1, 1, 0]], [[1, 1, 1]], [[1, 1, 1]]]),
        "normalizedIndex",
    )
    assert made.data.tolist() == [[[0.5, 0, 0]]]
    assert made.mask.tolist() == [[[True, False, False]]]
    assert made.descriptions == ("(b2 - b1) / (b2 + b1)",)


def test_grey_is_the_luma_and_bitonal_what_is_above_127():
    """299, 587 and 114 thousandths: 0.299 * 100 + 0.587 * 200 + 0.114 * 50 = 153 (cut off)."""
    colors = raster([[100, 0], [200, 0], [50, 255]])
    assert run(colors, "grayscale").data.tolist() == [[[153, 29]]]
    assert run(colors, "bitonal").data.tolist() == [[[255, 0]]]
    assert run(raster([[127, 128]]), "bitonal").data.tolist() == [[[0, 255]]]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_values_of_every_size_make_no_noise_and_nothing_that_is_not_finite(name: str):
    given = raster([[0, 3.4e38, -3.4e38, 1, 1e-40]] * 3, "float32")
    made = run(given, name)
    assert np.isfinite(made.data).all()
    assert not made.data[~made.mask].any()


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", "int64", "float64"])
def test_every_dtype_is_taken(name: str, dtype: str):
    assert run(raster([[1, 2]] * 3, dtype), name).data.shape[1:] == (1, 2)


@pytest.mark.parametrize(
    ("name", "count", "said"),
    [("grayscale", 2, "needs three bands, there are 2"), ("bitonal", 2, "one band or three"),
     ("normalizedIndex", 1, "needs two bands, there is 1"), ("std", 1, "two bands or more")],
)  # fmt: skip
def test_too_few_bands_are_refused(name: str, count: int, said: str):
    with pytest.raises(BadRequest, match=said):
        run(raster([[1]] * count), name)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("hillshade", {"azimut": 3}, "did you mean 'azimuth'"),
        ("hillshade", {"azimuth": 361}, "azimuth of hillshade must be a whole number 0 to 360"),
        ("hillshade", {"azimuth": 4.5}, "whole number"),
        ("hillshade", {"azimuth": True}, "whole number"),
        ("hillshade", {"azimuth": None}, "whole number"),
        ("hillshade", {"azimuth": [1]}, "whole number"),
        ("hillshade", {"azimuth": "north"}, "whole number"),
        ("hillshade", {"buffer": 10**400}, "0 to 99"),
        ("hillshade", {"z_exaggeration": float("nan")}, "z_exaggeration"),
        ("terrainrgb", {"interval": 0}, "above 0"),
        ("contours", {"minz": 10, "maxz": 10}, "minz must be below maxz"),
        ("min", {"x" * 5000: 1}, "it has none"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(name: str, params: dict[str, Any], said: str):
    with pytest.raises(BadRequest, match=said) as refused:
        configure(ALGORITHMS[name], params)
    assert len(refused.value.detail) < 400


def test_numbers_written_as_text_are_numbers_as_in_titiler():
    assert configure(ALGORITHMS["hillshade"], {"azimuth": "315", "angle_altitude": 30}) == configure(
        ALGORITHMS["hillshade"], {"azimuth": 315.0, "angle_altitude": "30.0"}
    )
