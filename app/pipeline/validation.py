"""The story of whether a raster is a COG."""

from __future__ import annotations

from functools import partial
from typing import Any

from morecantile import tms as matrix_sets

from app.access.rates import charge
from app.errors import LimitExceeded, UpstreamUnusable
from app.model.request import DatasetRef, Selection
from app.model.source import Source
from app.pipeline.lookup import choose, look, open_headers
from app.plan.zooms import zoom_range
from app.read.validation.report import report
from app.runtime import Runtime

WEB_MERCATOR = matrix_sets.get("WebMercatorQuad")
"""The only set of tiles whose zooms are told in that shape."""


async def validate(rt: Runtime, dataset: DatasetRef, *, strict: bool) -> dict[str, Any]:
    """Judge the layout of a raster, and describe it as rio-cogeo does.

    Args:
        strict: A file with warnings is no COG.
    """
    charge(1)
    choice = await choose(rt, dataset, Selection())
    [source] = choice.sources
    found = await look(rt, source, partial(report, strict=strict))
    low, high = await _zooms(rt, source)
    return {"Path": dataset.url, **found, "GEO": {**found["GEO"], "MinZoom": low, "MaxZoom": high}}


async def _zooms(rt: Runtime, source: Source) -> tuple[int, int] | tuple[None, None]:
    """Zooms of Web Mercator tiles; none of what has no place on earth, or is not drawn here."""
    try:
        return zoom_range(await open_headers(rt, [source]), WEB_MERCATOR)
    except (UpstreamUnusable, LimitExceeded):
        return None, None
