"""Query strings in every dialect."""

from __future__ import annotations

import math

import pytest

from app.api.dialect import CROP, TILE, TILEJSON
from app.api.params import parse_assets, parse_bounds, parse_crs, parse_rescale, parse_selection, parse_style
from app.api.query import Query, read_query
from app.errors import BadRequest, InvalidExpression, InvalidType, LimitExceeded
from app.model.request import AssetChoice


def read(query: str, parameters=TILE, *, strict: bool = False) -> Query:
    return read_query(query, parameters, strict=strict)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("assets=B04,B03,B02", ["B04", "B03", "B02"]),
        ("assets=B04&assets=B03,B02", ["B04", "B03", "B02"]),
        ("assets=B04%2CB03&assets=B04", ["B04", "B03", "B04"]),
        ("assets=:all:", [":all:"]),
        ("assets=&assets=B04", ["B04"]),
    ],
)
def test_assets_may_be_repeated_or_separated_by_commas(query, names):
    assert [choice.name for choice in parse_assets(read(query))] == names


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("assets=visual|bidx=1,2", (1, 2)),
        ("assets=visual|indexes=3", (3,)),
        ("assets=visual&asset_bidx=visual|1,2", (1, 2)),
        ("asset_bidx=visual|2", (2,)),
        ("asset_indexes=visual|2", (2,)),
    ],
)
def test_bands_of_an_asset_are_written_in_three_ways(query, expected):
    assert parse_assets(read(query)) == (AssetChoice(name="visual", indexes=expected),)


@pytest.mark.parametrize("query", ["assets=B04|expression=b1*2", "assets=B04&asset_expression=B04|b1*2"])
def test_an_asset_may_bring_its_own_expression(query):
    [choice] = parse_assets(read(query))
    assert choice.expression is not None
    assert choice.expression.text == "b1*2"


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("rescale=0,1000", ((0, 1000),)),
        ("rescale=0,1000&rescale=0,2000", ((0, 1000), (0, 2000))),
        ("rescale=0,1000,0,2000,5,6", ((0, 1000), (0, 2000), (5, 6))),
        ("rescale=[[0,1000],[0,2000]]", ((0, 1000), (0, 2000))),
        ("rescale=-1,1", ((-1, 1),)),
        ("", ()),
    ],
)
def test_rescale_is_pairs_in_every_form(query, pairs):
    assert parse_rescale(read(query)) == pairs


@pytest.mark.parametrize("value", ["a,b", "1", "1,2,3", "5,1", "1,1", "nan,1", "0,inf", "[[0,1]", ","])
def test_rescale_that_is_not_pairs_is_refused_with_an_example(value):
    if value == "[[0,1]":
        assert parse_rescale(read(f"rescale={value}")) == ((0, 1),)  # brackets are decoration
    else:
        with pytest.raises(BadRequest, match="rescale"):
            parse_rescale(read(f"rescale={value}"))


def test_old_spellings_mean_the_same_as_todays():
    old = read("color_map=viridis&resampling_method=bilinear&reproject_method=cubic")
    new = read("colormap_name=viridis&resampling=bilinear&reproject=cubic")
    assert parse_style(old) == parse_style(new)
    assert parse_selection(old) == parse_selection(new)


def test_an_error_is_about_the_name_that_the_caller_wrote():
    with pytest.raises(BadRequest) as caught:
        parse_style(read("color_map=virdis"))
    assert caught.value.faults[0].name == "color_map"


def test_what_a_route_does_not_know_is_noted_in_order():
    assert read("url=x&colormapname=viridis&zoom=3&zoom=4").ignored == ("colormapname", "zoom")


def test_strict_refuses_what_is_unknown_and_says_what_was_meant():
    with pytest.raises(BadRequest, match="did you mean colormap_name"):
        read("colormapname=viridis&strict=true")
    with pytest.raises(BadRequest, match="did you mean assets"):
        read("asset=B04", strict=True)
    assert read("asset=B04&strict=false", strict=True).ignored == ("asset",)


def test_a_route_knows_only_its_own_parameters():
    assert read("minzoom=3").ignored == ("minzoom",)
    assert read("minzoom=3", TILEJSON).ignored == ()


def test_more_than_64_parameters_are_refused():
    with pytest.raises(LimitExceeded, match="65 parameters, 64"):
        read("&".join(["assets=B04"] * 65))


def test_numbers_say_what_they_may_be():
    with pytest.raises(InvalidType, match="width='wide': is not a whole number"):
        read("width=wide", CROP).integer("width", low=1, high=9)
    with pytest.raises(BadRequest, match="must be 1 to 9"):
        read("width=0", CROP).integer("width", low=1, high=9)
    with pytest.raises(InvalidType, match="neither true nor false"):
        read("unscale=maybe").flag("unscale")


def test_nodata_may_be_nan_but_not_infinite():
    assert math.isnan(parse_selection(read("nodata=nan")).nodata)
    with pytest.raises(BadRequest):
        parse_selection(read("nodata=inf"))


def test_an_expression_with_an_error_tells_parameter_and_position():
    with pytest.raises(InvalidExpression) as caught:
        parse_selection(read("expression=B04%2B%2BFOO("))
    assert caught.value.position is not None
    assert caught.value.faults[0].name == "expression"


@pytest.mark.parametrize("text", ["EPSG:4326", "epsg:32636", "OGC:CRS84"])
def test_a_crs_is_an_epsg_code_or_crs84(text):
    assert parse_crs(read(f"coord_crs={text}", CROP), "coord_crs") is not None
    assert parse_crs(read(f"coord-crs={text}", CROP), "coord_crs") is not None


@pytest.mark.parametrize(
    "text", ["EPSG:999999", "/etc/hosts", "http://127.0.0.1/crs", "+proj=longlat", "GEOGCS[]", "3857"]
)
def test_nothing_else_is_a_crs(text):
    """PROJ and GDAL would open a file or a URL given as a CRS."""
    with pytest.raises(BadRequest, match="EPSG:n"):
        parse_crs(read(f"coord_crs={text}", CROP), "coord_crs")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("1,2,3", InvalidType),
        ("a,b,c,d", InvalidType),
        ("nan,0,1,1", BadRequest),
        ("3,0,1,1", BadRequest),
        ("1,1,1,2", BadRequest),
    ],
)
def test_a_bbox_is_four_finite_numbers_in_order(text, error):
    with pytest.raises(error, match="bbox"):
        parse_bounds(text)
