"""The story of a dataset before anything is drawn: it opens what tiles will read, so that what is promised is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.access.rates import charge
from app.model.grid import Bounds
from app.model.request import ImageRequest
from app.model.source import Header
from app.pipeline.image import rehearse
from app.pipeline.lookup import choose, of_all_scenes, open_headers
from app.plan.bounds import union_wgs84
from app.plan.reads import plan_rehearsal
from app.runtime import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What opening the selected sources tells, whatever the tile matrix set.

    Attributes:
        name: Of the item or the file.
        bounds_wgs84: Longitude and latitude; left above right across the antimeridian.
        headers: Of the selected sources, in order.
    """

    name: str
    bounds_wgs84: Bounds
    attribution: str | None
    headers: Sequence[Header]


async def survey(rt: Runtime, req: ImageRequest) -> Survey:
    """Open every selected source, and try with one pixel of zeros whether it can be shown as asked.

    Raises:
        SwathError: Whatever a tile of ``req`` would raise: unknown asset, band, expression that fits no band, a style
            or a format for other bands, an unreadable file.
    """
    choice = await choose(rt, req.dataset, req.selection)
    charge(len(choice.files))
    headers = await open_headers(rt, choice.files)
    await rt.workers.run(rehearse, plan_rehearsal(choice, headers, req), req)
    shown = await of_all_scenes(rt, req.dataset, headers[: len(choice.sources)])
    return Survey(
        name=choice.name,
        bounds_wgs84=choice.bounds_wgs84 or union_wgs84(shown),
        attribution=choice.attribution,
        headers=shown,
    )
