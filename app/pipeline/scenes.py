"""The story of many scenes: the same work on each, a few at the same time, results as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from app.errors import DeadlineExceeded, OutOfBounds, Overloaded, RateExceeded, SwathError
from app.match.geometry import Shape as Area
from app.match.geometry import touches
from app.model.grid import Bounds
from app.model.search import Scene, Search
from app.pipeline.allowance import Cost, allowance
from app.pipeline.searches import stream_scenes
from app.runtime import Runtime
from app.stac.search.account import Account

V = TypeVar("V")
Work = Callable[[Scene], Awaitable[V]]

AT_ONCE = 8
"""Scenes under way at the same time: while some wait for their sources, others are computed."""
READY_MAX = 64
"""Results that wait for a slow caller."""
TRIES = 4
"""How often a scene is tried that finds the server busy."""
NO_DATA, ELSEWHERE = "without data there", "elsewhere"
"""Why a scene is left out, completing "3 items …"."""
PAUSE_MAX_S = 5
"""Longest pause of a source that a scene waits for; the others need its place."""
GIVEN_UP = 16
"""Where so many scenes gave nothing, and a source asks for a pause, it is believed for all."""
OF_ALL = (DeadlineExceeded, RateExceeded, Overloaded)
"""Failures of this server: where they are not of a source, all other scenes would fail in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Generic[V]):
    """What the work on one scene gave.

    Attributes:
        done: How many scenes have been dealt with, this one included.
        total: How many there are; None as long as the search goes on.
    """

    scene: Scene
    value: V
    done: int
    total: int | None


@dataclass(slots=True)
class _Run(Generic[V]):
    """One search whose scenes are worked on.

    Attributes:
        seconds: Longest time of one scene.
        fruitful: One of them has given something.
    """

    work: Work[V]
    seconds: float
    account: Account
    in_order: bool
    under_way: deque[tuple[Scene, asyncio.Task[V]]] = field(default_factory=deque)
    found: int = 0
    done: int = 0
    total: int | None = None
    fruitful: bool = False
    first_failure: SwathError | None = None

    def begin(self, scene: Scene) -> None:
        self.under_way.append((scene, asyncio.create_task(patiently(self.work, scene, self.seconds))))

    def finished(self) -> list[tuple[Scene, asyncio.Task[V]]]:
        """Take out what can be given now."""
        if self.in_order:
            ready = []
            while self.under_way and self.under_way[0][1].done():
                ready.append(self.under_way.popleft())
            return ready
        ready = [each for each in self.under_way if each[1].done()]
        self.under_way = deque(each for each in self.under_way if not each[1].done())
        return ready

    def settle(self, scene: Scene, task: asyncio.Task[V]) -> Result[V] | None:
        """Make a result of what a task gave; None, and a line in the books, where it gave nothing.

        Raises:
            SwathError: It is a failure of all of them.
        """
        self.done += 1
        try:
            value = task.result()
        except OutOfBounds:
            self.account.drop(NO_DATA, scene.id)
            return None
        except SwathError as failure:
            if is_of_all(failure) or self._is_hopeless(failure):
                raise
            self.first_failure = self.first_failure or failure
            self.account.drop(unreadable(failure.detail), scene.id)
            return None
        self.fruitful = True
        return Result(scene=scene, value=value, done=self.done, total=self.total)

    def _is_hopeless(self, failure: SwathError) -> bool:
        return failure.of_source and not self.fruitful and self.done >= GIVEN_UP


def is_of_all(failure: SwathError) -> bool:
    """Whether all other scenes would fail in the same way: it is no source that is silent or asks for a pause."""
    return isinstance(failure, OF_ALL) and not failure.of_source


def unreadable(detail: str) -> str:
    """Why a scene is left out, completing "3 items …"."""
    return f"that cannot be read: {detail.rstrip('.')}"


