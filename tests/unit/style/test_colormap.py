"""Colormaps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rio_tiler.colormap import apply_cmap, cmap

from app.encode.channels import with_colors
from app.errors import BadRequest, LimitExceeded
from app.style.colormap import apply_colormap, named_colormap, names, parse_colormap
from tests.rasters import raster

RED, BLUE = (255, 0, 0, 255), (0, 0, 255, 255)


@pytest.mark.parametrize("name", ["viridis", "rdylgn_r", "Terrain"])
def test_a_named_colormap_gives_rio_tilers_colours(name):
    values = np.arange(256, dtype="uint8").reshape(1, 16, 16)
    ours = with_colors(apply_colormap(raster(values), named_colormap(name)))
    data, alpha = apply_cmap(values, cmap.get(name.lower()))
    assert np.array_equal(ours.data, data)
    assert np.array_equal(ours.opacity, alpha)


def test_values_beyond_the_table_take_its_end():
    """uint16 300 is yellow in viridis, where a wrap to 44 would be blue."""
    ours = with_colors(apply_colormap(raster([[255, 300, 65535]], "uint16"), named_colormap("viridis")))
    assert (ours.data == ours.data[..., :1]).all()


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('{"1": "#f00", "2": [0, 0, 255]}', {1: RED, 2: BLUE}),
        ('{"1": "#ff0000ff", "2.5": [0, 0, 255, 255]}', {1: RED, 2.5: BLUE}),
        ('[[[0, 10], "#ff0000"], [[10, 20.5], [0, 0, 255, 255]]]', [((0, 10), RED), ((10, 20.5), BLUE)]),
    ],
)
def test_a_colormap_may_be_written_as_json(text, table):
    assert parse_colormap(text) == table


def test_a_name_in_place_of_json_is_taken_as_a_name():
    assert parse_colormap("viridis") == named_colormap("viridis")


def test_values_without_a_colour_are_transparent():
    ours = apply_colormap(raster([[1, 2, 3]]), {1: RED, 3: BLUE})
    assert ours.opacity.tolist() == [[255, 0, 255]]


def test_invalid_pixels_stay_invalid():
    ours = apply_colormap(raster([[1, 1]], mask=[[True, False]]), {1: RED})
    assert ours.opacity.tolist() == [[255, 0]]
    assert ours.data[:, 0, 1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("virdis", "did you mean viridis"),
        ("{", "neither JSON nor a name"),
        ("{}", "has no colours"),
        ("3", "has no colours"),
        ('{"a": "#fff"}', "'a', which is not a number"),
        ('{"nan": "#fff"}', "not a number"),
        ('{"1": "red-ish"}', "colour that cannot be read"),
        ('{"1": [1, 2]}', "colour that cannot be read"),
        ('{"1": [1, 2, 300]}', "outside 0 to 255"),
        ('{"1": null}', "colour that cannot be read"),
        ("[[[10, 0], [0, 0, 0]]]", "interval that is not"),
        ("[[1, 2]]", "interval that is not"),
        ("[" * 5000, "neither JSON nor a name"),
    ],
)
def test_a_colormap_with_an_error_is_refused(text, said):
    with pytest.raises(BadRequest, match=said):
        parse_colormap(text)


def test_a_huge_colormap_is_refused():
    with pytest.raises(LimitExceeded, match="4096"):
        parse_colormap(json.dumps([0] * 5000, separators=(",", ":")))
    with pytest.raises(LimitExceeded, match="16384"):
        parse_colormap("x" * 20_000)


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(BadRequest, match="did you mean viridis"):
        named_colormap("viridiss")
    assert "viridis" in names()


def test_several_bands_have_no_colormap():
    with pytest.raises(BadRequest, match="colours one band, this picture has 3"):
        apply_colormap(raster([[1], [2], [3]]), {1: RED})
