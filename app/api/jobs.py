"""The inputs of a job become a search, and the work on each of its scenes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.api.dialect import COMPUTING, COORD_CRS, COVER_SCALE, DST_CRS, READING, SIZES, TALLY, Parameter
from app.api.geojson import parse_features
from app.api.params import WGS84, parse_crs, parse_point, parse_selection
from app.api.query import Query, read_query
from app.api.tally import parse_tally
from app.errors import InvalidType, NotFound
from app.jobs.books import Books
from app.jobs.desk import FILE, Desk
from app.jobs.job import Job
from app.jobs.row import SceneRow
from app.jobs.scenes import write_scene
from app.model.grid import Frame
from app.model.request import DatasetKind, DatasetRef, Format, ImageRequest, PointRequest
from app.model.search import Scene, Search
from app.pipeline.allowance import Cost, allowance
from app.pipeline.scenes import ELSEWHERE, reaches
from app.pipeline.searches import find_scenes
from app.pipeline.series import around, at_point
from app.runtime import Runtime
from app.settings import Settings
from app.stac.search.account import Account

TIMESERIES = "timeseries"
"""Id of the one process there is."""

OWN = frozenset({"point", "features"})
POINT_PARAMETERS = (*READING, COORD_CRS)
PARAMETERS = (*POINT_PARAMETERS, *COMPUTING, DST_CRS, *SIZES, *TALLY, COVER_SCALE)
"""Inputs that are written as in a query string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSeries:
    """What a job is to find out.

    Attributes:
        text: Canonical JSON from which ``work_of`` makes the same work again.
    """

    search: Search
    work: SceneRow
    text: str

    @property
    def units(self) -> float:
        """Price of a scene: a unit for each asset, mask and shape, as the least one costs; its header tells later."""
        selection = self.work.req.selection
        assets = len(selection.assets) or (len(selection.expression.names) if selection.expression else 1)
        return float((assets + len(selection.masks)) * max(1, len(self.work.shapes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The scenes of a job, by date, and the books of its search, both as they are kept."""

    texts: Sequence[str]
    books: str


def read_series(search: Search, inputs: Mapping[str, Any], home: str, settings: Settings) -> AskedSeries:
    """Read the inputs of a time series.

    Args:
        inputs: ``point`` or ``features``, and parameters of a query string.
        home: Base URL of this server as the caller reached it.

    Raises:
        BadRequest: Something in them cannot be served.
    """
    work = _work(inputs, home, settings)
    told = {"search": search.id, "inputs": inputs, "home": home}
    return AskedSeries(search=search, work=work, text=json.dumps(told, sort_keys=True, separators=(",", ":")))


def work_of(job: Job, settings: Settings) -> SceneRow:
    """Make the work of a job that was accepted, perhaps before this server was started."""
    told = json.loads(job.inputs)
    return _work(told["inputs"], told["home"], settings)


async def gather(rt: Runtime, asked: AskedSeries) -> Gathered:
    """Find the scenes of a job that reach its place.

    Raises:
        NotFound: There are none.
    """
    async with allowance(rt, Cost.CROP):
        found = await find_scenes(rt, asked.search, asked.work.req.dataset.home)
    account = Account()
    account.absorb(found.account)
    texts = await rt.patient.run(_written, found.scenes, asked.work, account, rt.settings.data_root)
    if not texts:
        told = "The search finds no scene there, so that there is nothing to do."
        raise NotFound(" ".join([told, *account.sentences()]))
    return Gathered(texts=texts, books=json.dumps(asdict(account)))


def open_desk(settings: Settings) -> Desk | None:
    """Give the desk of this process; None where no folder is named for jobs."""
    if settings.jobs_dir is None:
        return None
    return Desk(Books(settings.jobs_dir / FILE, "SWATH_JOBS_DIR"), settings, partial(work_of, settings=settings))


def _written(scenes: Sequence[Scene], work: SceneRow, account: Account, data_root: Path | None) -> list[str]:
    """Write the scenes that reach the place; the account says how many others there were."""
    where = at_point(work.req) if isinstance(work.req, PointRequest) else around(work.shapes)
    texts = []
    for scene in sorted(scenes, key=lambda scene: (scene.datetime, scene.id)):
        if reaches(scene, where):
            texts.append(write_scene(scene, data_root))
        else:
            account.drop(ELSEWHERE, scene.id)
    return texts


def _work(inputs: Mapping[str, Any], home: str, settings: Settings) -> SceneRow:
    if ("point" in inputs) == ("features" in inputs):
        given = "both" if "point" in inputs else "neither"
        raise InvalidType.of("point, features", given, "is there; give one of the two")
    dataset = DatasetRef(kind=DatasetKind.STAC, url="", home=home)
    rest = {name: value for name, value in inputs.items() if name not in OWN}
    if "point" in inputs:
        return _at_point(inputs["point"], _query(rest, POINT_PARAMETERS), dataset)
    return _within(inputs["features"], _query(rest, PARAMETERS), dataset, settings)


def _at_point(point: Any, query: Query, dataset: DatasetRef) -> SceneRow:
    crs = parse_crs(query, "coord_crs") or WGS84
    x, y = parse_point(_pair(point), crs)
    return SceneRow(req=PointRequest(dataset=dataset, selection=parse_selection(query), x=x, y=y, crs=crs))


def _within(document: Any, query: Query, dataset: DatasetRef, settings: Settings) -> SceneRow:
    crs = parse_crs(query, "coord_crs") or WGS84
    width, height, max_size = (query.integer(name, low=1) for name in ("width", "height", "max_size"))
    frame = Frame(
        width=width, height=height, max_size=max_size, bounds_crs=crs, crs=parse_crs(query, "dst_crs") or crs,
        aligned=True,
    )  # fmt: skip
    features = parse_features(json.dumps(document).encode(), crs, settings, several=True)
    return SceneRow(
        req=ImageRequest(dataset=dataset, selection=parse_selection(query), frame=frame, format=Format.NPY),
        shapes=features.shapes,
        is_collection=features.is_collection,
        tally=parse_tally(query),
    )


def _query(inputs: Mapping[str, Any], parameters: tuple[Parameter, ...]) -> Query:
    """Read inputs as if they had been written in a query string, where nothing unknown is welcome."""
    pairs = [(name, _text(each)) for name, value in inputs.items() for each in _each(value)]
    return read_query(urlencode(pairs), parameters, strict=True)


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
