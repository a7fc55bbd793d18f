"""The result of a job, as the same series answers by itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.api.dialect import BY, REDUCER
from app.api.query import Query
from app.api.series import NDJSON, Row, books, grouped, table
from app.encode.table import encode_csv
from app.execute import Outcome
from app.jobs.job import Job
from app.jobs.row import SceneNumbers, read_numbers
from app.stac.search.account import Account, LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that a job gave.

    Attributes:
        search: Id of its search.
        about: Members of the document besides its rows and the books.
        names: What each band is.
        rows: Of scenes, or of periods.
    """

    search: str
    about: Mapping[str, Any]
    names: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    account: Account

    @property
    def as_json(self) -> bytes:
        """One object, with the books of the search."""
        told = {"search": self.search, **self.about, "band_descriptions": self.names, "rows": self.rows}
        return _encode(told | books(self.account))

    @property
    def as_ndjson(self) -> bytes:
        """A row a line, and the books."""
        return b"".join(_encode(each) + b"\n" for each in (*self.rows, books(self.account)))

    @property
    def as_csv(self) -> bytes:
        """A table."""
        return encode_csv(*table(self.rows, self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A way to write a result."""

    write: Callable[[Result], bytes]
    media_type: str


FORMS = {
    "json": Form(write=lambda result: result.as_json, media_type="application/json"),
    "csv": Form(write=lambda result: result.as_csv, media_type="text/csv; charset=utf-8"),
    "ndjson": Form(write=lambda result: result.as_ndjson, media_type=NDJSON),
}


def read_result(job: Job, outcomes: Sequence[tuple[str, Outcome]], query: Query) -> Result:
    """Put the rows of a job together, by ``by`` and ``reducer`` of the query where they are there."""
    account, numbers = _account(job), [read_numbers(*each) for each in outcomes]
    for each in numbers:
        if each.left_out:
            account.drop(each.left_out, each.scene.id)
    told = json.loads(job.inputs)
    inputs = told["inputs"]
    is_collection = inputs.get("features", {}).get("type") == "FeatureCollection"
    rows = [row for each in numbers for row in _rows(each, is_collection=is_collection)]
    by, reducer = query.choice("by", BY.values), query.choice("reducer", REDUCER.values) or "mean"
    documents = grouped(rows, by, reducer) if by else [row.document for row in rows]
    return Result(
        search=told["search"],
        about={"coordinates": _coordinates(inputs["point"])} if "point" in inputs else {},
        names=rows[0].descriptions if rows else [],
        rows=documents,
        account=account,
    )


def _rows(numbers: SceneNumbers, *, is_collection: bool) -> list[Row]:
    return [
        Row(
            moment=numbers.scene.datetime,
            id=numbers.scene.id,
            feature=number if is_collection else None,
            bands=bands,
            descriptions=numbers.descriptions,
        )
        for number, bands in enumerate(numbers.shapes)
    ]


def _coordinates(point: str | Sequence[float]) -> list[float]:
    return [float(each) for each in (point.split(",") if isinstance(point, str) else point)]


def _account(job: Job) -> Account:
    told = json.loads(job.notes)
    return Account(**told | {"left_out": {why: LeftOut(**entry) for why, entry in told["left_out"].items()}})


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
