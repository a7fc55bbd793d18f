"""Match what a caller named (keys, aliases, band names in an expression) with what an item has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NoReturn

from app.errors import AssetNotFound, BadRequest, InvalidExpression, ParameterFault, shorten
from app.model.choice import BandRef
from app.model.expression import Expression
from app.model.item import Asset, Item
from app.model.request import AssetChoice, Selection

_POSITION = re.compile(r"[bB]([1-9][0-9]{0,3})")
_BAND_OF_ASSET = re.compile(r"(.+)_[bB]([1-9][0-9]{0,3})")
_KIN = {"nir": ("nir08",), "rededge": ("rededge071",)}
"""Common names that stand in for missing ones: Landsat's near infrared is ``nir08``, EO 2.0 has three red edges."""
_OTHER_ROLES = frozenset({"thumbnail", "metadata"})
_OTHER_SUFFIXES = frozenset(
    (".csv", ".gif", ".gpkg", ".grib", ".grib2", ".h5", ".hdf", ".html", ".j2k", ".jp2", ".jpeg", ".jpg", ".json",
     ".laz", ".nc", ".parquet", ".pdf", ".png", ".txt", ".webp", ".xml", ".zarr", ".zip")
)  # fmt: skip
_ANY_BYTES = frozenset({"application/octet-stream", "binary/octet-stream"})
"""What a server says of a file that it does not know."""


@dataclass(frozen=True, slots=True)
class ChosenAsset:
    """An asset and the bands of it that are read (None: all).

    Attributes:
        by_name: The caller named a band of it, not the asset.
    """

    asset: Asset
    indexes: tuple[int, ...] | None
    expression: Expression | None = None
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class ChosenAssets:
    """Assets in reading order, and what each name of the expression means."""

    chosen: tuple[ChosenAsset, ...]
    names: Mapping[str, BandRef]


def raster_keys(item: Item) -> list[str]:
    """Keys of the assets that can be rasters, in the item's order."""
    return [key for key, asset in item.assets.items() if _why_not_raster(asset) is None]


def choose_assets(item: Item, selection: Selection) -> ChosenAssets:
    """Decide which assets are read, and in which order.

    Names in the expression are resolved as key, then ``{key}_b{n}``, then alias, then ``b{n}`` counted over the
    assets that the caller listed (the 2020, 1.x and 2.x dialects; the order lets them live together).

    Raises:
        BadRequest: Neither assets nor an expression that names some, or an asset that is not a raster.
        AssetNotFound: A name the item does not have.
        InvalidExpression: The same, inside the expression.
    """
    listed = _joined(_listed(item, choice, selection) for choice in _expand_all(item, selection.assets))
    _require_known(listed, selection.bands)
    if selection.expression is None:
        _require_some(item, listed)
        return ChosenAssets(tuple(listed), {})
    return _add_named(item, selection.expression, listed)


def _expand_all(item: Item, choices: Sequence[AssetChoice]) -> list[AssetChoice]:
    """Replace ``:all:`` by every raster of the item."""
    if any(choice.name == ":all:" for choice in choices):
        return [AssetChoice(name=key) for key in raster_keys(item)]
    return list(choices)


def _listed(item: Item, choice: AssetChoice, selection: Selection) -> ChosenAsset:
    asset, band = find_asset(item, choice.name) or _refuse(item, choice.name)
    _require_raster(item, asset)
    own = _indexes(asset, choice)
    if band is None:
        indexes = own or _known(asset, selection.bands) or selection.indexes
        return ChosenAsset(asset, indexes, choice.expression)
    if own not in (None, (1,), (band,)):
        told = f"{shorten(choice.name)!r} is band {band} of asset {shorten(asset.key)!r}; ask the asset for others."
        raise BadRequest(told, faults=[_fault("assets", choice.name)])
    return ChosenAsset(asset, (band,), choice.expression, by_name=True)


def _refuse(item: Item, name: str) -> NoReturn:
    raise AssetNotFound(_unknown(item, name), faults=[_fault("assets", name)])


def _indexes(asset: Asset, choice: AssetChoice) -> tuple[int, ...] | None:
    """Bands that stand behind the name of an asset, as numbers or as names."""
    return choice.indexes or tuple(_number(asset, name) for name in choice.bands) or None


