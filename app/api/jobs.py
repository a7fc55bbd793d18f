"""The inputs of a job become a search, and the work on each of its scenes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.api.dialect import COVER_SCALE, READING, SIZES, TALLY
from app.api.geojson import parse_features
from app.api.params import WGS84, parse_point, parse_selection
from app.api.query import Query, read_query
from app.api.search import parse_search
from app.api.tally import parse_tally
from app.errors import InvalidType, NotFound
from app.jobs.books import Books
from app.jobs.desk import FILE, Desk
from app.jobs.job import Job
from app.jobs.row import SceneRow
from app.jobs.scenes import write_scene
from app.model.grid import Frame
from app.model.search import Scene, Search
from app.pipeline.allowance import Cost, allowance
from app.pipeline.searches import find_scenes
from app.runtime import Runtime
from app.settings import Settings

TIMESERIES = "timeseries"
"""Id of the one process there is."""

OWN = ("search", "point", "features")
PARAMETERS = (*READING, *SIZES, *TALLY, COVER_SCALE)
"""Inputs that are written as in a query string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSeries:
    """What a job is to find out.

    Attributes:
        text: Canonical JSON from which ``read_series`` reads the same again.
        units: Price of one scene.
    """

    search: Search
    work: SceneRow
    text: str
    units: float


def read_series(inputs: Mapping[str, Any], home: str, settings: Settings) -> AskedSeries:
    """Read the inputs of a time series.

    Args:
        inputs: ``search``, ``point`` or ``features``, and parameters of a query string.
        home: Base URL of this server as the caller reached it.

    Raises:
        BadRequest: Something in them cannot be served.
    """
    search = parse_search(_object(inputs, "search"), settings.search_items_max)
    query = _query({name: value for name, value in inputs.items() if name not in OWN})
    work = SceneRow(home=home, selection=parse_selection(query), crs=WGS84)
    if ("point" in inputs) == ("features" in inputs):
        raise InvalidType.of("point, features", "both" if "point" in inputs else "neither", "give one of the two")
    if "point" in inputs:
        work = replace(work, point=parse_point(_pair(inputs["point"])))
    else:
        features = parse_features(json.dumps(inputs["features"]).encode(), WGS84, settings, several=True)
        frame = replace(_sized(query), bounds_crs=WGS84, crs=WGS84, aligned=True)
        work = replace(work, shapes=features.shapes, frame=frame, tally=parse_tally(query))
    text = json.dumps({"inputs": inputs, "home": home}, sort_keys=True, separators=(",", ":"))
    return AskedSeries(search=search, work=work, text=text, units=_units(work))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The scenes of a job, by date, and what the caller should know of the search, both as they are kept."""

    texts: Sequence[str]
    notes: str


async def gather(rt: Runtime, asked: AskedSeries, home: str) -> Gathered:
    """Find the scenes of a job.

    Raises:
        NotFound: There are none.
    """
    async with allowance(rt, Cost.CROP):
        found = await find_scenes(rt, asked.search, home)
    if not found.scenes:
        raise NotFound("The search finds no scene, so that there is nothing to do; /search/items says why.")
    account = found.account
    notes = {"matched": account.matched, "truncated": account.truncated, "notes": list(account.sentences())}
    return Gathered(texts=await rt.patient.run(_written, found.scenes, rt.settings.data_root), notes=json.dumps(notes))


def _written(scenes: Sequence[Scene], data_root: Path | None) -> list[str]:
    return [write_scene(scene, data_root) for scene in sorted(scenes, key=lambda scene: (scene.datetime, scene.id))]


def open_desk(settings: Settings) -> Desk | None:
    """Give the desk of this process; None where no folder is named for jobs."""
    if settings.jobs_dir is None:
        return None
    return Desk(Books(settings.jobs_dir / FILE, "SWATH_JOBS_DIR"), settings, partial(work_of, settings=settings))


def work_of(job: Job, settings: Settings) -> SceneRow:
    """Make the work of a job that was accepted, perhaps before this server was started."""
    told = json.loads(job.inputs)
    return read_series(told["inputs"], told["home"], settings).work


def _object(inputs: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = inputs.get(name)
    if not isinstance(value, dict):
        raise InvalidType.of(name, "…" if name in inputs else "nothing", "is not an object")
    return value


def _query(inputs: Mapping[str, Any]) -> Query:
    """Read the rest as if it had been written in a query string, where nothing unknown is welcome."""
    pairs = [(name, _text(each)) for name, value in inputs.items() for each in _each(value)]
    return read_query(urlencode(pairs), PARAMETERS, strict=True)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _pair(value: Any) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidType.of("point", "…", "is not longitude and latitude, such as [30.85, 29.48]")
    return ",".join(map(_text, value))


def _sized(query: Query) -> Frame:
    width, height, max_size = (query.integer(name, low=1) for name in ("width", "height", "max_size"))
    return Frame(width=width, height=height, max_size=max_size)


def _units(work: SceneRow) -> float:
    """A unit for each asset and shape, which is what one costs at least: how large it is, its header tells later."""
    selection = work.selection
    assets = len(selection.assets) or (len(selection.expression.names) if selection.expression else 1)
    return float(assets * max(1, len(work.shapes)))
