"""What an item of a raster says, field by field."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from affine import Affine
from rasterio.crs import CRS

from app.model.authoring import BandPortrait, Footprint, Found, ItemRequest, Portrait
from app.model.request import DatasetKind, DatasetRef
from app.model.source import Header
from app.stac.write import write_item
from tests.stac_schemas import faults_of_item

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "https://example.com/a.tif"
BAND = BandPortrait(name="b1", dtype="int16", scale=0.1, offset=-5, unit="K", description=None, color="gray")
PORTRAIT = Portrait(bands=(BAND,), nodata=0, sampling="area", acquired="", cloud_cover="")
HEADER = Header(
    version="1", lattice="1", crs=CRS.from_epsg(32636), transform=Affine(10, 0, 300_000, 0, -10, 3_300_000),
    width=20, height=10, bounds=(300_000, 3_299_900, 300_200, 3_300_000), bounds_wgs84=(30.9, 29.8, 31, 29.9),
    overviews=(), block_bytes=1, band_count=1, indexes=(1,), descriptions=("b1",), dtype="int16",
)  # fmt: skip
BOX = {"type": "Polygon", "coordinates": [[[30.9, 29.8], [31, 29.8], [31, 29.9], [30.9, 29.8]]]}
PLACE = Footprint(geometry=BOX, bbox=(30.9, 29.8, 31, 29.9))
NUMBERS = {"min": 1.0, "max": 9.0, "mean": 4.0, "std": 2.0, "valid_percent": 50.0,
           "histogram": [[3.0, 2.0, 1.0], [1.0, 4.0, 6.0, 9.0]]}  # fmt: skip
FOUND = Found(name="a.tif", header=HEADER, place=PLACE, portrait=PORTRAIT, statistics={"b1": NUMBERS})


def written(found: Found = FOUND, **wish: Any) -> dict[str, Any]:
    dataset = DatasetRef(kind=DatasetKind.COG, url=URL, home="http://here")
    item = write_item(ItemRequest(dataset=dataset, **wish), found, NOW)
    assert faults_of_item(item) == []
    return item


def told_by(**portrait: Any) -> Found:
    return replace(FOUND, portrait=replace(PORTRAIT, **portrait))


def test_an_item_is_named_for_its_file_and_links_to_it() -> None:
    item = written()
    assert (item["id"], item["properties"]["datetime"]) == ("a.tif", "2026-01-02T03:04:05Z")
    asset = item["assets"]["data"]
    assert (asset["href"], asset["type"], asset["roles"]) == (URL, "image/tiff; application=geotiff", [])


def test_the_grid_is_told_by_the_projection_extension() -> None:
    properties = written()["properties"]
    assert properties["proj:epsg"] == 32636
    assert properties["proj:shape"] == [10, 20]
    assert properties["proj:transform"] == [10, 0, 300_000, 0, -10, 3_300_000, 0, 0, 1]
    assert properties["proj:bbox"] == [300_000, 3_299_900, 300_200, 3_300_000]
    assert "proj:wkt2" not in properties


def test_a_crs_without_a_number_is_told_as_wkt2() -> None:
    crs = CRS.from_user_input("+proj=sinu +R=6371007.181")
    properties = written(replace(FOUND, header=replace(HEADER, crs=crs)))["properties"]
    assert properties["proj:epsg"] is None
    assert properties["proj:wkt2"].startswith("PROJCRS[")


def test_a_band_has_its_type_its_scale_and_its_statistics() -> None:
    assert written()["assets"]["data"]["raster:bands"] == [
        {
            "data_type": "int16", "scale": 0.1, "offset": -5, "sampling": "area", "nodata": 0, "unit": "K",
            "statistics": {"minimum": 1, "maximum": 9, "mean": 4, "stddev": 2, "valid_percent": 50},
            "histogram": {"count": 3, "min": 1, "max": 9, "buckets": [3, 2, 1]},
        },
    ]  # fmt: skip


def test_a_band_that_was_not_measured_has_no_statistics() -> None:
    [band] = written(replace(FOUND, statistics={}))["assets"]["data"]["raster:bands"]
    assert "statistics" not in band


def test_a_band_without_valid_pixels_tells_how_many_there_are() -> None:
    numbers = dict.fromkeys(("min", "max", "mean", "std")) | {"valid_percent": 0.0, "histogram": [[0], [None, None]]}
    [band] = written(replace(FOUND, statistics={"b1": numbers}))["assets"]["data"]["raster:bands"]
    assert band["statistics"] == {"valid_percent": 0}
    assert "histogram" not in band


@pytest.mark.parametrize(("nodata", "told"), [(math.nan, "nan"), (-math.inf, "-inf"), (-9999.0, -9999)])
def test_nodata_that_json_cannot_say_is_text(nodata: float, told: object) -> None:
    [band] = written(told_by(nodata=nodata))["assets"]["data"]["raster:bands"]
    assert band["nodata"] == told


def test_a_scale_that_is_no_number_is_left_out() -> None:
    [band] = written(told_by(bands=(replace(BAND, scale=math.nan),)))["assets"]["data"]["raster:bands"]
    assert "scale" not in band


def test_bands_are_described_by_the_file_else_by_their_colour() -> None:
    bands = (BAND, replace(BAND, name="b2", description="heat"))
    assert written(told_by(bands=bands))["assets"]["data"]["eo:bands"] == [
        {"name": "b1", "description": "gray"},
        {"name": "b2", "description": "heat"},
    ]


@pytest.mark.parametrize(
    ("acquired", "told"),
    [
        ("2019:07:01 08:30:00", "2019-07-01T08:30:00Z"), ("2019-07-01T08:30:00+02:00", "2019-07-01T06:30:00Z"),
        ("2019-07-01", "2019-07-01T00:00:00Z"), ("0001-01-01T00:00:00+23:00", "2026-01-02T03:04:05Z"),
        ("in July", "2026-01-02T03:04:05Z"),
    ],
)  # fmt: skip
def test_the_date_is_that_of_the_file_where_it_tells_one(acquired: str, told: str) -> None:
    assert written(told_by(acquired=acquired))["properties"]["datetime"] == told


def test_a_period_has_a_start_and_an_end() -> None:
    properties = written(period=(NOW, NOW.replace(day=9)))["properties"]
    assert properties["datetime"] is None
    assert properties["start_datetime"] == "2026-01-02T03:04:05Z"
    assert properties["end_datetime"] == "2026-01-09T03:04:05Z"


@pytest.mark.parametrize(("text", "told"), [("12.5", 12.5), ("200", None), ("nan", None), ("few", None)])
def test_cloud_cover_is_a_share_of_a_hundred(text: str, told: float | None) -> None:
    assert written(told_by(cloud_cover=text))["properties"].get("eo:cloud_cover") == told


def test_a_raster_without_a_place_has_no_geometry() -> None:
    item = written(replace(FOUND, place=None, header=replace(HEADER, crs=None)))
    assert item["geometry"] is None
    assert "bbox" not in item
    assert item["assets"]["data"]["type"] == "image/tiff"


def test_extensions_are_left_out_where_they_are_not_wanted() -> None:
    item = written(with_proj=False, with_raster=False, with_eo=False)
    assert item["stac_extensions"] == []
    assert item["properties"].keys() == {"datetime"}
    assert item["assets"]["data"].keys() == {"href", "type", "roles"}


def test_a_collection_is_linked() -> None:
    item = written(collection="c", collection_url="https://example.com/c.json")
    assert item["collection"] == "c"
    assert item["links"] == [{"rel": "collection", "href": "https://example.com/c.json", "type": "application/json"}]
