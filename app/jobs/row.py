"""The work on one scene of a series: the values at a point, or the numbers within shapes, as one row of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rasterio.crs import CRS

from app.errors import SwathError
from app.jobs.scenes import read_scene
from app.model.grid import Frame
from app.model.request import DatasetKind, DatasetRef, Format, ImageRequest, PointRequest, Selection, Tally
from app.model.shape import Shape
from app.pipeline.allowance import Cost, allowance
from app.pipeline.point import read_point
from app.pipeline.shapes import measure_shapes
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRow:
    """Reads one scene.

    Attributes:
        home: Base URL of the server that was asked, which reads its own sample catalogue in process.
        point: In degrees; None: within shapes.
        frame: Size and grid on which shapes are measured.
    """

    home: str
    selection: Selection
    crs: CRS
    point: tuple[float, float] | None = None
    shapes: tuple[Shape, ...] = ()
    frame: Frame = field(default_factory=Frame)
    tally: Tally = field(default_factory=Tally)

    async def run(self, rt: Runtime, text: str) -> str:
        """Give the row of a scene; what cannot be read has an ``error`` in place of numbers."""
        told = json.loads(text)
        row = {"id": told["id"], "datetime": told["datetime"]}
        try:
            async with allowance(rt, Cost.CROP):
                row |= await self._numbers(rt, self._dataset(rt, text))
        except SwathError as error:
            row["error"] = {"type": error.slug, "title": error.title, "status": error.status, "detail": error.detail}
        return json.dumps(row, separators=(",", ":"), allow_nan=False)

    def _dataset(self, rt: Runtime, text: str) -> DatasetRef:
        """The scene as a dataset; where it is, is judged here again."""
        whole = partial(DatasetRef, kind=DatasetKind.STAC, home=self.home)
        scene = read_scene(text, lambda place: rt.resolver.locate(whole(url=place)))
        return whole(url=scene.href or "", scene=scene)

    async def _numbers(self, rt: Runtime, dataset: DatasetRef) -> Mapping[str, Any]:
        if self.point is None:
            req = ImageRequest(dataset=dataset, selection=self.selection, frame=self.frame, format=Format.NPY)
            return {"statistics": await measure_shapes(rt, req, self.shapes, self.tally)}
        x, y = self.point
        found = await read_point(rt, PointRequest(dataset=dataset, selection=self.selection, x=x, y=y, crs=self.crs))
        values = zip(found.raster.names, found.raster.data.ravel().tolist(), found.raster.mask.ravel(), strict=True)
        return {"values": {name: value if valid else None for name, value, valid in values}}
