"""Which assets a selection means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.compute.expression import compile_expression
from app.errors import AssetNotFound, BadRequest, InvalidExpression
from app.model.choice import BandRef
from app.model.item import Asset, AssetBand, Item
from app.model.location import FileLocation
from app.model.request import AssetChoice, Selection
from app.stac.select import ChosenAssets, choose_assets, find_asset, raster_keys

TIFF = "image/tiff; application=geotiff; profile=cloud-optimized"


def item(**assets: Asset) -> Item:
    return Item(id="scene", location=FileLocation(Path("/data"), Path("/data/item.json")), assets=assets)


def asset(
    key: str, *aliases: str, media_type: str | None = TIFF, roles: tuple[str, ...] = (), suffix: str = ".tif"
) -> Asset:
    bands = (AssetBand(names=aliases),) if aliases else ()
    return Asset(key=key, href=f"./{key}{suffix}", media_type=media_type, bands=bands, roles=roles)


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
    assert find_asset(both, "red") == (both.assets["red"], None)


def test_all_takes_every_raster_and_no_thumbnail():
    assert keys(choose(None, ":all:")) == raster_keys(SCENE) == ["B02", "B04", "B08", "visual"]


def test_names_in_an_expression_bring_their_assets_in_order_of_first_use():
    chosen = choose("(B08-B04)/(B08+B04)")
    assert keys(chosen) == ["B08", "B04"]
    assert chosen.names == {"B08": BandRef(0, None), "B04": BandRef(1, None)}
    assert [each.indexes for each in chosen.chosen] == [(1,), (1,)]


def test_a_band_of_an_asset_is_read_alone():
    """``visual_b3`` reads one band of three; two of one file are read together."""
    chosen = choose("visual_b3-visual_b1")
    assert [(each.asset.key, each.indexes) for each in chosen.chosen] == [("visual", (3, 1))]


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


def four_bands(key: str = "image") -> Asset:
    """Four bands in one file, as NAIP has them."""
    return replace(asset(key), bands=tuple(AssetBand(names=(name,)) for name in ("red", "green", "blue", "nir")))


NAIP = item(image=four_bands())


def choose_naip(**selection) -> ChosenAssets:
    if text := selection.pop("expression", None):
        selection["expression"] = compile_expression(text)
    names = selection.pop("assets", ())
    choices = tuple(each if isinstance(each, AssetChoice) else AssetChoice(name=each) for each in names)
    return choose_assets(NAIP, Selection(assets=choices, **selection))


def bands_read(chosen: ChosenAssets) -> list[tuple[str, tuple[int, ...] | None]]:
    return [(each.asset.key, each.indexes) for each in chosen.chosen]


@pytest.mark.parametrize(
    "selection",
    [
        {"assets": ["nir", "red"]},
        {"assets": [AssetChoice(name="image", bands=("nir", "red"))]},
        {"assets": ["image"], "bands": ("nir", "red")},
        {"assets": [AssetChoice(name="image", indexes=(4, 1))]},
    ],
)
def test_bands_of_one_asset_are_read_together_however_they_are_named(selection):
    assert bands_read(choose_naip(**selection)) == [("image", (4, 1))]


def test_an_expression_names_bands_of_one_asset_and_reads_it_once():
    chosen = choose_naip(expression="(nir-red)/(nir+red)")
    assert bands_read(chosen) == [("image", (4, 1))]
    assert chosen.names == {"nir": BandRef(0, 4), "red": BandRef(0, 1)}


def test_a_band_by_its_name_has_itself_as_its_first_band():
    assert choose_naip(expression="nir_b1*2").names == {"nir_b1": BandRef(0, 4)}
    assert bands_read(choose_naip(assets=["nir"], indexes=(1, 2))) == [("image", (4,))]


def test_a_raster_of_one_band_goes_before_a_picture_that_has_it_too():
    """Earth Search's ``visual`` has a red band, and comes before ``B04``."""
    scene = item(visual=four_bands("visual"), B04=asset("B04", "red"))
    assert find_asset(scene, "red") == (scene.assets["B04"], None)
    assert find_asset(scene, "green") == (scene.assets["visual"], 2)


def test_a_band_that_an_asset_does_not_have_is_refused_with_those_it_has():
    with pytest.raises(BadRequest, match="has no band 'swir'; its bands are red, green, blue, nir"):
        choose_naip(assets=[AssetChoice(name="image", bands=("swir",))])
    with pytest.raises(BadRequest, match="'nir' is band 4 of asset 'image'"):
        choose_naip(assets=[AssetChoice(name="nir", indexes=(2,))])


def test_landsat_has_its_near_infrared_under_another_common_name():
    landsat = item(SR_B5=asset("SR_B5", "nir08"))
    assert find_asset(landsat, "nir") == (landsat.assets["SR_B5"], None)


def test_bands_of_the_request_are_looked_for_in_each_asset():
    """Renders of TiTiler's own tests list ``assets`` and ``bands`` of the same names."""
    chosen = choose_assets(
        SCENE, Selection(assets=(AssetChoice(name="B04"), AssetChoice(name="B08")), bands=("red", "nir"))
    )
    assert bands_read(chosen) == [("B04", (1,)), ("B08", (1,))]
    with pytest.raises(BadRequest, match="has no band 'swir'"):
        choose_naip(assets=["image"], bands=("swir",))
