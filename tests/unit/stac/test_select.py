"""Which assets a selection means."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.compute.expression import compile_expression
from app.errors import AssetNotFound, BadRequest, InvalidExpression
from app.model.choice import BandRef
from app.model.item import Asset, Item
from app.model.location import FileLocation
from app.model.request import AssetChoice, Selection
from app.stac.select import choose_assets, find_asset, raster_keys

TIFF = "image/tiff; application=geotiff; profile=cloud-optimized"


def item(**assets: Asset) -> Item:
    return Item(id="scene", location=FileLocation(Path("/data"), Path("/data/item.json")), assets=assets)


def asset(
    key: str, *aliases: str, media_type: str | None = TIFF, roles: tuple[str, ...] = (), suffix: str = ".tif"
) -> Asset:
    return Asset(key=key, href=f"./{key}{suffix}", media_type=media_type, aliases=aliases, roles=roles)


SCENE = item(
    B02=asset("B02", "blue"),
    B04=asset("B04", "red"),
    B08=asset("B08", "nir"),
    visual=asset("visual"),
    thumbnail=asset("thumbnail", media_type="image/png", suffix=".png"),
    preview=asset("preview", media_type=None, roles=("thumbnail",), suffix=""),
)


def choose(expression: str | None = None, *assets: str, indexes: tuple[int, ...] | None = None):
    compiled = compile_expression(expression) if expression else None
    choices = tuple(AssetChoice(name=name) for name in assets)
    return choose_assets(SCENE, Selection(assets=choices, expression=compiled, indexes=indexes))


def keys(chosen) -> list[str]:
    return [each.asset.key for each in chosen.chosen]


def test_assets_keep_the_order_asked_for_and_may_repeat():
    assert keys(choose(None, "B08", "B04", "B08")) == ["B08", "B04", "B08"]


def test_a_common_name_finds_the_asset():
    assert keys(choose(None, "red", "nir")) == ["B04", "B08"]


def test_a_key_wins_over_an_alias_of_another_asset():
    """An asset keyed ``red`` is meant even where ``B04`` has the common name red."""
    both = item(B04=asset("B04", "red"), red=asset("red"))
    assert find_asset(both, "red").key == "red"


def test_all_takes_every_raster_and_no_thumbnail():
    assert keys(choose(None, ":all:")) == raster_keys(SCENE) == ["B02", "B04", "B08", "visual"]


def test_names_in_an_expression_bring_their_assets_in_order_of_first_use():
    chosen = choose("(B08-B04)/(B08+B04)")
    assert keys(chosen) == ["B08", "B04"]
    assert chosen.names == {"B08": BandRef(0, None), "B04": BandRef(1, None)}
    assert [each.indexes for each in chosen.chosen] == [(1,), (1,)]


def test_a_band_of_an_asset_is_read_alone():
    """``visual_b3`` reads one band of three."""
    chosen = choose("visual_b3-visual_b1")
    assert [(each.asset.key, each.indexes) for each in chosen.chosen] == [("visual", (3,)), ("visual", (1,))]


def test_positions_count_over_the_assets_listed():
    chosen = choose("(b1-b2)/(b1+b2)", "B08", "B04")
    assert chosen.names == {"b1": BandRef(None, 1), "b2": BandRef(None, 2)}


def test_an_asset_named_like_a_position_wins():
    odd = item(b1=asset("b1"), B08=asset("B08"))
    chosen = choose_assets(odd, Selection(assets=(AssetChoice(name="B08"),), expression=compile_expression("b1+B08")))
    assert chosen.names == {"b1": BandRef(1, None), "B08": BandRef(0, None)}


def test_assets_that_the_expression_does_not_use_are_not_read():
    """2020: the expression wins over ``assets``."""
    chosen = choose("B08-B04", "visual", "B04", "B08")
    assert keys(chosen) == ["B04", "B08"]
    assert chosen.names == {"B08": BandRef(1, None), "B04": BandRef(0, None)}


def test_positions_without_assets_are_not_understood():
    with pytest.raises(InvalidExpression, match="'b1' is not in item 'scene'"):
        choose("b1-b2")


def test_an_unknown_asset_names_the_ones_there_are_and_the_nearest():
    with pytest.raises(AssetNotFound, match=r"it has B02, B04, B08, visual\. Did you mean 'B04'\?"):
        choose(None, "B4")


def test_nothing_asked_for_names_what_there_is():
    with pytest.raises(BadRequest, match=r"assets=… or expression=….*B02, B04, B08, visual"):
        choose()


@pytest.mark.parametrize(("name", "said"), [("thumbnail", "image/png"), ("preview", "a thumbnail")])
def test_an_asset_that_is_no_raster_is_refused_by_what_it_says_of_itself(name, said):
    with pytest.raises(BadRequest, match=f"Asset '{name}' is {said}, not a GeoTIFF"):
        choose(None, name)


def test_bidx_holds_for_assets_without_bands_of_their_own():
    choices = (AssetChoice(name="visual"), AssetChoice(name="B04", indexes=(1,)))
    chosen = choose_assets(SCENE, Selection(assets=choices, indexes=(2, 3)))
    assert [each.indexes for each in chosen.chosen] == [(2, 3), (1,)]
