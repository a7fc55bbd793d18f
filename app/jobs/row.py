"""The work on one scene of a series: the values at a point, or the statistics within shapes, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import OutOfBounds, SwathError
from app.execute import Outcome
from app.jobs.scenes import read_scene
from app.model.location import Location
from app.model.request import DatasetKind, DatasetRef, ImageRequest, PointRequest, Tally
from app.model.search import Scene
from app.model.shape import Shape
from app.pipeline.allowance import Cost, allowance
from app.pipeline.scenes import NO_DATA, unreadable
from app.pipeline.series import point_of_scene, shapes_of_scene
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRow:
    """Reads one scene.

    Attributes:
        req: A point, or with ``shapes`` the picture on which they are measured; its dataset says whose sample catalogue
            is read in process.
        is_collection: Whether the shapes came as a FeatureCollection.
    """

    req: PointRequest | ImageRequest
    shapes: tuple[Shape, ...] = ()
    is_collection: bool = False
    tally: Tally = field(default_factory=Tally)

    async def run(self, rt: Runtime, text: str) -> str:
        """Give the numbers of a scene, or why there are none."""
        try:
            async with allowance(rt, Cost.CROP):
                told = await self._numbers(rt, read_scene(text, lambda place: self._located(rt, place)))
        except OutOfBounds:
            told = {"left_out": NO_DATA}
        except SwathError as error:
            told = {"failure": error.detail}
        return json.dumps(told, separators=(",", ":"), allow_nan=False)

    def _located(self, rt: Runtime, place: str) -> Location:
        """Judge where a scene is, here again."""
        home = self.req.dataset.home
        return rt.resolver.locate(DatasetRef(kind=DatasetKind.STAC, url=place, home=home))

    async def _numbers(self, rt: Runtime, scene: Scene) -> dict[str, Any]:
        if isinstance(self.req, PointRequest):
            raster = (await point_of_scene(rt, scene, self.req)).raster
            values = zip(raster.data.ravel().tolist(), raster.mask.ravel(), strict=True)
            bands = {
                f"b{number}": {"value": value if valid else None} for number, (value, valid) in enumerate(values, 1)
            }
            return {"shapes": [bands], "descriptions": list(raster.descriptions)}
        found = await shapes_of_scene(rt, scene, self.req, self.shapes, self.tally)
        return {"shapes": found, "descriptions": [numbers["description"] for numbers in found[0].values()]}


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneNumbers:
    """What a scene gave.

    Attributes:
        shapes: Of each shape, or of the point, the numbers of each band; empty where there are none.
        descriptions: What each band is.
        left_out: Why there are none, completing "3 items …".
        failure: A sentence about what went wrong.
    """

    scene: Scene
    shapes: Sequence[Mapping[str, Mapping[str, Any]]] = ()
    descriptions: Sequence[str] = ()
    left_out: str = ""
    failure: str = ""


def read_numbers(text: str, outcome: Outcome) -> SceneNumbers:
    """Read what ``SceneRow`` gave for the text of a scene."""
    told = _told(outcome)
    if failure := told.get("failure"):
        told["left_out"] = unreadable(failure)
    return SceneNumbers(scene=read_scene(text, lambda _: None), **told)


def failure_of(outcomes: Sequence[tuple[str, Outcome]]) -> str:
    """Give the first failure where no scene gave anything, as all have failed in the same way; else nothing."""
    first = ""
    for _, outcome in outcomes:
        told = _told(outcome)
        if "shapes" in told:
            return ""
        first = first or told.get("failure", "")
    return first


def _told(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {"failure": outcome.failure} if outcome.body is None else json.loads(outcome.body)
    return told
