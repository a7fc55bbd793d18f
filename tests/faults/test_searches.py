"""Searches of sources that hang, and callers of searches who leave: nobody else notices."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from benchmarks.guards.clients import Answer, Caller, ask, run, until
from tests.faults.conftest import Tiles
from tests.stac_api import ScriptedApi, scenes
from tests.upstream import Upstream, upstream

HUNG = 40


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


def searching(server: Upstream, collection: str) -> str:
    return f"/search/items?api={quote(server.url(''), safe='')}&collections={collection}"


async def crowd(tiles: Tiles, paths: list[str]) -> tuple[list[Caller], list[asyncio.Task[Answer]]]:
    callers = [Caller(tiles.base) for _ in paths]
    tasks = [asyncio.create_task(caller.get(path)) for caller, path in zip(callers, paths, strict=True)]
    return callers, tasks


@pytest.mark.parametrize("how", [{"delay_s": 60}, {"hang_at": 0}, {"drip_s": 0.2}], ids=["silent", "headers", "drips"])
def test_searches_that_hang_stop_nobody(tiles: Tiles, source: Upstream, folder: Path, how: dict):
    """And each of them ends in time, with the status of its fault."""
    ScriptedApi(source, scenes(3))
    source.fault("/search", **how)

    async def story() -> tuple[list[Answer], list[Answer]]:
        callers, tasks = await crowd(tiles, [searching(source, str(number)) for number in range(HUNG)])
        await until(lambda: source.unanswered["/search"] >= 10, 3)
        honest = [await ask(tiles.base, path) for path in ("/livez", tiles.path(other.url("/item.json")))]
        ended = await asyncio.gather(*tasks)
        for caller in callers:
            caller.leave()
        return honest, ended

    with upstream(folder, "127.0.0.2") as other:
        honest, ended = run(story())
    assert [answer.status for answer in honest] == [200, 200]
    assert max(answer.seconds for answer in honest) < 1
    assert {answer.status for answer in ended} <= {503, 504}


def test_who_leaves_a_search_ends_it(tiles: Tiles, source: Upstream):
    """No page is asked for afterwards; the one that was under way is given up."""
    api = ScriptedApi(source, scenes(1000))
    source.fault("/search", delay_s=0.3)

    async def story() -> float:
        callers, tasks = await crowd(tiles, [searching(source, str(number)) for number in range(10)])
        await until(lambda: len(api.asked) >= 10, 3)
        for caller, task in zip(callers, tasks, strict=True):
            task.cancel()
            caller.leave()
        closed_s = await until(lambda: not source.unanswered.total(), 5)
        seen = source.count("/search")
        await asyncio.sleep(1)
        assert source.count("/search") == seen
        return closed_s

    assert run(story()) < 0.5


def test_a_page_that_is_a_bomb_is_refused(tiles: Tiles, source: Upstream):
    """Many brackets, and a body without end."""
    ScriptedApi(source, [])
    for how in ({"body": json.dumps({"features": [[] for _ in range(200_000)]}).encode()}, {"endless": True}):
        source.fault("/search", **how)
        answer = run(ask(tiles.base, searching(source, "bomb")))
        assert answer.status == 424
        assert answer.seconds < 2
