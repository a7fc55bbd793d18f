"""The item of a scene is the one at its own link, and nobody can put another one there."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import UpstreamUnusable
from app.model.item import Item
from app.model.location import RemoteLocation
from app.model.request import AssetChoice, DatasetKind, DatasetRef, Selection
from app.model.search import Scene, Search
from app.settings import Settings
from app.stac.resolver import Resolver
from app.stac.search.account import Account
from app.stac.search.find import Finder
from tests.reading import reading
from tests.shared import DATA, needs_shared
from tests.stac_api import ScriptedApi, item
from tests.upstream import Upstream, upstream


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path) as server:
        yield server


def tell(
    server: Upstream, story: Callable[[list[Scene], Resolver], Awaitable[None]], search: Search | None = None
) -> None:
    async def run() -> None:
        settings = Settings(allow_hosts=(server.host,))
        async with reading(settings) as net:
            finder, resolver = Finder(net.locator, net.store, settings), Resolver(net.locator, net.store, settings)
            found = finder.find(search or Search(api=server.url("")), Account(), whole=True)
            await story([scene async for scene in found], resolver)

    asyncio.run(run())


def parts(item: Item) -> dict[str, Any]:
    """Everything but the length of the text, in which spaces have no meaning."""
    return {field.name: getattr(item, field.name) for field in dataclasses.fields(item) if field.name != "size_bytes"}


def publish(server: Upstream, document: dict[str, Any], path: str) -> dict[str, Any]:
    """Put an item at its own link; gives it as a search has it."""
    linked = document | {"links": [{"rel": "self", "href": server.url(path)}]}
    server.reply(path, lambda _: json.dumps(linked, indent=2).encode())
    return linked


def test_what_a_search_brought_is_the_item_at_its_link(server):
    ScriptedApi(server, [publish(server, item(1), "/items/1")])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        brought = await resolver.scene_item(scenes[0])
        assert server.count("/items/1") == 0
        fetched = await resolver.item(DatasetRef(kind=DatasetKind.STAC, url=server.url("/items/1"), home=""))
        assert parts(brought) == parts(fetched)
        assert await resolver.scene_item(scenes[0]) is brought

    tell(server, story)


@needs_shared
@pytest.mark.parametrize("name", ["earthsearch_v0_s2cogs_limit1.1", "earthsearch_v1_multi.0", "pc_naip_paging.0"])
def test_real_items_are_the_same_both_ways(server, name):
    recorded = json.loads((DATA / "stac-search-responses" / f"{name}.json").read_text("utf-8"))["response"]["features"]
    ScriptedApi(server, [publish(server, each, f"/items/{each['id']}") for each in recorded])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        assert len(scenes) == len(recorded)
        for scene in scenes:
            fetched = await resolver.item(DatasetRef(kind=DatasetKind.STAC, url=scene.href or "", home=""))
            assert parts(await resolver.scene_item(scene)) == parts(fetched)

    tell(server, story)


def test_an_item_that_names_the_link_of_another_does_not_take_its_place(server):
    """Whoever reads that link later gets what is there."""
    honest = publish(server, item(1), "/items/1")
    forged = honest | {"assets": {"B04": {"href": "http://evil.example.com/B04.tif"}}}
    ScriptedApi(server, [forged])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        await resolver.scene_item(scenes[0])
        read = await resolver.item(DatasetRef(kind=DatasetKind.STAC, url=server.url("/items/1"), home=""))
        assert read.assets["B04"].href == "B04.tif"

    tell(server, story)


def test_relative_hrefs_begin_at_the_link_of_the_item(server):
    ScriptedApi(server, [publish(server, item(1), "/deep/down/item.json")])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        brought = await resolver.scene_item(scenes[0])
        dataset = DatasetRef(kind=DatasetKind.STAC, url="", home="")
        choice = resolver.choice(dataset, brought, Selection(assets=(AssetChoice(name="B04"),)))
        assert choice.sources[0].location == RemoteLocation(server.url("/deep/down/B04.tif"))

    tell(server, story)


def test_a_large_item_is_read_at_its_link(server):
    large = item(1, words=["x" * 100] * 1000)
    ScriptedApi(server, [publish(server, large, "/items/1")])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        assert scenes[0].document is None
        assert (await resolver.scene_item(scenes[0])).id == "scene-0001"
        assert server.count("/items/1") == 1

    tell(server, story)


def test_an_item_without_assets_is_a_scene_that_cannot_be_read(server):
    ScriptedApi(server, [{name: value for name, value in item(1).items() if name != "assets"}])

    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        with pytest.raises(UpstreamUnusable, match="no 'assets'"):
            await resolver.scene_item(scenes[0])

    tell(server, story)


def test_items_that_were_sent_along_are_read_from_what_was_sent(server):
    async def story(scenes: list[Scene], resolver: Resolver) -> None:
        assert (await resolver.scene_item(scenes[0])).id == "scene-0001"

    tell(server, story, Search(features=[item(1)]))
