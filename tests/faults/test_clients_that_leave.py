"""A client that leaves is not worked for: its upstream requests end, and nobody else notices."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.guards.clients import Answer, Caller, ask, run, until
from tests.faults.conftest import Tiles
from tests.upstream import Upstream, upstream

LEAVING = 60
UPSTREAM_S = 0.3


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


async def leave(tiles: Tiles, items: list[str], after_s: float) -> float:
    """Ask for all of them, each once, and leave; gives the time of leaving."""
    callers = [Caller(tiles.base) for _ in items]
    waiting = [asyncio.create_task(caller.get(tiles.path(item))) for caller, item in zip(callers, items, strict=True)]
    await asyncio.sleep(after_s)
    for caller, task in zip(callers, waiting, strict=True):
        task.cancel()
        caller.leave()
    return time.monotonic()


@pytest.mark.parametrize("kind", ["item", "strips"])
@pytest.mark.parametrize("after_s", [0.5 * UPSTREAM_S, 1.5 * UPSTREAM_S, 2.5 * UPSTREAM_S])
def test_who_leaves_causes_at_most_one_more_request(tiles: Tiles, source: Upstream, kind: str, after_s: float):
    """They leave while the item is read, the header, the data; by both drivers."""
    source.fault("/~*", delay_s=UPSTREAM_S)
    items = [source.url(f"/~{kind}{after_s}-{number}/{kind}.json") for number in range(LEAVING)]

    async def story() -> float:
        left = await leave(tiles, items, after_s)
        await asyncio.sleep(4 * UPSTREAM_S)
        return left

    left = run(story())
    later = Counter(asked.path.split("/")[1] for asked in source.log if asked.at > left + 0.1)
    assert len(source.log) > 0
    assert max(later.values(), default=0) <= 1
    assert later.total() <= LEAVING


def test_upstream_requests_end_soon_after_their_client_left(tiles: Tiles, source: Upstream):
    """In less than the 0.6 s after which a silent upstream is given up anyway."""
    source.fault("/~*", drip_s=0.1)

    async def story() -> float:
        await leave(tiles, [source.url(f"/~{number}/item.json") for number in range(20)], 0.3)
        assert source.unanswered.total() > 0
        return await until(lambda: not source.unanswered.total(), 5)

    assert run(story()) < 0.5


def test_the_next_tile_comes_soon(tiles: Tiles, source: Upstream, folder: Path):
    source.fault("/~*", delay_s=UPSTREAM_S)

    async def story() -> Answer:
        await leave(tiles, [source.url(f"/~{number}/item.json") for number in range(200)], 0.1)
        return await ask(tiles.base, tiles.path(other.url("/item.json")))

    with upstream(folder) as other:
        answer = run(story())
    assert answer.status == 200
    assert answer.seconds < 1


def test_one_of_two_who_wait_for_the_same_may_leave(tiles: Tiles, source: Upstream):
    """The one who started it leaves; the other one is answered, without a second fetch."""
    source.fault("/~same/*", delay_s=UPSTREAM_S)
    item = source.url("/~same/item.json")

    async def story() -> Answer:
        first = asyncio.create_task(leave(tiles, [item], 0.5 * UPSTREAM_S))
        await asyncio.sleep(0.2 * UPSTREAM_S)
        answer = await ask(tiles.base, tiles.path(item))
        await first
        return answer

    assert run(story()).status == 200
    assert source.count("/~same/item.json") == 1
