"""The frames of an animation: a few are read at the same time, and what cannot be read is left out and named."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.compute.shape import cut
from app.compute.stack import compute
from app.encode.channels import rgba
from app.errors import OutOfBounds, SwathError
from app.model.choice import Choice
from app.model.plan import Plan
from app.model.raster import Raster
from app.model.request import ImageRequest
from app.model.search import Scene
from app.model.source import Header
from app.observe.record import step
from app.pipeline.autoscale import ranges_of
from app.pipeline.image import stylize, taken
from app.pipeline.lookup import read_pixels
from app.pipeline.scenes import NO_DATA, is_of_all, patiently, unreadable
from app.plan.reads import plan_reads
from app.read.reader import Piece
from app.runtime import Runtime
from app.stac.search.account import Account

T = TypeVar("T")
V = TypeVar("V")
Pixels = NDArray[np.uint8]
"""Shape ``(y, x, 4)``: red, green, blue, opacity."""

AT_ONCE = 4
"""Frames that are under way at the same time: so many wait for their turn to be encoded."""
SIDE = 128
"""Longest side of the picture of each scene that ``rescale=auto`` measures: all of them together tell enough."""
MEASURED_MAX = 128 * SIDE * SIDE
"""Pixels of all those pictures, which are in memory at the same time; of more scenes they are smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One scene of a frame, and what will be read of it."""

    scene: Scene
    choice: Choice
    headers: Sequence[Header]
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """One frame: its label, and scenes, of which each fills what those before it leave open."""

    label: str
    shots: tuple[Shot, ...]


@dataclass(slots=True)
class Failures:
    """Scenes that gave nothing, each once.

    Attributes:
        first: Of those that cannot be read; None: all others have no data.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    first: SwathError | None = None

    @contextmanager
    def of(self, scene: Scene) -> Iterator[None]:
        """Take note of what fails inside, unless all other scenes would fail in the same way."""
        try:
            yield
        except OutOfBounds:
            self.reasons.setdefault(scene.id, NO_DATA)
        except SwathError as failure:
            if is_of_all(failure):
                raise
            self.first = self.first or failure
            self.reasons.setdefault(scene.id, unreadable(failure.detail))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Reason and id of each scene."""
        return tuple((reason, scene_id) for scene_id, reason in self.reasons.items())

    def tell(self, account: Account) -> None:
        """Write them into the books."""
        for reason, scene_id in self.pairs:
            account.drop(reason, scene_id)


async def in_order(call: Callable[[T], Awaitable[V]], things: Iterable[T]) -> AsyncGenerator[tuple[T, asyncio.Task[V]]]:
    """Call with each thing, ``AT_ONCE`` at the same time; gives the things in order, each with its task, which is done.

    No call begins before there is room for its result, so that never more than those wait to be taken.
    """
    left, under_way = iter(things), deque[tuple[T, asyncio.Task[V]]]()

    def begin() -> None:
        for thing in left:
            under_way.append((thing, asyncio.create_task(_called(call, thing))))
            if len(under_way) == AT_ONCE:
                return

    begin()
    try:
        while under_way:
            thing, task = under_way[0]
            await asyncio.wait([task])
            yield thing, task
            under_way.popleft()
            begin()
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


async def _called(call: Callable[[T], Awaitable[V]], thing: T) -> V:
    return await call(thing)


async def draw_still(rt: Runtime, still: Still, image: ImageRequest, failures: Failures) -> Pixels | None:
    """Read the scenes of a frame until no pixel is open any more; None where nothing is shown."""
    frame: Pixels | None = None
    seconds = rt.settings.crop_deadline_s
    for shot in still.shots:
        with failures.of(shot.scene):
            frame = _over(frame, await patiently(partial(_draw, rt, shot, image), shot.scene, seconds))
        if _is_full(frame):
            break
    return frame


def _over(frame: Pixels | None, pixels: Pixels) -> Pixels:
    """Fill with ``pixels`` what is open."""
    if not pixels[..., 3].any():
        raise OutOfBounds("Nothing is shown.")
    return pixels if frame is None else np.where(frame[..., 3:] > 0, frame, pixels)


def _is_full(frame: Pixels | None) -> bool:
    return frame is not None and bool(frame[..., 3].all())


async def _draw(rt: Runtime, shot: Shot, image: ImageRequest, _: Scene) -> Pixels:
    return await _read(rt, shot.plan, lambda raster: rgba(stylize(raster, shot.plan, image)))


async def _read(rt: Runtime, plan: Plan, finish: Callable[[Raster], V]) -> V:
    workers = rt.workers_for(plan.grid)
    workers.refuse_long_wait()
    async with rt.admission.place(plan.hosts):
        with step("read"):
            pieces = await read_pixels(rt, plan)
        with step("finish"):
            return await workers.run(_finish, pieces, plan, finish)


def _finish(pieces: list[Piece], plan: Plan, finish: Callable[[Raster], V]) -> V:
    return finish(cut(compute(taken(pieces), plan), plan.shape))


def overviews(stills: Sequence[Still], image: ImageRequest) -> list[Shot]:
    """Plan small pictures of all scenes, the smaller the more there are, where ``rescale=auto`` has to be measured."""
    if image.style.auto is None:
        return []
    shots = [shot for still in stills for shot in still.shots]
    grid = shots[0].plan.shown
    scale = min(1.0, min(SIDE, math.isqrt(MEASURED_MAX // len(shots))) / max(grid.width, grid.height))
    width, height = (max(1, round(side * scale)) for side in (grid.width, grid.height))
    small = replace(image, frame=replace(image.frame, width=width, height=height))
    return [replace(shot, plan=plan_reads(shot.choice, shot.headers, small)) for shot in shots]


async def settle_stretch(rt: Runtime, shots: Sequence[Shot], image: ImageRequest) -> ImageRequest:
    """Put ranges in the place of ``rescale=auto``: percentiles of what all scenes have there, taken together.

    A scene that cannot be read does not count here; it is left out when its frame is drawn.
    """
    if image.style.auto is None:
        return image

    async def values(shot: Shot) -> Raster:
        return await patiently(lambda _: _read(rt, shot.plan, _as_it_is), shot.scene, rt.settings.crop_deadline_s)

    rasters, failures = [], Failures()
    async for shot, task in in_order(values, shots):
        with failures.of(shot.scene):
            rasters.append(task.result())
    if not rasters:
        raise failures.first or OutOfBounds("None of the scenes has data there.")
    ranges = await rt.workers.run(_pooled_ranges, rasters, image.style.auto)
    return replace(image, style=replace(image.style, rescale=ranges, auto=None))


def _as_it_is(raster: Raster) -> Raster:
    return raster


def _pooled_ranges(rasters: Sequence[Raster], percentiles: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Percentiles of each band over all rasters, which have the same bands."""
    data = np.concatenate([raster.data for raster in rasters], axis=1)
    mask = np.concatenate([raster.mask for raster in rasters], axis=1)
    return ranges_of(replace(rasters[0], data=data, mask=mask), percentiles)
