"""Parameters that are nearly right become values or are refused by name; nothing else is raised."""

from __future__ import annotations

import contextlib
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from app.api import dialect
from app.api.matrix_sets import MatrixSets
from app.api.params import (
    parse_bounds,
    parse_crs,
    parse_format,
    parse_point,
    parse_rescale,
    parse_selection,
    parse_style,
)
from app.api.query import Query, read_query
from app.api.routers.crops import read_size, split_extension
from app.api.tiles import read_tile_options, split_row, tile_frame
from app.errors import BadRequest, NotFound
from app.settings import Settings

SETTINGS = Settings()
SETS = MatrixSets()
MANY = settings(max_examples=400, deadline=None, derandomize=True)


def texts(*words: str) -> st.SearchStrategy[str]:
    """Words of a grammar in any order, some of them any text."""
    return st.lists(st.sampled_from(words) | st.text(max_size=3), max_size=12).map("".join)


NUMBER = (
    "0",
    "1",
    "-1",
    "255",
    "256",
    "1e308",
    "1e309",
    "nan",
    "inf",
    "-0",
    "٣",
    "1_0",
    "0x1",
    "99999999999999999999",
    ".",
    ",",
)
TEXTS = {
    "assets": texts("B04", "visual", ",", "|", "bidx=", "expression=", "1", "b1*2", ":all:", "=", ";"),
    "asset_bidx": texts("B04", "|", "1", ",", "0", "99999"),
    "asset_expression": texts("B04", "|", "b1", "*", "2", ";"),
    "bidx": texts(*NUMBER),
    "nodata": texts(*NUMBER),
    "padding": texts(*NUMBER),
    "rescale": texts(*NUMBER, "[", "]", "[[", "]]", " "),
    "color_formula": texts("gamma", "sigmoidal", "saturation", " ", "RGB", "R", ",", "3", "0.5", *NUMBER),
    "colormap": texts("{", "}", "[", "]", '"', ":", '"1"', '"#ff0000"', "[1,2,3,4]", "[[0,1],", *NUMBER, "null", "true", "viridis"),
    "colormap_name": texts("viridis", "magma", "_r"),
    "expression": texts("B04", "b1", "+", "/", "(", ")", "where(", ",", ";", "**", *NUMBER),
    "dst_crs": texts("EPSG:", "epsg:", "4326", "3857", "4979", "OGC:", "CRS84", "0", "http://", "+proj=", "\n"),
    "tilesize": texts(*NUMBER),
    "scale": texts(*NUMBER),
    "buffer": texts(*NUMBER, ".5"),
    "format": texts("png", "npy", "tif", "npz", "jp2", "pngraw", "csv", "."),
}  # fmt: skip


def query_of(**values: str) -> Query:
    return read_query(urlencode(values, errors="surrogatepass"), (*dialect.TILE, *dialect.CROP), strict=False)


@MANY
@given(st.fixed_dictionaries({}, optional=TEXTS))
def test_any_query_is_read_or_refused(values: dict[str, str]) -> None:
    for parse in (
        parse_selection, parse_style, parse_rescale, lambda q: parse_crs(q, "dst_crs"), lambda q: parse_format(q, None),
        lambda q: read_tile_options(q, SETTINGS, None, None),
    ):  # fmt: skip
        with contextlib.suppress(BadRequest):
            parse(query_of(**values))


@MANY
@given(
    texts(*NUMBER, "/", "@", "x", "png"),
    texts(*NUMBER),
    texts(*NUMBER),
    st.sampled_from(["WebMercatorQuad", "", "CDB1GlobalGrid"]),
)
def test_any_place_is_read_or_refused(y: str, z: str, x: str, tms: str) -> None:
    with contextlib.suppress(BadRequest, NotFound):
        row, scale, extension = split_row(y)
        tile_frame(SETS.find(tms), (z, x, row), read_tile_options(query_of(), SETTINGS, scale, extension))
    for text in (y, f"{z},{x},{y}", f"{z},{x},{y},{z}.png", f"{z}x{x}.{y}"):
        box, _ = split_extension(text)
        for parse in (parse_bounds, parse_point, lambda t: read_size(query_of(), t)):
            with contextlib.suppress(BadRequest):
                parse(box)


def test_the_strategies_reach_real_values() -> None:
    query = query_of(assets="B04|bidx=1", rescale="0,255", colormap='{"1":"#ff0000"}', expression="B04+1")
    assert parse_selection(query).assets[0].indexes == (1,)
    assert parse_style(query).colormap == {1: (255, 0, 0, 255)}
