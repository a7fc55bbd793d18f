"""The stories of what a dataset is: bounds, assets, info."""

from __future__ import annotations

from typing import Any

from app.access.rates import charge
from app.model.grid import Bounds
from app.model.request import AssetChoice, DatasetKind, DatasetRef, Selection
from app.pipeline.lookup import choose, fetch_item, open_headers, open_infos
from app.pipeline.searches import scenes_of
from app.plan.bounds import union_wgs84
from app.runtime import Runtime
from app.stac.select import raster_keys

ASSETS_MAX = 64
"""Most assets described at once: only their headers are read."""

EVERYTHING = Selection(assets=(AssetChoice(name=":all:"),))


async def list_assets(rt: Runtime, dataset: DatasetRef) -> list[str]:
    """Keys of the item's assets that can be read as rasters."""
    charge(1)
    return raster_keys(await fetch_item(rt, dataset))


async def find_bounds(rt: Runtime, dataset: DatasetRef) -> Bounds:
    """Bounds in longitude and latitude: the item's ``bbox``, else those of its rasters."""
    charge(1)
    if dataset.kind is DatasetKind.SEARCH:
        return (await scenes_of(rt, dataset)).bounds_wgs84
    if dataset.kind is DatasetKind.STAC:
        item = await fetch_item(rt, dataset)
        if item.bounds_wgs84:
            return item.bounds_wgs84
    choice = await choose(rt, dataset, EVERYTHING, assets_max=ASSETS_MAX)
    return union_wgs84(await open_headers(rt, choice.sources))


async def describe_place(rt: Runtime, dataset: DatasetRef, selection: Selection) -> tuple[Bounds, dict[str, Any]]:
    """Bounds in longitude and latitude, and the description of ``describe``."""
    return await find_bounds(rt, dataset), await describe(rt, dataset, selection)


async def describe(rt: Runtime, dataset: DatasetRef, selection: Selection) -> dict[str, Any]:
    """Describe a raster, or every selected asset of an item by its key, as rio-tiler's ``Info`` does."""
    asked = selection if selection.assets or dataset.kind is DatasetKind.COG else EVERYTHING
    choice = await choose(rt, dataset, asked, assets_max=ASSETS_MAX)
    charge(len(choice.sources))
    infos = await open_infos(rt, choice.sources)
    if dataset.kind is DatasetKind.COG:
        return infos[0]
    return {source.name: info for source, info in zip(choice.sources, infos, strict=True)}
