"""What an item says of its bands."""

from __future__ import annotations

import json

import pytest

from app.model.item import AssetBand
from app.stac.bands import bands_of
from tests.shared import SHARED

ITEMS = SHARED / "data" / "stac-items"


@pytest.mark.parametrize(
    "asset",
    [
        {"raster:bands": [{"scale": 0.0001, "offset": -0.1}]},
        {"bands": [{"raster:scale": 0.0001, "raster:offset": -0.1}]},
        {"raster:scale": 0.0001, "raster:offset": -0.1, "bands": [{}]},
    ],
)
def test_scale_and_offset_stand_in_three_places(asset):
    assert bands_of(asset, {}) == (AssetBand(scale=0.0001, offset=-0.1),)


@pytest.mark.parametrize("bands", [None, 3, "red", [None, 7, True, "x"], [{"scale": "1"}], [{"scale": float("nan")}]])
def test_nonsense_says_nothing(bands):
    told = bands_of({"raster:bands": bands, "eo:bands": bands, "bands": bands}, {"eo:bands": bands})
    assert set(told) <= {AssetBand()}


@pytest.mark.parametrize(
    ("properties", "offset"),
    [
        ({}, -0.1),
        ({"earthsearch:boa_offset_applied": False}, -0.1),
        ({"earthsearch:boa_offset_applied": "true"}, -0.1),
        ({"earthsearch:boa_offset_applied": True}, 0.0),
        ({"sentinel:boa_offset_applied": True}, 0.0),
        ({"s2:boa_offset_applied": True}, 0.0),
    ],
)
def test_an_offset_that_is_in_the_pixels_already_is_not_applied_again(properties, offset):
    [band] = bands_of({"raster:bands": [{"scale": 0.0001, "offset": -0.1}]}, properties)
    assert band == AssetBand(scale=0.0001, offset=offset)


def test_another_offset_stays_where_that_of_the_surface_is_applied():
    [band] = bands_of({"raster:bands": [{"scale": 0.5, "offset": 149}]}, {"s2:boa_offset_applied": True})
    assert band.offset == 149


def test_a_real_item_of_earth_search_has_its_offset_applied():
    path = ITEMS / "mapchete-eo/sentinel-2-l2a_S2A_33TWL_20230818_0_L2A_S2A_33TWL_20230818_0_L2A.json"
    item = json.loads(path.read_text())
    assert item["assets"]["red"]["raster:bands"][0]["offset"] == -0.1
    assert bands_of(item["assets"]["red"], item["properties"])[0].offset == 0.0
