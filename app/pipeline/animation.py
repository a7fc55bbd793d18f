"""The story of an animation: scenes of a search become frames in the order of time, on one grid and in one stretch.

All is planned, judged and charged before the first pixel is read; then frames are read a few at the same time, and
encoded one after the other.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import groupby

from app.cache.name import name_of
from app.compute.periods import PERIODS
from app.encode.film.film import Film, encoder_of, open_film, require_encoder
from app.encode.film.stamp import letter_size, stamp
from app.errors import OutOfBounds
from app.match.geometry import box
from app.model.choice import Choice
from app.model.grid import Grid
from app.model.raster import Rendered, Unchanged
from app.model.request import AnimationRequest, ImageRequest
from app.model.search import Scene, Search
from app.model.source import Header
from app.observe.record import step
from app.pipeline.frames import Failures, Pixels, Shot, Still, draw_still, in_order, overviews, settle_stretch
from app.pipeline.image import rehearse
from app.pipeline.lookup import choose_of_scene, open_headers
from app.pipeline.scenes import ELSEWHERE, reaches
from app.pipeline.searches import find_scenes
from app.pipeline.statistics import charge_all
from app.plan.bounds import bounds_in_degrees
from app.plan.reads import plan_reads, plan_rehearsal
from app.runtime import Runtime
from app.stac.search.account import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Animation:
    """What will be drawn.

    Attributes:
        stills: In the order of time, at least one.
        whole: Every scene could be opened.
    """

    req: AnimationRequest
    stills: tuple[Still, ...]
    whole: bool

    @property
    def grid(self) -> Grid:
        """Of every frame."""
        return self.stills[0].shots[0].plan.shown


async def plan_animation(rt: Runtime, search: Search, req: AnimationRequest, account: Account) -> Animation:
    """Find the scenes, open them, and decide on frames that all have the grid of the first one.

    A scene that lies elsewhere or cannot be opened is left out, and the account says so; it also says when there are
    more frames than are drawn.

    Raises:
        OutOfBounds: No scene reaches the place.
        LimitExceeded: The frames have too many pixels.
        SwathError: The search fails, or none of the scenes can be opened.
    """
    require_encoder(req.format)
    found = await find_scenes(rt, search, req.image.dataset.home)
    account.absorb(found.account)
    scenes = _first_frames(rt, req, _reaching(req.image, found.scenes, account), account)
    shots, failures = await _open(rt, scenes, req.image)
    failures.tell(account)
    if not shots:
        raise failures.first or OutOfBounds("None of the scenes of this search reaches the place that was asked for.")
    animation = Animation(req=req, stills=_stills(req, shots), whole=failures.first is None)
    _judge(rt, animation)
    return animation


async def render_animation(
    rt: Runtime, animation: Animation, known: Container[str], account: Account
) -> Rendered | Unchanged:
    """Give the answer from memory, or draw it.

    Args:
        known: Names of the answers that the caller has.
        account: Is told of the scenes that are left out.
    """
    name = _name(rt, animation)
    if name in known:
        return Unchanged(name=name, grid=animation.grid)
    if answer := rt.answers.kept(name):
        answer = replace(answer, remembered=True)
    else:
        measured = overviews(animation.stills, animation.req.image)
        charge_all([shot.plan for still in animation.stills for shot in still.shots] + [shot.plan for shot in measured])
        answer = await rt.collapse.run(name, lambda: _draw(rt, animation, measured, name))
    for reason, scene_id in answer.left_out:
        account.drop(reason, scene_id)
    return answer


async def _open(rt: Runtime, scenes: Sequence[Scene], image: ImageRequest) -> tuple[list[Shot], Failures]:
    """Plan what is read of each scene; the size that the first one gives to the picture holds for all."""

    async def opened(scene: Scene) -> tuple[Choice, Sequence[Header]]:
        choice = await choose_of_scene(rt, scene, image.selection, image.dataset.home)
        return choice, await open_headers(rt, choice.files)

    shots: list[Shot] = []
    failures = Failures()
    async with aclosing(in_order(opened, scenes)) as results:
        async for scene, task in results:
            with failures.of(scene):
                choice, headers = task.result()
                plan = plan_reads(choice, headers, image)
                rt.limits.check(plan, image.format)
                frame = replace(image.frame, width=plan.shown.width, height=plan.shown.height)
                image = replace(image, frame=frame)
                shots.append(Shot(scene=scene, choice=choice, headers=headers, plan=plan))
    return shots, failures


def _reaching(image: ImageRequest, scenes: Sequence[Scene], account: Account) -> list[Scene]:
    """Scenes whose footprints reach the box, in the order of time; the others are left out."""
    assert image.frame.bounds is not None
    assert image.frame.bounds_crs is not None
    where = box(*bounds_in_degrees(image.frame.bounds, image.frame.bounds_crs))
    there = [scene for scene in scenes if reaches(scene, where)]
    for scene in scenes:
        if not reaches(scene, where):
            account.drop(ELSEWHERE, scene.id)
    return sorted(there, key=lambda scene: (scene.datetime, scene.id))


def _first_frames(rt: Runtime, req: AnimationRequest, scenes: Sequence[Scene], account: Account) -> list[Scene]:
    """Scenes of as many frames as may be drawn; the account says how many there are more."""
    most = rt.settings.animation_frames_max
    kept: list[Scene] = []
    frames: dict[str, None] = {}
    for scene in scenes:
        frames[_frame_of(req, scene)] = None
        if len(frames) > most:
            account.used -= len(scenes) - len(kept)
            account.stop(f"{most} frames are drawn at most (SWATH_ANIMATION_FRAMES_MAX), the earliest ones")
            break
        kept.append(scene)
    return kept


def _frame_of(req: AnimationRequest, scene: Scene) -> str:
    """What the scenes of a frame have in common."""
    return PERIODS[req.by](scene.datetime) if req.by else f"{scene.datetime.isoformat()} {scene.id}"


def _stills(req: AnimationRequest, shots: Sequence[Shot]) -> tuple[Still, ...]:
    """Frames in the order of time; within one the scene with the fewest clouds goes first."""
    label = PERIODS[req.by or "day"]
    frames = [list(group) for _, group in groupby(shots, key=lambda shot: _frame_of(req, shot.scene))]
    return tuple(
        Still(label=label(group[0].scene.datetime), shots=tuple(sorted(group, key=_clouds))) for group in frames
    )


def _clouds(shot: Shot) -> float:
    """Percent; what an item does not tell may be much."""
    return 100.0 if shot.scene.cloud_cover is None else shot.scene.cloud_cover


def _judge(rt: Runtime, animation: Animation) -> None:
    """Find out before anything is read whether it can be drawn.

    Raises:
        LimitExceeded: All frames together have too many pixels.
        BadRequest: The label does not fit, or the bands cannot be shown in this way.
    """
    req, grid = animation.req, animation.grid
    rt.limits.check_frames(grid, len(animation.stills))
    if req.labelled:
        letter_size((grid.width, grid.height), animation.stills[0].label)
    first = animation.stills[0].shots[0]
    rehearse(plan_rehearsal(first.choice, first.headers, req.image), req.image)


def _name(rt: Runtime, animation: Animation) -> str:
    req = animation.req
    style = req.image.style
    frames = [(still.label, *(shot.plan.key for shot in still.shots)) for still in animation.stills]
    how = (req.format, encoder_of(req.format), req.fps, req.labelled)
    return name_of(rt.settings.driver, frames, style.key, style.auto, *how)


async def _draw(rt: Runtime, animation: Animation, measured: Sequence[Shot], name: str) -> Rendered:
    """Draw and encode all frames; the answer is remembered where every scene could be read."""
    req = animation.req
    image = await settle_stretch(rt, measured, req.image)
    film, failures, drawn = open_film(req.format, req.fps), Failures(), 0

    async def frame(still: Still) -> Pixels | None:
        return await draw_still(rt, still, image, failures)

    async with aclosing(in_order(frame, animation.stills)) as frames:
        async for still, task in frames:
            if (pixels := task.result()) is not None:
                label = still.label if req.labelled else None
                with step("encode"):
                    await rt.workers_for(animation.grid).run(_add, film, pixels, label)
                drawn += 1
    if not drawn:
        raise failures.first or OutOfBounds("None of the scenes of this search has data there.")
    with step("encode"):
        body = await rt.patient.run(film.finish)
    answer = Rendered(
        name=name if failures.first is None else name_of(name, failures.pairs),
        body=body,
        format=req.format,
        grid=animation.grid,
        dataset=req.image.dataset.url[:16],
        rescale=image.style.rescale if req.image.style.auto else (),
        left_out=failures.pairs,
        whole=failures.first is None,
    )
    if answer.whole:
        rt.answers.keep(name, answer)
    return answer


def _add(film: Film, pixels: Pixels, label: str | None) -> None:
    film.add(pixels if label is None else stamp(pixels, label))
