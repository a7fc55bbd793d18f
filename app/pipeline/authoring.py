"""The story of a STAC item that is written of one raster."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.access.rates import charge
from app.model.authoring import Found, ItemRequest
from app.model.grid import Frame
from app.model.request import Format, ImageRequest, Selection, Tally
from app.pipeline.lookup import choose, look, open_headers
from app.pipeline.statistics import Statistics, measure_whole
from app.plan.footprint import footprint
from app.read.portrait import portray
from app.runtime import Runtime
from app.stac.write import write_item


async def author_item(rt: Runtime, req: ItemRequest) -> dict[str, Any]:
    """Open the raster, measure it when that is wanted, and write its item."""
    charge(1)
    choice = await choose(rt, req.dataset, Selection())
    [source] = choice.sources
    portrait = await look(rt, source, portray)
    [header] = await open_headers(rt, [source])
    statistics = await _measure(rt, req) if req.with_raster else {}
    found = Found(
        name=choice.name,
        header=header,
        place=footprint(header, req.densify, req.precision),
        portrait=portrait,
        statistics=statistics,
    )
    return write_item(req, found, datetime.now(UTC))


async def _measure(rt: Runtime, req: ItemRequest) -> Statistics:
    """The numbers that ``/cog/statistics`` gives for the same size."""
    frame = Frame(max_size=req.max_size)
    image = ImageRequest(dataset=req.dataset, selection=Selection(), frame=frame, format=Format.NPY)
    return await measure_whole(rt, image, Tally())
