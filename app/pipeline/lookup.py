"""The first steps of every story: what is wanted of the dataset, and what opening its files tells.

What is in memory is found at once; a request that has to wait for a source holds a place meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from rasterio.crs import CRS

from app.cache.flight import together
from app.errors import SwathError
from app.model.choice import Choice
from app.model.item import Item
from app.model.location import hosts_of
from app.model.plan import Plan, SamplePlan
from app.model.request import DatasetKind, DatasetRef, Selection
from app.model.search import Scene
from app.model.source import Header, Source
from app.observe.record import step
from app.pipeline.scenes import is_of_all
from app.pipeline.searches import scenes_of
from app.plan.spread import spread
from app.read.reader import Look, Piece
from app.runtime import Runtime

T = TypeVar("T")


WGS84 = CRS.from_epsg(4326)
SPEAKERS = 4
"""Scenes of a search that are tried, until one can be opened that speaks for all."""


async def fetch_item(rt: Runtime, dataset: DatasetRef) -> Item:
    """Read the item of a dataset; of a search that of its first scene, which speaks for all."""
    if dataset.kind is DatasetKind.SEARCH:
        return await rt.resolver.scene_item((await scenes_of(rt, dataset)).scenes[0])
    with step("item"):
        if kept := rt.resolver.kept_item(dataset):
            return kept
        async with rt.admission.place(_hosts(rt, dataset)):
            return await rt.resolver.item(dataset)


async def choose(rt: Runtime, dataset: DatasetRef, selection: Selection, *, assets_max: int | None = None) -> Choice:
    """Choose the sources, and open none.

    Args:
        assets_max: Takes the place of ``SWATH_ASSETS_MAX`` where only headers are read.
    """
    if dataset.kind is DatasetKind.SEARCH:
        return await _choose_first(rt, dataset, selection, assets_max)
    item = await fetch_item(rt, dataset) if dataset.kind is DatasetKind.STAC else None
    return rt.resolver.choice(dataset, item, selection, assets_max=assets_max)


async def _choose_first(rt: Runtime, dataset: DatasetRef, selection: Selection, assets_max: int | None) -> Choice:
    """Choose the sources of the first scene that can be opened, which speak for those of all; bounds are those of all.

    Raises:
        SwathError: What is wrong with the first one, where none of the first few can be opened.
    """
    found, first_failure = await scenes_of(rt, dataset), None
    for scene in found.scenes[:SPEAKERS]:
        try:
            choice = await choose_of_scene(rt, scene, selection, dataset.home, assets_max=assets_max)
            await open_headers(rt, choice.files)
        except SwathError as failure:
            if is_of_all(failure):
                raise
            first_failure = first_failure or failure
        else:
            return replace(choice, name=f"search-{dataset.url[:12]}", bounds_wgs84=found.bounds_wgs84)
    assert first_failure is not None
    raise first_failure


async def choose_of_scene(
    rt: Runtime, scene: Scene, selection: Selection, home: str, *, assets_max: int | None = None
) -> Choice:
    """Choose the sources of a scene that a search found; its item was brought along, as a rule.

    Args:
        home: Base URL of this server as the caller reached it.
        assets_max: As in ``choose``.
    """
    item = await rt.resolver.scene_item(scene)
    dataset = DatasetRef(kind=DatasetKind.STAC, url=scene.href or scene.id, home=home)
    return rt.resolver.choice(dataset, item, selection, assets_max=assets_max)


async def open_headers(rt: Runtime, sources: Sequence[Source]) -> Sequence[Header]:
    """Open the sources; one header each, in order."""
    with step("headers"):
        if kept := rt.reader.kept_headers(sources):
            return kept
        async with rt.admission.place(_hosts_of(sources)):
            return await rt.reader.headers(sources)


async def of_all_scenes(rt: Runtime, dataset: DatasetRef, headers: Sequence[Header]) -> Sequence[Header]:
    """The same headers; of a search such as are as wide as all of its scenes."""
    if dataset.kind is not DatasetKind.SEARCH:
        return headers
    bounds = (await scenes_of(rt, dataset)).bounds_wgs84
    return [spread(header, bounds) for header in headers]


async def look(rt: Runtime, source: Source, ask: Look[T]) -> T:
    """Ask a file about itself, whether it has a place on a map or not."""
    with step("headers"):
        async with rt.admission.place(_hosts_of([source])):
            return await rt.reader.look(source, ask)


async def open_infos(rt: Runtime, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Open the sources; a description of each, in order."""
    with step("headers"):
        async with rt.admission.place(_hosts_of(sources)):
            return await together(rt.reader.info(source) for source in sources)


async def read_pixels(rt: Runtime, plan: Plan) -> list[Piece]:
    """Read the pixels of a plan: those of its masks, then those of its reads."""
    if plan.veil is None:
        return await rt.reader.read(plan)
    hidden, shown = await together([rt.reader.read(plan.veil), rt.reader.read(plan)])
    return [*hidden, *shown]


async def sample_pixels(rt: Runtime, plan: SamplePlan) -> list[Piece]:
    """The same at one point."""
    if plan.veil is None:
        return await rt.reader.sample(plan)
    hidden, shown = await together([rt.reader.sample(plan.veil), rt.reader.sample(plan)])
    return [*hidden, *shown]


def _hosts(rt: Runtime, dataset: DatasetRef) -> frozenset[str]:
    return hosts_of([rt.resolver.locate(dataset)])


def _hosts_of(sources: Sequence[Source]) -> frozenset[str]:
    return hosts_of(source.location for source in sources)
