"""How is a dataset best shown by one who knows nothing of it? By common names of its bands, else its first raster."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.model.item import Asset, AssetBand, Item
from app.model.preset import BandEntry, Params, Preset
from app.model.source import Header
from app.stac.select import find_asset, raster_keys

COMMON_NAMES = frozenset(
    (
        "coastal", "blue", "green", "red", "yellow", "pan", "rededge", "rededge071", "rededge075", "rededge078",
        "nir", "nir08", "nir09", "cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12",
    )
)  # fmt: skip
"""Of the EO extension, 1.0 to 2.0."""

COMPOSITES = {
    "true_color": ("True colour", ("red", "green", "blue")),
    "false_color": ("Infrared", ("nir", "red", "green")),
    "swir": ("Short-wave infrared", ("swir22", "nir", "red")),
}
"""Red, green and blue of the picture, by common names."""

RATIOS = {
    "ndvi": ("Vegetation (NDVI)", ("nir", "red"), "-0.2,0.9", "rdylgn"),
    "ndwi": ("Water (NDWI)", ("green", "nir"), "-0.8,0.8", "rdylbu"),
    "ndmi": ("Moisture (NDMI)", ("nir", "swir16"), "-0.5,0.6", "brbg"),
}
"""Normalised differences of two bands: title, bands, the usual span, colours."""

SMOOTH = {"resampling": ("bilinear",)}
AUTO = {"rescale": ("auto",)}
VISUAL = ("visual", "overview")
"""Roles and keys of ready-made pictures."""
HEIGHTS = re.compile(r"(?i)(^|[^a-z])(dem|dsm|dtm|elevation|height)([^a-z]|$)")
FIRST_MAX = 3
"""Rasters that are tried, one after the other, where no name says what to show."""


def item_bands(item: Item) -> list[BandEntry]:
    """Every band that the item tells of, in its order; a raster that it says nothing of is one."""
    return [entry for key in raster_keys(item) for entry in _asset_bands(item.assets[key])]


def item_presets(item: Item) -> list[Preset]:
    """Ways that follow from names: the picture of the provider, composites and ratios, then single rasters."""
    keys = raster_keys(item)
    visual = [key for key in keys if key in VISUAL or not set(VISUAL).isdisjoint(item.assets[key].roles)]
    found = (
        [Preset(key="visual", title="Ready-made picture", params={"assets": (visual[0],), **SMOOTH})] if visual else []
    )
    found += [
        Preset(key=key, title=title, params={"assets": names, **AUTO, **SMOOTH})
        for key, (title, names) in COMPOSITES.items()
        if _has(item, names)
    ]
    found += [_ratio(item, key) for key, (_, names, *_) in RATIOS.items() if _has(item, names)]
    if found:
        return found
    data = [key for key in keys if "data" in item.assets[key].roles] or keys
    return [
        Preset(key=f"asset_{key}", title=item.assets[key].title or key, params={"assets": (key,)})
        for key in data[:FIRST_MAX]
    ]


def header_bands(header: Header, key: str | None = None) -> list[BandEntry]:
    """The bands that a file has: of a raster, or (``key``) of an asset whose bands the item does not tell."""
    return [
        BandEntry(
            name=f"b{index}" if key is None else f"{key} {index}",
            params={"bidx": (str(index),)} if key is None else {"assets": (f"{key}|bidx={index}",)},
            variable=_word(f"b{index}" if key is None else f"{key}_b{index}"),
            title=None if description == f"b{index}" else description,
        )
        for index, description in zip(header.indexes, header.descriptions, strict=True)
    ]


def raster_presets(name: str, header: Header) -> list[Preset]:
    """Ways to show a raster of which only the header is known; for heights, shading too."""
    plain = fitted(Preset(key="default", title="Plain", params={}), name, header)
    is_height = len(header.indexes) == 1 and HEIGHTS.search(name) is not None
    shaded = Preset(key="hillshade", title="Hillshade", params={"algorithm": ("hillshade",), **SMOOTH})
    return [plain, shaded] if is_height else [plain]


def fitted(preset: Preset, name: str, header: Header) -> Preset:
    """Complete what does not say how values become colours, so that they can be told apart.

    A colour table, and bytes that are a picture, speak for themselves. Everything else is stretched between its
    percentiles, and shown in grey or, where it has fractions, in colours.
    """
    if preset.is_styled or (header.colormap and header.indexes[:1] == (1,)):
        return preset
    added: dict[str, Sequence[str]] = {}
    bands = len(header.indexes)
    if len(preset.params.get("assets", ())) <= 1 and "expression" not in preset.params and bands != 3:
        added["bidx"] = ("1", "2", "3") if bands > 3 else ("1",)
    if header.dtype != "uint8" or bands < 3:
        added |= AUTO
    if bands < 3 and header.dtype.startswith("float"):
        added["colormap_name"] = ("terrain" if HEIGHTS.search(name) else "viridis",)
    smooth = {} if header.dtype == "uint8" and bands < 3 else SMOOTH  # classes have nothing between them
    return replace(preset, params={**smooth, **added, **preset.params})


def _ratio(item: Item, key: str) -> Preset:
    title, (high, low), span, colors = RATIOS[key]
    params: dict[str, Sequence[str]] = {
        "expression": (f"({high}-{low})/({high}+{low})",),
        "rescale": (span,),
        "colormap_name": (colors,),
    }
    if any(band.offset for name in (high, low) for band in _bands(item, name)):
        params["unscale"] = ("true",)  # an offset does not cancel
    return Preset(key=key, title=title, params=params)


def _has(item: Item, names: Iterable[str]) -> bool:
    return all((found := find_asset(item, name)) and found[0].key in raster_keys(item) for name in names)


def _bands(item: Item, name: str) -> Sequence[AssetBand]:
    found = find_asset(item, name)
    return found[0].bands if found else ()


def _asset_bands(asset: Asset) -> list[BandEntry]:
    if len(asset.bands) < 2:
        names = asset.bands[0].names if asset.bands else ()
        common = next((name for name in (*names, asset.key) if name in COMMON_NAMES), None)
        variable = _word(asset.key) or common
        params: Params = {"assets": (asset.key,)}
        return [BandEntry(name=asset.key, params=params, variable=variable, common_name=common, title=asset.title)]
    return [
        BandEntry(
            name=f"{asset.key} {band.names[0] if band.names else index}",
            params={"assets": (f"{asset.key}|bidx={index}",)},
            variable=_word(f"{asset.key}_b{index}"),
            common_name=next((name for name in band.names if name in COMMON_NAMES), None),
        )
        for index, band in enumerate(asset.bands, 1)
    ]


def _word(name: str) -> str | None:
    """The name, where an expression can hold it."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else None
