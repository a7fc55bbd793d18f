"""The story of a picture of many scenes: each goes the way of a single one up to its values, then they become one."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.access.price import charge_picture
from app.cache.name import name_of
from app.compute.composite import Composite, First, compositing
from app.compute.shape import cut
from app.compute.stack import compute
from app.encode.encode import choose_format, encode
from app.errors import LimitExceeded, OutOfBounds, SwathError
from app.match.geometry import box
from app.model.grid import Frame
from app.model.mosaic import Method, Mosaic
from app.model.plan import Plan
from app.model.raster import Raster, Rendered, ScenesShown, Unchanged
from app.model.request import ImageRequest
from app.model.search import Scene
from app.observe.record import step
from app.pipeline.autoscale import SIDE, ranges_of
from app.pipeline.image import stylize, taken
from app.pipeline.lookup import WGS84, choose_of_scene, open_headers, read_pixels
from app.pipeline.scenes import is_of_all, reaches
from app.pipeline.searches import scenes_of, truncated
from app.plan.bounds import bounds_in_degrees
from app.plan.reads import plan_reads
from app.read.reader import Inside, Piece
from app.runtime import Runtime
from app.stac.search.account import Account
from app.stac.search.found import Found

AHEAD_MAX = 8
"""Scenes that are read at the same time; a picture that the first one fills reads no second one."""
PASSING = 500
"""Statuses from here on are of failures that may be over another time; a scene without an asset stays without it."""

Judge = Callable[[Plan], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What has become of the scenes.

    Attributes:
        plan: Of the first scene: its grid, bands and styles are those of all.
        shown: Scenes that were read.
        keys: Of their plans.
        whole: None is left out that another time may be there.
    """

    raster: Raster
    plan: Plan
    shown: ScenesShown
    keys: tuple[str, ...]
    whole: bool


async def render_mosaic(rt: Runtime, req: ImageRequest, known: Container[str]) -> Rendered | Unchanged:
    """Render a picture of the scenes of a search, or give it from memory.

    Args:
        known: Names of the answers that the caller has.
    """
    mosaic = _mosaic(req)
    wish = name_of("mosaic", mosaic, req.dataset.home, req.selection, req.frame, req.style.key, req.style.auto,
                   req.format, req.shape and req.shape.key)  # fmt: skip
    if (told := rt.mosaics.get(wish)) is not None:
        if told.name in known:
            return told
        if answer := rt.answers.kept(told.name):
            return replace(answer, remembered=True)
    answer = await rt.collapse.run(wish, lambda: _draw(rt, req))
    if not answer.whole:
        return answer
    rt.answers.keep(answer.name, answer)
    told = Unchanged(
        name=answer.name, grid=answer.grid, dataset=answer.dataset, rescale=answer.rescale, scenes=answer.scenes
    )
    rt.mosaics[wish] = told
    return told if answer.name in known else answer


async def _draw(rt: Runtime, req: ImageRequest) -> Rendered:
    rescale: tuple[tuple[float, float], ...] = ()
    if req.style.auto is not None:
        req = await settle_mosaic(rt, req)
        rescale = req.style.rescale
    composed = await compose(rt, req, lambda plan: rt.limits.check(plan, req.format))
    with step("finish"):
        answer = await rt.workers_for(composed.plan.grid).run(_finish, composed, req)
    return replace(answer, rescale=rescale)


async def settle_mosaic(rt: Runtime, req: ImageRequest) -> ImageRequest:
    """Put ranges in the place of ``rescale=auto``: measured once on a small picture of all, for every tile."""
    percentiles = req.style.auto
    assert percentiles is not None
    whole = replace(req, frame=Frame(max_size=SIDE), shape=None)
    name = name_of("mosaic", _mosaic(req), req.dataset.home, req.selection, percentiles)
    ranges = rt.ranges.get(name)
    if ranges is None:
        composed = await compose(rt, whole, lambda plan: rt.limits.check(plan, req.format))
        ranges = await rt.workers.run(ranges_of, composed.raster, percentiles)
        if composed.whole:
            rt.ranges[name] = ranges
    return replace(req, style=replace(req.style, rescale=ranges, auto=None))


def _finish(composed: Composed, req: ImageRequest) -> Rendered:
    """Style and encode."""
    raster, plan, mosaic = style_scenes(composed, req), composed.plan, _mosaic(req)
    format = req.format or choose_format(raster)
    name = name_of("mosaic", mosaic, composed.keys, req.style.key, format)
    body = encode(raster, format, return_mask=req.style.return_mask)
    dataset = f"search-{mosaic.search_id[:12]}"
    return Rendered(name=name, body=body, format=format, grid=plan.shown, dataset=dataset, scenes=composed.shown,
                    whole=composed.whole)  # fmt: skip