def _known(asset: Asset, names: Sequence[str]) -> tuple[int, ...]:
    """Numbers of those bands that the asset has."""
    numbers = (_band_named(asset, name) for name in names)
    return tuple(number for number in numbers if number)


def _require_known(listed: Sequence[ChosenAsset], names: Sequence[str]) -> None:
    """Raise ``BadRequest`` for a name of ``bands`` that is neither a band nor an asset among those listed."""
    for name in names:
        if not any(name == each.asset.key or _band_named(each.asset, name) for each in listed):
            _number(listed[0].asset, name)


def _number(asset: Asset, name: str) -> int:
    number = _band_named(asset, name)
    if number is None:
        known = [band.names[0] for band in asset.bands if band.names]
        told = f"its bands are {_list(known)}" if known else "the item does not name its bands"
        fault = ParameterFault(name="bands", value=name[:80], message="is not a band of this asset")
        raise BadRequest(f"Asset {shorten(asset.key)!r} has no band {shorten(name)!r}; {told}.", faults=[fault])
    return number


def _joined(chosen: Iterable[ChosenAsset]) -> list[ChosenAsset]:
    """Read bands of one file together, that were listed one after the other by their names."""
    joined: list[ChosenAsset] = []
    for each in chosen:
        last = joined[-1] if joined else None
        if (
            last
            and last.asset is each.asset
            and each.by_name
            and last.by_name
            and not (last.expression or each.expression)
        ):
            joined[-1] = replace(last, indexes=(*(last.indexes or ()), *(each.indexes or ())))
        else:
            joined.append(each)
    return joined


def _add_named(item: Item, expression: Expression, listed: list[ChosenAsset]) -> ChosenAssets:
    """Bind each name of the expression; assets that only the expression names are appended in order of first use."""
    chosen = list(listed)
    names: dict[str, BandRef] = {}
    for name in expression.names:
        names[name] = _bind(item, name, chosen, listed=len(listed))
    if any(ref.source is None for ref in names.values()):
        return ChosenAssets(tuple(chosen), names)
    return _without_unused(chosen, names)


def _bind(item: Item, name: str, chosen: list[ChosenAsset], *, listed: int) -> BandRef:
    if name in item.assets:
        return _take(item, item.assets[name], None, chosen, listed)
    if (match := _BAND_OF_ASSET.fullmatch(name)) and (found := find_asset(item, match[1])):
        asset, band = found
        if band is None or match[2] == "1":
            return _take(item, asset, band or int(match[2]), chosen, listed)
    if found := find_asset(item, name):
        return _take(item, *found, chosen, listed)
    if listed and (match := _POSITION.fullmatch(name)):
        return BandRef(None, int(match[1]))
    raise InvalidExpression(_unknown(item, name), faults=[_fault("expression", name)])


def _take(item: Item, asset: Asset, band: int | None, chosen: list[ChosenAsset], listed: int) -> BandRef:
    """Point at a band of an asset that is read already, else read it too.

    Args:
        listed: The first so many were listed by the caller, and keep their bands.
    """
    for position, other in enumerate(chosen):
        if other.asset.key != asset.key:
            continue
        if band is None or other.indexes is None or band in other.indexes:
            return BandRef(position, band)
        if position >= listed:
            chosen[position] = replace(other, indexes=(*other.indexes, band))
            return BandRef(position, band)
    _require_raster(item, asset)
    chosen.append(ChosenAsset(asset, (band or 1,)))
    return BandRef(len(chosen) - 1, band)


def _without_unused(chosen: Sequence[ChosenAsset], names: Mapping[str, BandRef]) -> ChosenAssets:
    """Leave out listed assets that the expression does not use: they would be read for nothing."""
    used = sorted({ref.source for ref in names.values() if ref.source is not None})
    moved = {old: new for new, old in enumerate(used)}
    kept = tuple(chosen[old] for old in used)
    return ChosenAssets(
        kept, {name: BandRef(moved[ref.source], ref.band) for name, ref in names.items() if ref.source is not None}
    )


