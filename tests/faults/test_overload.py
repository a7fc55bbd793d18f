"""More than it can do: what is refused is refused at once with a time to come back, the rest is done, probes answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.guards.clients import Answer, Caller, ask, run
from benchmarks.guards.server import Server, serving
from tests.faults.conftest import Tiles
from tests.upstream import Upstream, upstream

_sizes = count(1200)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One worker, in a process of its own."""
    with serving("", 1, ALLOW_CIDRS="127.0.0.0/8", UPSTREAM_TIMEOUT_S="4") as running:
        yield running


@pytest.fixture(scope="module")
def small_server() -> Iterator[Server]:
    """One worker with few places."""
    settings = {"UPSTREAM_TIMEOUT_S": "8", "REQUESTS_MAX": "32", "QUEUE_MAX_S": "1"}
    with serving("", 1, ALLOW_CIDRS="127.0.0.0/8", **settings) as running:
        yield running


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


def heavy(item: str) -> str:
    """A picture that takes some 0.3 s of CPU, and is none that was drawn before."""
    size = f"{next(_sizes)}x1400.png"
    more = "assets=a&rescale=0,1000&resampling=lanczos&reproject=lanczos&dst_crs=EPSG:3857"
    return f"/stac/bbox/10,50,11,51/{size}?url={quote(item, safe='')}&{more}"


async def at_once(server: Server, paths: list[str]) -> list[Answer]:
    return await asyncio.gather(*(ask(server.base, path) for path in paths))


def assert_refused_well(answer: Answer) -> None:
    assert answer.status == 503
    assert 1 <= answer.retry_after_s <= 3
    assert "cache-control: no-store" in answer.head.lower()


def test_work_for_more_than_five_seconds_is_refused_at_once(server: Server, source: Upstream):
    """80 pictures are some 20 s of work; what is accepted is ready within the deadline, and probes come in between."""
    item = source.url("/item.json")
    tile = Tiles(server.base).path(item)
    for path in (tile, *(heavy(item) for _ in range(10))):  # how long a picture takes has to be known
        assert run(ask(server.base, path)).status == 200

    async def story() -> tuple[list[Answer], list[Answer]]:
        async def probe() -> list[Answer]:
            await asyncio.sleep(1)
            return [await ask(server.base, path) for path in ("/livez", "/metrics", tile)]

        return await asyncio.gather(at_once(server, [heavy(item) for _ in range(80)]), probe())

    answers, probes = run(story())
    assert {answer.status for answer in answers} == {200, 503}
    for answer in answers:
        if answer.status == 503:
            assert_refused_well(answer)
    good = [answer.seconds for answer in answers if answer.status == 200]
    refused = sorted(answer.seconds for answer in answers if answer.status == 503)
    assert len(good) >= 5
    assert max(good) < 12
    assert refused[len(refused) // 2] < 1.5
    assert [probe.status for probe in probes] == [200] * 3  # the last one is a remembered answer
    assert max(probe.seconds for probe in probes) < 1


def test_under_overload_the_newest_go_first(server: Server, source: Upstream):
    """People who pan a map have no use for what they asked before."""
    item = source.url("/item.json")
    run(at_once(server, [heavy(item)]))

    async def story() -> tuple[list[Answer], list[Answer]]:
        async def later() -> list[Answer]:
            await asyncio.sleep(1)
            paths = [Tiles(server.base).path(source.url(f"/~new{n}/item.json")) for n in range(3)]
            return await at_once(server, paths)

        return await asyncio.gather(at_once(server, [heavy(item) for _ in range(40)]), later())

    older, newer = run(story())
    last_of_older = max(answer.started + answer.seconds for answer in older if answer.status == 200)
    assert {answer.status for answer in newer} == {200}
    assert all(answer.started + answer.seconds < last_of_older for answer in newer)
    assert max(answer.seconds for answer in newer) < 2


@pytest.mark.parametrize(
    ("path", "how"),
    [("/~*.json", {"delay_s": 60}), ("/~*.tif", {"delay_s": 60}), ("/~*.tif", {"hang_after": 40_000})],
    ids=["items", "headers", "data"],
)
def test_so_many_wait_for_the_network_and_no_more(small_server: Server, folder: Path, path: str, how: dict[str, Any]):
    """48 requests for 6 hosts that hang, 32 places: 16 are told to come back; probes and remembered answers come."""
    server = small_server
    with ExitStack() as stack:
        honest, *hung = (stack.enter_context(upstream(folder, f"127.0.0.{n}")) for n in range(2, 9))
        for host in hung:
            host.fault(path, **how)
        tiles = Tiles(server.base)
        remembered = tiles.path(honest.url("/item.json"))
        assert run(ask(server.base, remembered)).status == 200
        paths = [tiles.path(hung[n % len(hung)].url(f"/~in{n}/item.json")) for n in range(48)]

        async def story() -> tuple[list[Answer], list[Answer]]:
            callers = [Caller(server.base) for _ in paths]
            tasks = [asyncio.create_task(caller.get(path)) for caller, path in zip(callers, paths, strict=True)]
            await asyncio.sleep(3)
            told = [task.result() for task in tasks if task.done()]
            probes = [await ask(server.base, path) for path in ("/livez", "/readyz", "/metrics", remembered)]
            for caller, task in zip(callers, tasks, strict=True):
                task.cancel()
                caller.leave()
            return told, probes

        told, probes = run(story())
    assert [probe.status for probe in probes] == [200] * 4
    assert max(probe.seconds for probe in probes) < 1
    assert len(told) == 16
    for answer in told:
        assert_refused_well(answer)


def test_one_host_cannot_have_all_places(server: Server, folder: Path):
    """300 requests for one host that hangs, then ten for an honest one: all of these are answered."""
    with upstream(folder, "127.0.0.2") as hung, upstream(folder, "127.0.0.3") as honest:
        hung.fault("/~*", delay_s=60)
        tiles = Tiles(server.base)
        paths = [tiles.path(hung.url(f"/~all{n}/item.json")) for n in range(300)]

        async def story() -> list[Answer]:
            callers = [Caller(server.base) for _ in paths]
            tasks = [asyncio.create_task(caller.get(path)) for caller, path in zip(callers, paths, strict=True)]
            await asyncio.sleep(1)
            good = await at_once(server, [tiles.path(honest.url(f"/~good{n}/item.json")) for n in range(10)])
            for caller, task in zip(callers, tasks, strict=True):
                task.cancel()
                caller.leave()
            return good

        answers = run(story())
    assert [answer.status for answer in answers] == [200] * 10
    assert max(answer.seconds for answer in answers) < 2


def test_it_is_well_again_at_once(server: Server, source: Upstream):
    """After all this: nothing has leaked, everything is answered."""
    answers = run(at_once(server, [Tiles(server.base).path(source.url(f"/~well{n}/item.json")) for n in range(20)]))
    assert [answer.status for answer in answers] == [200] * 20
