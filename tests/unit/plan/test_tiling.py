"""Limits of tilesets: worked out by hand, and held against every tile."""

from __future__ import annotations

import math

import pyproj
import pytest
from affine import Affine
from morecantile import Tile, TileMatrixSet
from morecantile import tms as library
from rasterio.crs import CRS

from app.errors import UpstreamUnusable
from app.model.source import Header
from app.plan.tiling import MatrixLimits, fit_tileset, matrix_limits, within

MERCATOR = library.get("WebMercatorQuad")
WORLD_M = 20037508.342789244


def header(bounds: tuple[float, float, float, float], crs: int | None, wgs84=None, size: int = 1000) -> Header:
    left, bottom, right, top = bounds
    return Header(
        version="v1",
        lattice="l1",
        crs=CRS.from_epsg(crs) if crs else None,
        transform=Affine((right - left) / size, 0, left, 0, -(top - bottom) / size, top),
        width=size,
        height=size,
        bounds=bounds,
        bounds_wgs84=wgs84 or (bounds if crs == 4326 else None),
        overviews=(),
        block_bytes=2**18,
        band_count=1,
        indexes=(1,),
        descriptions=("b1",),
        dtype="uint16",
    )


def test_limits_are_the_tiles_that_a_square_lies_on():
    """At zoom 3 a tile is an eighth of the world; 0.6 to 2.4 tiles right of the middle lie on columns 4 to 6."""
    tile = WORLD_M / 4
    square = header((0.6 * tile, -1.5 * tile, 2.4 * tile, 0.5 * tile), 3857)
    assert matrix_limits([square], MERCATOR, 3, 3) == (
        MatrixLimits(zoom=3, min_row=3, max_row=5, min_column=4, max_column=6),
    )


def test_a_tile_that_is_only_touched_at_its_edge_does_not_count():
    """Exactly tile 3/5/2, whose neighbours would be all of its border."""
    box = MERCATOR.xy_bounds(Tile(5, 2, 3))
    [limits] = matrix_limits([header(tuple(box), 3857)], MERCATOR, 3, 3)
    assert limits == MatrixLimits(zoom=3, min_row=2, max_row=2, min_column=5, max_column=5)
    assert limits.holds(Tile(5, 2, 3))
    assert not limits.holds(Tile(6, 2, 3))


def test_limits_never_pass_the_matrix():
    world = header((-180, -90, 180, 90), 4326)
    assert matrix_limits([world], MERCATOR, 0, 2) == tuple(
        MatrixLimits(zoom=z, min_row=0, max_row=2**z - 1, min_column=0, max_column=2**z - 1) for z in range(3)
    )


def test_limits_of_several_sources_hold_all_of_them():
    tile = WORLD_M / 4
    west = header((-2.5 * tile, 0.2 * tile, -2.4 * tile, 0.3 * tile), 3857)
    south = header((1.2 * tile, -2.5 * tile, 1.3 * tile, -2.4 * tile), 3857)
    [limits] = matrix_limits([west, south], MERCATOR, 3, 3)
    assert limits == MatrixLimits(zoom=3, min_row=3, max_row=6, min_column=1, max_column=5)


@pytest.mark.parametrize("name", library.list())
def test_every_set_is_cut_to_the_tiles_that_touch_the_data(name):
    """Paris, a tenth of a degree: the tiles around its limits do not touch it, and those inside cover it."""
    tms = library.get(name)
    paris = header((2.3, 48.8, 2.4, 48.9), 4326)
    found = fit_tileset([paris], tms)
    if found is None:
        assert name in ("LINZAntarticaMapTilegrid", "NZTM2000Quad", "UPSAntarcticWGS84Quad")
        return
    limits = found.limits[-1]
    corners = [tms.tile(lon, lat, limits.zoom, ignore_coalescence=True) for lon in (2.3, 2.4) for lat in (48.8, 48.9)]
    # Edges of a box in degrees may bulge beyond its corners in another CRS, by less than a tile here.
    for first, last, seen in (
        (limits.min_column, limits.max_column, [tile.x for tile in corners]),
        (limits.min_row, limits.max_row, [tile.y for tile in corners]),
    ):
        assert min(seen) - 1 <= first <= min(seen)
        assert max(seen) <= last <= max(seen) + 1


def test_rows_that_are_counted_from_the_bottom_are():
    tms = TileMatrixSet.custom([0, 0, 1024, 1024], pyproj.CRS.from_epsg(3857), id="up", minzoom=0, maxzoom=3)
    up = tms.model_copy(deep=True)
    for matrix in up.tileMatrices:
        matrix.cornerOfOrigin, matrix.pointOfOrigin = "bottomLeft", (0.0, 0.0)
    low_left = header((10, 10, 100, 100), 3857)
    [down_limits], [up_limits] = (matrix_limits([low_left], each, 3, 3) for each in (tms, up))
    assert (down_limits.min_row, up_limits.min_row) == (7, 0)


def test_data_across_the_antimeridian_get_all_columns():
    """Rows and columns cannot wrap around."""
    fiji = header((420000, 7900000, 900000, 8200000), 32760, (176, -19, -179, -16))
    [limits] = matrix_limits([fiji], library.get("WorldCRS84Quad"), 4, 4)
    assert (limits.min_column, limits.max_column) == (0, 31)


def test_a_set_that_does_not_reach_the_data_has_no_tiles():
    pole = header((-1000, -1000, 1000, 1000), 3413, (-180, 89.9, 180, 90))
    assert fit_tileset([pole], MERCATOR) is None


def test_zooms_that_are_asked_for_take_the_place_of_those_of_the_data_within_the_set():
    paris = header((2.3, 48.8, 2.4, 48.9), 4326)
    found = fit_tileset([paris], MERCATOR, 22, 29)
    assert found is not None
    assert found.zooms == (22, 24)
    assert math.prod(found.zooms) > 0


def test_a_source_without_a_place_is_an_error():
    with pytest.raises(UpstreamUnusable):
        fit_tileset([header((0, 0, 1, 1), None)], MERCATOR)


def test_a_box_leaves_the_tiles_that_touch_it_and_the_data():
    """The data cover a part of the world; the box reaches beyond them."""
    quarter = header((0, 0, 90, 60), 4326, (0, 0, 90, 60))
    tms = library.get("WebMercatorQuad")
    whole = fit_tileset([quarter], tms, 0, 6)
    cut = within(whole, (80.0, 50.0, 120.0, 70.0), CRS.from_epsg(4326))
    for limits in cut.limits:
        wanted = set(tms.tiles(80.0001, 50.0001, 89.9999, 59.9999, [limits.zoom]))
        found = {
            Tile(x, y, limits.zoom)
            for x in range(limits.min_column, limits.max_column + 1)
            for y in range(limits.min_row, limits.max_row + 1)
        }
        assert found == wanted
        assert limits.count == len(wanted)
    assert cut.zooms == (0, 6)


def test_a_box_beside_the_data_leaves_none():
    tms = library.get("WebMercatorQuad")
    whole = fit_tileset([header((0, 0, 90, 60), 4326, (0, 0, 90, 60))], tms, 4, 6)
    assert within(whole, (-120.0, -50.0, -80.0, -10.0), CRS.from_epsg(4326)) is None
