"""From the URL of a request to a ``Choice``: fetch the item, or take the raster as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from cachetools import LRUCache, TTLCache

from app.errors import BadRequest, InvalidExpression, LimitExceeded, ParameterFault, SourceNotAllowed, shorten
from app.model.choice import BandRef, Choice, ChosenMask
from app.model.expression import Expression
from app.model.item import Item
from app.model.location import FileLocation, Location
from app.model.request import AssetChoice, DatasetRef, MaskRule, Selection
from app.model.search import Scene
from app.model.source import Source
from app.net.location import Locator
from app.net.store import ByteStore
from app.settings import Settings
from app.stac.items import Items
from app.stac.select import ChosenAsset, choose_assets

_BAND = re.compile(r"[bB]([1-9][0-9]{0,3})")


CHOICES_MAX = 1024
"""Choices remembered: a map asks for the same one again with every tile."""

LOCATIONS_TTL_S = 5
"""How long the place of a URL or path is remembered: a link on disk may point elsewhere afterwards."""


class Resolver:
    """Turns a dataset and a selection into sources.

    Args:
        locator: Judges every URL and href.
        store: Reads item documents.
    """

    def __init__(self, locator: Locator, store: ByteStore, settings: Settings) -> None:
        self._locator = locator
        self._assets_max = settings.assets_max
        self._items = Items(store, settings)
        self._locations: TTLCache[tuple[str, str], Location] = TTLCache(CHOICES_MAX, LOCATIONS_TTL_S)
        self._choices: LRUCache[Hashable, Choice] = LRUCache(CHOICES_MAX)

    def kept_item(self, dataset: DatasetRef) -> Item | None:
        """Give the STAC item of ``dataset.url`` if it is in memory."""
        return self._items.kept(self.locate(dataset))

    async def item(self, dataset: DatasetRef) -> Item:
        """Fetch and read the STAC item of ``dataset.url``, or take it from the cache."""
        return await self._items.get(self.locate(dataset))

    async def scene_item(self, scene: Scene) -> Item:
        """Read the STAC item of a scene, or take it from the cache; the same object as long as it does not change."""
        return await self._items.of_scene(scene)

    def clear(self) -> None:
        """Forget all items, and what was chosen of them."""
        self._items.clear()
        self._choices.clear()

    def locate(self, dataset: DatasetRef) -> Location:
        """Judge ``dataset.url``, or remember what was found a moment ago: a map asks the same with every tile."""
        key = (dataset.url, dataset.home)
        location = self._locations.get(key)
        if location is None:
            location = self._locations[key] = self._locator.locate(dataset.url, home=dataset.home)
        return location

    def choice(
        self, dataset: DatasetRef, item: Item | None, selection: Selection, *, assets_max: int | None = None
    ) -> Choice:
        """Decide which files are read for ``selection`` and what each name in its expression means.

        Args:
            item: Of the dataset; None for a raster.
            assets_max: Takes the place of ``SWATH_ASSETS_MAX`` where only headers are read.
        """
        if item is None:
            location = self.locate(dataset)
            return self._remember((location, selection), lambda: _single(location, selection))
        key = (item, selection, dataset.home, assets_max)
        return self._remember(key, lambda: self._of_item(item, dataset, selection, assets_max))

    def _remember(self, key: Hashable, make: Callable[[], Choice]) -> Choice:
        """Give the same object for the same wish, so that plans can be remembered, too."""
        choice = self._choices.get(key)
        if choice is None:
            choice = self._choices[key] = make()
        return choice

    def _of_item(self, item: Item, dataset: DatasetRef, selection: Selection, assets_max: int | None) -> Choice:
        picked = choose_assets(item, selection)
        count = len(picked.chosen) + len(selection.masks)
        if assets_max and count > assets_max:
            raise LimitExceeded(
                f"These are {count} assets, {assets_max} are described at once; name some of them, assets=…."
            )
        if not assets_max and count > self._assets_max:
            raise LimitExceeded(
                f"These are {count} assets, {self._assets_max} are read at once (SWATH_ASSETS_MAX); name some of them, "
                "assets=…."
            )
        return Choice(
            name=item.id,
            sources=tuple(self._source(chosen, item, dataset, selection) for chosen in picked.chosen),
            expression=selection.expression,
            names=picked.names,
            bounds_wgs84=item.bounds_wgs84,
            attribution=item.attribution,
            masks=tuple(self._mask(rule, item, dataset) for rule in selection.masks),
        )

    def _mask(self, rule: MaskRule, item: Item, dataset: DatasetRef) -> ChosenMask:
        """The band of an asset that a rule looks at; raises as for an asset that is shown."""
        plain = Selection(assets=(AssetChoice(name=rule.name),))
        [chosen] = choose_assets(item, plain).chosen
        return ChosenMask(source=self._source(chosen, item, dataset, plain), rule=rule)

    def _source(self, chosen: ChosenAsset, item: Item, dataset: DatasetRef, selection: Selection) -> Source:
        key = chosen.asset.key
        try:
            location = self._locator.locate(chosen.asset.href, base=item.location, home=dataset.home)
        except SourceNotAllowed as error:
            raise error.about(f"Asset {shorten(key)!r}") from error
        return Source(
            name=key,
            prefix=f"{key}_",
            location=location,
            indexes=chosen.indexes,
            nodata=selection.nodata,
            unscale=selection.unscale,
            scales=tuple(band.scale for band in chosen.asset.bands),
            offsets=tuple(band.offset for band in chosen.asset.bands),
            expression=chosen.expression,
        )


def _single(location: Location, selection: Selection) -> Choice:
    """What a selection means for one raster."""
    names = _band_names(selection.expression) if selection.expression else {}
    bands = tuple(sorted({ref.band for ref in names.values() if ref.band}))
    source = Source(
        name=_file_name(location),
        location=location,
        indexes=bands or selection.indexes,
        nodata=selection.nodata,
        unscale=selection.unscale,
    )
    masks = tuple(ChosenMask(source=_band(location, rule), rule=rule) for rule in selection.masks)
    return Choice(name=source.name, sources=(source,), expression=selection.expression, names=names, masks=masks)


def _band(location: Location, rule: MaskRule) -> Source:
    """The band of a raster that a rule looks at."""
    match = _BAND.fullmatch(rule.name)
    if match is None:
        raise BadRequest.of("mask", rule.name, "is not a band; bands of a raster are named b1, b2, b3 …")
    return Source(name=_file_name(location), location=location, indexes=(int(match[1]),))


def _band_names(expression: Expression) -> dict[str, BandRef]:
    """Names of a single raster's bands: ``b1``, ``b2`` ... are the file's own band numbers."""
    names = {}
    for name in expression.names:
        match = _BAND.fullmatch(name)
        if match is None:
            fault = ParameterFault(name="expression", value=name[:80], message="is not a band of this raster")
            told = f"{shorten(name)!r} is not a band; bands of a raster are named b1, b2, b3 …"
            raise InvalidExpression(told, faults=[fault])
        names[name] = BandRef(0, int(match[1]))
    if not names:
        raise BadRequest.of("expression", expression.text, "names no band; write it over b1, b2 …")
    return names


def _file_name(location: Location) -> str:
    if isinstance(location, FileLocation):
        return location.path.name
    return PurePosixPath(unquote(urlsplit(location.url).path)).name or "raster"