def style_scenes(composed: Composed, req: ImageRequest) -> Raster:
    """Style what has become of the scenes; numbers of scenes stay as they are."""
    raster = composed.raster
    return raster if _mosaic(req).provenance else stylize(raster, composed.plan, req)


async def compose(rt: Runtime, req: ImageRequest, judge: Judge) -> Composed:
    """Read the scenes that reach the frame of ``req``, and make one raster of them.

    Args:
        judge: Raises when the plan of a scene asks for too much.

    Raises:
        OutOfBounds: None of the scenes has anything there.
        LimitExceeded: More scenes reach it than are read, or fit into memory at the same time.
        SearchTruncated: Some would be left out, and the caller wants all or nothing.
    """
    mosaic = _mosaic(req)
    found = await scenes_of(rt, req.dataset)
    frame = req.frame if req.frame.bounds else replace(req.frame, bounds=found.bounds_wgs84, bounds_crs=WGS84)
    run = _Run(rt, replace(req, frame=frame), judge, found)
    await run.read(run.candidates())
    if mosaic.method is Method.BEST and not run.composite.full:
        run.unmask()
        await run.read(run.candidates())
    return await run.composed()


def reaching(found: Found, frame: Frame) -> list[Scene]:
    """Scenes whose footprint has a point in common with a frame, in order.

    Raises:
        OutOfBounds: There are none.
    """
    if frame.bounds is None or frame.bounds_crs is None:
        return list(found.scenes)
    where = box(*bounds_in_degrees(frame.bounds, frame.bounds_crs))
    scenes = [scene for scene in found.scenes if reaches(scene, where)]
    if not scenes:
        raise OutOfBounds(f"None of the {len(found.scenes)} scenes of the search reaches this place.")
    return scenes


class _Run:
    """The scenes of one picture."""

    def __init__(self, rt: Runtime, req: ImageRequest, judge: Judge, found: Found) -> None:
        self._rt = rt
        self._req = req
        self._judge = judge
        self._found = found
        self._mosaic = mosaic = _mosaic(req)
        self._account = Account()
        self._account.absorb(found.account)
        self._plan: Plan | None = None
        self._count = 0
        self._used: list[tuple[str, str]] = []
        self._failure: SwathError | None = None
        self._passing = False
        self._inside: dict[tuple[object, ...], Inside] = {}
        self.composite: Composite = compositing(mosaic.method, mosaic.percentile)

    def candidates(self) -> Sequence[Scene]:
        """Scenes that reach the frame, in the order in which they count."""
        scenes = reaching(self._found, self._req.frame)
        if self._mosaic.method is Method.LAST:
            scenes.reverse()
        most = self._rt.settings.mosaic_scenes_max
        if len(scenes) > most:
            self._leave_out(len(scenes), most)
        self._count = min(len(scenes), most)
        return scenes[:most]

    def _leave_out(self, count: int, most: int) -> None:
        """Note that not all are read; refuse, where the values of all are asked for."""
        closer = math.ceil(math.log(count / most, 4))
        told = f"{count} scenes reach this place, {most} are read at most (SWATH_MOSAIC_SCENES_MAX)"
        if not self._mosaic.method.stops:
            zooms = "1 zoom level" if closer == 1 else f"{closer} zoom levels"
            raise LimitExceeded(f"{told}; go {zooms} closer, or search for fewer scenes.")
        self._account.stop(told)

    def unmask(self) -> None:
        """From now on take masked pixels, too."""
        self._req = replace(self._req, selection=replace(self._req.selection, masks=()))

    async def read(self, scenes: Sequence[Scene]) -> None:
        """Read scene after scene, the next ones at the same time, until no other can change the picture."""
        waiting, under_way = deque(scenes), deque[tuple[Scene, asyncio.Task[tuple[Plan, list[Piece]]]]]()
        ahead = 1
        try:
            while (waiting or under_way) and not self.composite.full:
                while waiting and len(under_way) < ahead:
                    scene = waiting.popleft()
                    under_way.append((scene, asyncio.create_task(self._read_one(scene))))
                scene, task = under_way.popleft()
                if await self._take(scene, task):
                    ahead = min(AHEAD_MAX, 2 * ahead)
        finally:
            tasks = [task for _, task in under_way]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read_one(self, scene: Scene) -> tuple[Plan, list[Piece]]:
        rt, req = self._rt, self._req
        choice = await choose_of_scene(rt, scene, req.selection, req.dataset.home)
        plan = plan_reads(choice, await open_headers(rt, choice.files), req)
        if self._adds_nothing(plan):
            raise OutOfBounds("What is still empty lies outside of the scene.")
        self._judge(plan)
        if self._mosaic.method.stacks:
            rt.limits.check_stack(plan, self._count)
        charge_picture(plan)
        async with rt.admission.place(plan.hosts):
            with step("read"):
                return plan, await read_pixels(rt, plan)

    def _adds_nothing(self, plan: Plan) -> bool:
        """Whether a scene of the same place as an earlier one has no pixel where something is missing.

        The scenes of a satellite's track end at the same pixel: of a tile across that edge one is enough.
        """
        inside = self._inside.get(_lattices(plan))
        return inside is not None and isinstance(self.composite, First) and not (inside & self.composite.empty).any()

    async def _take(self, scene: Scene, task: asyncio.Task[tuple[Plan, list[Piece]]]) -> bool:
        """Add a scene; False when it has nothing there, or cannot be read."""
        try:
            plan, pieces = await task
        except LimitExceeded:
            raise
        except OutOfBounds:
            return False
        except SwathError as failure:
            if is_of_all(failure):
                raise
            if self._mosaic.whole:
                raise failure.about(f"Scene {scene.id!r}") from failure
            self._failure = self._failure or failure
            self._passing = self._passing or failure.status >= PASSING
            return False
        if self._plan is None:
            self._settle(plan)
        with step("finish"):
            await self._rt.workers_for(plan.grid).run(_add, self.composite, pieces, plan)
        self._used.append((scene.id, plan.key))
        if self._mosaic.method.stops and plan.inner is None and (inside := self._rt.reader.inside(plan)) is not None:
            self._inside[_lattices(plan)] = inside
        return True

    def _settle(self, plan: Plan) -> None:
        """Fix the grid: that of the first scene that has something there is the grid of all."""
        self._plan, grid = plan, plan.shown
        fixed = Frame(bounds=grid.bounds, bounds_crs=grid.crs, crs=grid.crs, width=grid.width, height=grid.height)
        self._req = replace(self._req, frame=fixed)

    async def composed(self) -> Composed:
        """What came of them."""
        if self._plan is None:
            raise self._failure or OutOfBounds("None of the scenes of the search has data at this place.")
        if self._mosaic.whole and self._account.truncated:
            raise truncated(self._account)
        plan = self._plan
        raster = await self._rt.workers_for(plan.grid).run(_made, self.composite, plan, self._mosaic, self._req)
        ids = tuple(dict.fromkeys(scene_id for scene_id, _ in self._used))
        shown = ScenesShown(matched=self._account.matched, ids=ids, truncated=self._account.truncated is not None)
        keys = tuple(key for _, key in self._used)
        return Composed(raster=raster, plan=plan, shown=shown, keys=keys, whole=not self._passing)