def find_asset(item: Item, name: str) -> tuple[Asset, int | None] | None:
    """The asset with this key, else the first raster of which this is a band's name or common name.

    Returns:
        The asset, and the number of its band where it has several and the name is that of one; a raster that has only
        the band of this name goes before one that has others, too (``visual`` of Sentinel-2 has a red band as well).
    """
    if name in item.assets:
        return item.assets[name], None
    return _find_band(item, name) or next(filter(None, (_find_band(item, kin) for kin in _KIN.get(name, ()))), None)


def _find_band(item: Item, name: str) -> tuple[Asset, int | None] | None:
    several = None
    for asset in item.assets.values():
        number = _band_named(asset, name)
        if number is None or _why_not_raster(asset) is not None:
            continue
        if len(asset.bands) == 1:
            return asset, None
        several = several or (asset, number)
    return several


def _band_named(asset: Asset, name: str) -> int | None:
    """Number of the first band of this name or common name."""
    return next((number for number, band in enumerate(asset.bands, 1) if name in band.names), None)


def _require_some(item: Item, listed: Sequence[ChosenAsset]) -> None:
    if not listed:
        fault = ParameterFault(name="assets", message="is missing")
        if not raster_keys(item):
            raise BadRequest(f"{_without_rasters(item)}, so there is nothing to read.", faults=[fault])
        told = f"Say what to read, with assets=… or expression=…; item {item.id!r} has {_list(raster_keys(item))}."
        raise BadRequest(told, faults=[fault])


def _require_raster(item: Item, asset: Asset) -> None:
    if reason := _why_not_raster(asset):
        keys = raster_keys(item)
        others = f"Item {item.id!r} has {_list(keys)}" if keys else _without_rasters(item)
        told = f"Asset {shorten(asset.key)!r} is {reason}, not a GeoTIFF. {others}."
        raise BadRequest(told, faults=[_fault("assets", asset.key)])


def _why_not_raster(asset: Asset) -> str | None:
    """What the asset is, by its type, its role or its name, when that is no GeoTIFF; None when it may be one."""
    media_type = (asset.media_type or "").lower().split(";")[0].strip()
    suffix = "." + asset.href.partition("?")[0].rpartition("/")[2].rpartition(".")[2].lower()
    if "tiff" in media_type or suffix in (".tif", ".tiff"):  # COGs are in the wild under image/jp2, and without a type
        return None
    if media_type and media_type not in _ANY_BYTES:
        return shorten(media_type)
    if roles := _OTHER_ROLES.intersection(asset.roles):
        return f"a {' and '.join(sorted(roles))}"
    return f"a {suffix} file" if suffix in _OTHER_SUFFIXES else None


def _unknown(item: Item, name: str) -> str:
    near = difflib.get_close_matches(name[:80], _all_names(item), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"Asset {shorten(name)!r} is not in item {item.id!r}; it has {_list(raster_keys(item))}.{hint}"


def _all_names(item: Item, most: int = 1000) -> list[str]:
    """Names to compare a wrong one with; comparing a million of them would keep everybody waiting."""
    return [name for asset in islice(item.assets.values(), most) for name in _names_of(asset)]


def _names_of(asset: Asset) -> list[str]:
    return [asset.key, *(name for band in asset.bands for name in band.names)]


def _without_rasters(item: Item) -> str:
    """Say what the assets are instead; ``Item 'x' has no GeoTIFF among its assets (a is text/csv, …)``."""
    if not item.assets:
        return f"Item {item.id!r} has no assets"
    some = ", ".join(f"{asset.key} is {_why_not_raster(asset)}" for asset in list(item.assets.values())[:3])
    more = ", …" if len(item.assets) > 3 else ""
    return f"Item {item.id!r} has no GeoTIFF among its assets ({shorten(some, 200)}{more})"


def _list(names: Iterable[str], most: int = 30) -> str:
    named = list(names)
    more = f" … and {len(named) - most} more" if len(named) > most else ""
    return (", ".join(map(shorten, named[:most])) + more) or "no raster assets"


def _fault(parameter: str, name: str) -> ParameterFault:
    return ParameterFault(name=parameter, value=name[:80], message="is not an asset of this item that can be read")