async def each_scene(
    rt: Runtime, search: Search, home: str, work: Work[V], account: Account, *, where: Area, in_order: bool = False
) -> AsyncGenerator[Result[V]]:
    """Work on every scene of a search that reaches a place; results as they are ready, or in the order of the search.

    It runs in a task and within an allowance (``Cost.SERIES``) of its own, so that a caller who takes his time with one
    result does not hold up the next ones. A scene that cannot be read is left out, and the account says why. When time
    or the caller's rate is over, what is there has been given, and the account says that it is not all.

    Args:
        home: Base URL of this server as the caller reached it.
        where: In degrees; scenes whose footprint lies elsewhere are not opened.

    Raises:
        SwathError: The search fails, or nothing came of any scene.
    """
    run = _Run(work=work, seconds=rt.settings.crop_deadline_s, account=account, in_order=in_order)
    ready: asyncio.Queue[Result[V] | Exception | None] = asyncio.Queue(READY_MAX)
    task = asyncio.create_task(_pour(rt, _results(rt, search, home, run, where), ready))
    given = False
    try:
        while (each := await ready.get()) is not None:
            if not isinstance(each, Exception):
                given = True
                yield each
            elif given and isinstance(each, SwathError) and is_of_all(each):
                account.stop(each.detail.rstrip("."))
                return
            else:
                raise each
        if run.first_failure is not None and not given:
            raise run.first_failure
    finally:
        await _cancel([task])


async def _pour(
    rt: Runtime, results: AsyncGenerator[Result[V]], ready: asyncio.Queue[Result[V] | Exception | None]
) -> None:
    """Put the results into a queue, then None; or the failure that ends them."""
    end: Exception | None = None
    try:
        async with allowance(rt, Cost.SERIES), aclosing(results):
            async for result in results:
                await ready.put(result)
    except Exception as failure:  # noqa: BLE001 -- it is raised where the results are taken
        end = failure
    await ready.put(end)


async def _results(rt: Runtime, search: Search, home: str, run: _Run[V], where: Area) -> AsyncGenerator[Result[V]]:
    async with aclosing(stream_scenes(rt, search, home, run.account)) as scenes:
        found: asyncio.Task[Scene | None] | None = _next(scenes)
        try:
            while found is not None or run.under_way:
                waiting: set[asyncio.Task[Any]] = {task for _, task in run.under_way}
                if found is not None and len(run.under_way) < AT_ONCE:
                    waiting.add(found)
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if found in waiting and found.done():
                    found = _take(run, found.result(), scenes, where)
                for scene, task in run.finished():
                    if (result := run.settle(scene, task)) is not None:
                        yield result
        finally:
            await _cancel([task for _, task in run.under_way])
            await _cancel([found] if found is not None else [])


def _next(scenes: AsyncGenerator[Scene]) -> asyncio.Task[Scene | None]:
    return asyncio.create_task(anext(scenes, None))


def _take(
    run: _Run[V], scene: Scene | None, scenes: AsyncGenerator[Scene], where: Area
) -> asyncio.Task[Scene | None] | None:
    """Begin with a scene that was found, and look for the next one."""
    if scene is None:
        run.total = run.found
        return None
    run.found += 1
    if reaches(scene, where):
        run.begin(scene)
    else:
        run.done += 1
        run.account.drop(ELSEWHERE, scene.id)
    return _next(scenes)


def reaches(scene: Scene, where: Area) -> bool:
    """Tell whether the box around a scene's footprint has a point in common with a place."""
    return any(touches(where, ring) for ring in _rings(scene.bounds_wgs84))


def _rings(bounds: Bounds) -> list[tuple[tuple[float, float], ...]]:
    """The box; across the antimeridian it is two."""
    west, south, east, north = bounds
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return [((w, south), (e, south), (e, north), (w, north), (w, south)) for w, e in spans]


async def patiently(work: Work[V], scene: Scene, seconds: float) -> V:
    """Work on a scene; while the server is busy, wait and try again: a series is not done by halves.

    Args:
        seconds: So long it may take (``SWATH_CROP_DEADLINE_S``): a source that drips holds the place of another scene.

    Raises:
        DeadlineExceeded: It takes longer.
        Overloaded: The server is busy for too long, or a source asks for a long pause.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _with_pauses(work, scene)
    except TimeoutError as err:
        late = DeadlineExceeded(f"It was not read within {seconds:g} s (SWATH_CROP_DEADLINE_S).")
        late.of_source = True
        raise late from err


async def _with_pauses(work: Work[V], scene: Scene) -> V:
    for _ in range(TRIES - 1):
        try:
            return await work(scene)
        except Overloaded as busy:
            pause_s = busy.retry_after_s or 1
            if busy.of_source and pause_s > PAUSE_MAX_S:
                raise
            await asyncio.sleep(pause_s)
    return await work(scene)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
