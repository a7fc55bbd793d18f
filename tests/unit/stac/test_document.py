"""Reading items as they come."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import UpstreamUnusable
from app.model.location import FileLocation
from app.stac.document import parse_item

HERE = FileLocation(Path("/data"), Path("/data/item.json"))


def parse(**document):
    return parse_item(json.dumps({"type": "Feature", "id": "a", "assets": {}, **document}).encode(), HERE)


def test_an_item_gives_its_assets_with_all_their_names():
    """EO extension and STAC 1.1 both name bands, STAC 0.8 by their number in the properties."""
    assets = {
        "B04": {"href": "./B04.tif", "eo:bands": [{"name": "B4", "common_name": "red"}]},
        "nir": {"href": "./nir.tif", "bands": [{"name": "B08", "eo:common_name": "nir08"}]},
        "visual": {"href": "./v.tif", "eo:bands": [{"name": "red"}, {"name": "green"}]},
        "old": {"href": "./old.tif", "eo:bands": [1]},
        "broken": {"title": "no href"},
    }
    item = parse(assets=assets, properties={"eo:bands": [{"name": "B1"}, {"name": "B2", "common_name": "blue"}]})
    assert {key: tuple(band.names for band in asset.bands) for key, asset in item.assets.items()} == {
        "B04": (("B4", "red"),),
        "nir": (("B08", "nir08"),),
        "visual": (("red",), ("green",)),
        "old": (("B2", "blue"),),
    }


@pytest.mark.parametrize(
    ("bbox", "bounds"),
    [
        ([1, 2, 3, 4], (1, 2, 3, 4)),
        ([1, 2, 0, 3, 4, 9], (1, 2, 3, 4)),
        ([1, 2, None, 3, 4, None], (1, 2, 3, 4)),
        ([1, 2, 3], None),
        ([1, 2, 3, 4, 5, 6, 7], None),
        ([1, 2, "a", 3, 4], None),
        (None, None),
        (["a", 2, 3, 4], None),
        ([float("nan"), 2, 3, 4], None),
        ("1,2,3,4", None),
    ],
)
def test_the_bounds_are_the_bbox_without_heights_or_nothing(bbox, bounds):
    assert parse(bbox=bbox).bounds_wgs84 == bounds


def test_providers_become_the_attribution():
    providers = [{"name": "ESA"}, {"role": "host"}, {"name": "AWS"}]
    assert parse(properties={"providers": providers}).attribution == "ESA, AWS"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>404", "is not JSON .it begins with '<html>"),
        (b"", "is empty"),
        (b"[1, 2]", "is JSON, but a list"),
        (b'{"type": "Collection", "extent": {}}', "is a STAC Collection, not an item"),
        (b'{"type": "Catalog"}', "is a STAC Catalog, not an item"),
        (b'{"type": "FeatureCollection", "features": [{"id": "x1"}, 3]}', "FeatureCollection of 1 item .x1"),
        (b'{"hello": "world"}', "has no 'assets' object"),
        (b'{"type": "Feature", "assets": []}', "has no 'assets' object"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff\xfe\x00", "is not JSON"),
    ],
)
def test_what_is_not_an_item_is_told_what_it_is(body, said):
    with pytest.raises(UpstreamUnusable, match=said):
        parse_item(body, HERE)
