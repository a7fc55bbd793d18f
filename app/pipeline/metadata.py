"""The story of what TiTiler 0.1 told under ``/metadata``: a description and a few numbers, in that time's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from morecantile import tms as matrix_sets

from app.model.request import DatasetKind, ImageRequest, Tally
from app.model.source import Header
from app.pipeline.lookup import open_infos
from app.pipeline.statistics import Statistics, measure_each, open_chosen
from app.plan.bounds import center_wgs84
from app.plan.crs import located
from app.plan.zooms import zoom_range
from app.runtime import Runtime

WEB_MERCATOR = matrix_sets.get("WebMercatorQuad")
"""The only set of tiles at that time."""

INFO = ("dtype", "colorinterp", "nodata_type", "colormap")
"""What is told in the same words today."""


async def describe_2020(rt: Runtime, req: ImageRequest, tally: Tally) -> dict[str, Any]:
    """Describe a raster, or each selected asset by its key."""
    choice, headers = await open_chosen(rt, req)
    infos = await open_infos(rt, choice.sources)
    measured = await measure_each(rt, req, choice, headers, tally)
    parts = [
        {**_place(header), **_bands(info), "statistics": _numbers(found, tally)}
        for header, info, found in zip(headers, infos, measured, strict=True)
    ]
    if req.dataset.kind is DatasetKind.COG:
        return parts[0]
    return {source.name: part for source, part in zip(choice.sources, parts, strict=True)}


def _place(header: Header) -> dict[str, Any]:
    low, high = zoom_range([header], WEB_MERCATOR)
    bounds = located(header)
    return {"bounds": list(bounds), "center": [*center_wgs84(bounds), low], "minzoom": low, "maxzoom": high}


def _bands(info: Mapping[str, Any]) -> dict[str, Any]:
    """Bands were numbers, and had a name each."""
    names = enumerate(info["band_descriptions"], 1)
    return {
        "band_metadata": [[number, tags] for number, (_, tags) in enumerate(info["band_metadata"], 1)],
        "band_descriptions": [[number, f"band{number}" if text == name else text] for number, (name, text) in names],
        **{word: info[word] for word in INFO if word in info},
    }


def _numbers(found: Statistics, tally: Tally) -> dict[str, Any]:
    """``pc`` at first, ``percentiles`` soon afterwards."""
    numbers = {}
    for name, each in found.items():
        percentiles = [each[f"percentile_{number}"] for number in tally.percentiles]
        told = {word: each[word] for word in ("min", "max", "std", "histogram")}
        numbers[name.removeprefix("b")] = {"pc": percentiles, "percentiles": percentiles, **told}
    return numbers
