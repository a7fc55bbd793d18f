"""The stories of a time series: what one scene after the other has at a point, or within shapes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from app.match.geometry import Shape as Area
from app.match.geometry import box
from app.model.request import ImageRequest, PointRequest, Tally
from app.model.search import Scene, Search
from app.model.shape import Shape
from app.pipeline.lookup import choose_of_scene, open_headers
from app.pipeline.point import PointValues, read_point_of
from app.pipeline.scenes import Result, each_scene
from app.pipeline.shapes import measure_shapes_of
from app.pipeline.statistics import Statistics, with_everything
from app.plan.bounds import bounds_in_degrees
from app.runtime import Runtime
from app.stac.search.account import Account


def point_series(
    rt: Runtime, search: Search, req: PointRequest, account: Account, *, in_order: bool = False
) -> AsyncGenerator[Result[PointValues]]:
    """Give the values of every scene at one point; raises as ``each_scene`` does."""

    async def values(scene: Scene) -> PointValues:
        return await point_of_scene(rt, scene, req)

    return each_scene(rt, search, req.dataset.home, values, account, where=at_point(req), in_order=in_order)


def shape_series(
    rt: Runtime,
    search: Search,
    req: ImageRequest,
    shapes: Sequence[Shape],
    tally: Tally,
    account: Account,
    *,
    in_order: bool = False,
) -> AsyncGenerator[Result[list[Statistics]]]:
    """Give the statistics of every scene within each shape; raises as ``each_scene`` does."""

    async def measured(scene: Scene) -> list[Statistics]:
        return await shapes_of_scene(rt, scene, req, shapes, tally)

    return each_scene(rt, search, req.dataset.home, measured, account, where=around(shapes), in_order=in_order)


async def point_of_scene(rt: Runtime, scene: Scene, req: PointRequest) -> PointValues:
    """Read the values of one scene."""
    choice = await choose_of_scene(rt, scene, req.selection, req.dataset.home)
    return await read_point_of(rt, choice, req)


async def shapes_of_scene(
    rt: Runtime, scene: Scene, req: ImageRequest, shapes: Sequence[Shape], tally: Tally
) -> list[Statistics]:
    """Measure one scene within each shape."""
    req = replace(req, selection=with_everything(req))
    choice = await choose_of_scene(rt, scene, req.selection, req.dataset.home)
    headers = await open_headers(rt, choice.files)
    return await measure_shapes_of(rt, choice, headers, req, shapes, tally)


def at_point(req: PointRequest) -> Area:
    """The point as a box, in degrees."""
    return box(*bounds_in_degrees((req.x, req.y, req.x, req.y), req.crs))


def around(shapes: Sequence[Shape]) -> Area:
    """Boxes around all shapes, in degrees."""
    boxes = [box(*bounds_in_degrees(shape.bounds, shape.crs)) for shape in shapes]
    return Area(polygons=tuple(polygon for each in boxes for polygon in each.polygons))
