"""Outlines of rasters, against corners worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform, transform_bounds

from app.model.grid import Bounds
from app.model.source import Header
from app.plan.footprint import footprint, polygon

UTM = (300_000.0, 3_190_200.0, 409_800.0, 3_300_000.0)


def header(crs: str | None, bounds: Bounds, bounds_wgs84: Bounds | None) -> Header:
    left, bottom, right, top = bounds
    return Header(
        version="1", lattice="1", crs=crs and CRS.from_user_input(crs), transform=Affine(1, 0, left, 0, -1, top),
        width=int(right - left), height=int(top - bottom), bounds=bounds, bounds_wgs84=bounds_wgs84, overviews=(),
        block_bytes=1, band_count=1, indexes=(1,), descriptions=("b1",), dtype="uint8",
    )  # fmt: skip


def utm() -> Header:
    return header("EPSG:32636", UTM, transform_bounds("EPSG:32636", "EPSG:4326", *UTM, densify_pts=21))


def test_an_outline_has_the_corners_of_the_raster() -> None:
    place = footprint(utm(), 0, None)
    assert place is not None
    left, bottom, right, top = UTM
    longitudes, latitudes = transform(
        "EPSG:32636", "EPSG:4326", [left, right, right, left, left], [bottom, bottom, top, top, bottom]
    )
    [ring] = place.geometry["coordinates"]
    assert np.array(ring) == pytest.approx(np.column_stack([longitudes, latitudes]))


def test_the_box_holds_an_outline_that_bends() -> None:
    """The northern edge of a UTM zone bends up by some hundred metres between its corners."""
    straight, bent = footprint(utm(), 0, None), footprint(utm(), 9, None)
    assert straight is not None
    assert bent is not None
    assert straight.bbox == bent.bbox == utm().bounds_wgs84
    [ring] = bent.geometry["coordinates"]
    assert len(ring) == 4 * 10 + 1
    _, south, _, north = bent.bbox
    assert all(south - 1e-6 <= latitude <= north + 1e-6 for _, latitude in ring)


def test_coordinates_are_rounded_to_the_decimals_asked_for() -> None:
    place = footprint(utm(), 0, 3)
    assert place is not None
    [ring] = place.geometry["coordinates"]
    assert all(round(value, 3) == value for point in [*ring, place.bbox] for value in point)


def test_an_outline_is_cut_at_the_antimeridian() -> None:
    box = (570_585.0, 5_612_085.0, 803_115.0, 5_847_615.0)
    place = footprint(header("EPSG:32660", box, (177.9, 50.5, -178.5, 52.8)), 0, None)
    assert place is not None
    assert place.geometry["type"] == "MultiPolygon"
    assert place.bbox == (177.9, 50.5, -178.5, 52.8)
    assert all(abs(longitude) <= 180 for longitude, _ in points(place.geometry))


def test_a_corner_that_proj_does_not_find_leaves_the_box() -> None:
    """The corners of a picture of the whole disc that a satellite sees lie in space."""
    far = 5_500_000.0
    disc = header("+proj=geos +h=35785831 +lon_0=0 +ellps=GRS80", (-far, -far, far, far), (-81, -81, 81, 81))
    place = footprint(disc, 0, None)
    assert place is not None
    assert place.geometry == polygon((-81, -81, 81, 81))


@pytest.mark.parametrize("crs", [None, "EPSG:32636"])
def test_what_has_no_place_on_earth_has_no_outline(crs: str | None) -> None:
    assert footprint(header(crs, UTM, None), 0, None) is None


def test_a_box_across_the_antimeridian_is_two_polygons() -> None:
    assert polygon((170, -10, -170, 10)) == {
        "type": "MultiPolygon",
        "coordinates": [
            [[(170, -10), (180, -10), (180, 10), (170, 10), (170, -10)]],
            [[(-180, -10), (-170, -10), (-170, 10), (-180, 10), (-180, -10)]],
        ],
    }


def points(geometry: dict[str, Any]) -> list[tuple[float, float]]:
    return [point for part in geometry["coordinates"] for ring in part for point in ring]
