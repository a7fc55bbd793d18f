"""Items in memory: fresh, revalidated, failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.errors import NotFound, Overloaded, UpstreamUnusable
from app.model.location import RemoteLocation
from app.settings import Settings
from app.stac.items import Items
from tests.reading import reading
from tests.upstream import Upstream, upstream

Story = Callable[[Items, RemoteLocation], Awaitable[None]]


def write(folder: Path, name: str) -> None:
    item = {"type": "Feature", "stac_version": "1.0.0", "id": name, "properties": {}, "geometry": None, "links": [],
            "assets": {}}  # fmt: skip
    (folder / "item.json").write_text(json.dumps(item))


def tell(
    folder: Path, story: Story, *, faults: dict[str, int] | None = None, ttl_s: float = 0, failure_ttl_s: float = 0.2
) -> Upstream:
    """Run a story with the items of a real server; gives the server, with what it was asked."""

    async def run(server: Upstream) -> None:
        settings = Settings(allow_hosts=(server.host,), cache_items_ttl_s=ttl_s)
        async with reading(settings) as net:
            await story(
                Items(net.store, settings, failure_ttl_s=failure_ttl_s), RemoteLocation(server.url("/item.json"))
            )

    with upstream(folder) as server:
        if faults:
            server.fault("/item.json", **faults)
        asyncio.run(run(server))
        return server


def test_a_fresh_item_costs_nothing(tmp_path):
    write(tmp_path, "one")

    async def story(items: Items, place: RemoteLocation) -> None:
        assert await items.get(place) is await items.get(place)

    assert tell(tmp_path, story, ttl_s=300).count() == 1


def test_an_item_that_is_no_longer_fresh_is_asked_for_by_its_tag_and_stays_the_same_object(tmp_path):
    """So that everything that was decided about it is remembered, too."""
    write(tmp_path, "one")

    async def story(items: Items, place: RemoteLocation) -> None:
        assert await items.get(place) is await items.get(place)

    first, second = tell(tmp_path, story).log
    assert "If-None-Match" not in first.headers
    assert second.headers["If-None-Match"]


def test_a_changed_item_takes_the_place_of_the_old_one(tmp_path):
    write(tmp_path, "one")

    async def story(items: Items, place: RemoteLocation) -> None:
        assert (await items.get(place)).id == "one"
        write(tmp_path, "two")
        assert (await items.get(place)).id == "two"

    tell(tmp_path, story)


def test_a_missing_item_is_not_asked_for_again_for_a_moment(tmp_path):
    async def story(items: Items, place: RemoteLocation) -> None:
        for _ in range(5):
            with pytest.raises(NotFound):
                await items.get(place)
        write(tmp_path, "late")
        await asyncio.sleep(0.3)
        assert (await items.get(place)).id == "late"

    assert tell(tmp_path, story).count() == 2


def test_a_remembered_failure_holds_nothing_of_what_led_to_it(tmp_path):
    """Its traceback would keep the document, of up to 8 MiB, and so would its cause."""
    (tmp_path / "item.json").write_text("{ no JSON")

    async def story(items: Items, place: RemoteLocation) -> None:
        with pytest.raises(UpstreamUnusable) as first:
            await items.get(place)
        with pytest.raises(UpstreamUnusable) as second:
            await items.get(place)
        assert str(first.value) == str(second.value)
        assert second.value.__cause__ is None
        assert second.value.__context__ is None
        assert len(second.traceback) <= 3

    tell(tmp_path, story, failure_ttl_s=60)


def test_a_failing_server_is_not_asked_again_for_a_moment(tmp_path):
    write(tmp_path, "one")

    async def story(items: Items, place: RemoteLocation) -> None:
        for _ in range(5):
            with pytest.raises(Overloaded):
                await items.get(place)
        await asyncio.sleep(0.3)
        assert (await items.get(place)).id == "one"

    assert tell(tmp_path, story, faults={"status": 503, "times": 2}).count() == 3  # the first load tried twice