def _lattices(plan: Plan) -> tuple[object, ...]:
    """Where the pixels of all reads lie."""
    return tuple((read.header.lattice, read.level_wh) for read in plan.reads)


def _add(composite: Composite, pieces: list[Piece], plan: Plan) -> None:
    composite.add(compute(taken(pieces), plan))


def _made(composite: Composite, plan: Plan, mosaic: Mosaic, req: ImageRequest) -> Raster:
    raster = composite.raster()
    if mosaic.provenance:
        raster = _provenance(raster, composite)
    elif not mosaic.method.picks and mosaic.method is not Method.COUNT:
        raster = _rounded(raster, plan, req)
    return cut(raster, plan.shape)


def rehearsed_of_scenes(raster: Raster, plan: Plan, req: ImageRequest) -> Raster:
    """What would become of scenes that are all alike: its bands and their dtype."""
    mosaic = _mosaic(req)
    composite = compositing(mosaic.method, mosaic.percentile)
    composite.add(raster)
    return _made(composite, plan, mosaic, req)


def _provenance(raster: Raster, composite: Composite) -> Raster:
    """One band: 1 for pixels of the first scene that was read, 2 for the second …; uint8, or uint16 of many scenes."""
    picking: Any = composite
    numbers = picking.numbers() + 1
    data = numbers.astype(np.uint8 if numbers.max() < 256 else np.uint16)[None]
    return replace(raster, data=data, mask=data > 0, names=("b1",), descriptions=("scene",), alpha=None, palette=None,
                   ranges=None)  # fmt: skip


def _rounded(raster: Raster, plan: Plan, req: ImageRequest) -> Raster:
    """Whole numbers where scenes have them and a picture is asked for, which has colours for those; else as it is."""
    dtypes = {np.dtype(read.header.dtype) for read in plan.reads}
    computed = plan.expression or plan.algorithm or any(read.source.unscale for read in plan.reads)
    if computed or len(dtypes) > 1 or next(iter(dtypes)).kind not in "iu":
        return raster
    if req.format is not None and not req.format.is_picture:
        return raster
    return replace(raster, data=np.rint(raster.data).astype(next(iter(dtypes))))


def _mosaic(req: ImageRequest) -> Mosaic:
    assert req.dataset.mosaic is not None
    return req.dataset.mosaic
