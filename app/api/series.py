"""Rows of a time series as JSON, as a table, or line by line as they come."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Send

from app.compute.periods import PERIODS, reduce_bands
from app.encode.table import Cell
from app.match.period import write_moment
from app.pipeline.point import PointValues
from app.pipeline.scenes import Result
from app.pipeline.statistics import Statistics
from app.stac.search.account import Account

NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one scene has at a point, or within one shape.

    Attributes:
        feature: Position of the shape in the collection that was sent, from 0; None for a point or a lone Feature.
        bands: Numbers by the name of the band; of a point only ``value``.
        descriptions: What each band is.
    """

    moment: datetime
    id: str
    feature: int | None
    bands: Mapping[str, Mapping[str, Any]]
    descriptions: Sequence[str]

    @property
    def order(self) -> tuple[datetime, str, int]:
        """By time; those of one moment by id."""
        return self.moment, self.id, self.feature or 0

    @property
    def document(self) -> dict[str, Any]:
        """As JSON tells it."""
        return {"datetime": write_moment(self.moment), "id": self.id, **_numbers(self.feature, self.bands)}


def rows_of_point(result: Result[PointValues]) -> list[Row]:
    """The one row of a scene."""
    raster = result.value.raster
    values = [
        value if valid else None for value, valid in zip(raster.data.ravel().tolist(), raster.mask.ravel(), strict=True)
    ]
    bands = {f"b{number}": {"value": value} for number, value in enumerate(values, 1)}
    scene = result.scene
    row = Row(moment=scene.datetime, id=scene.id, feature=None, bands=bands, descriptions=raster.descriptions)
    return [row]


def rows_of_shapes(result: Result[list[Statistics]], *, is_collection: bool) -> list[Row]:
    """A row for each shape."""
    return [
        Row(
            moment=result.scene.datetime,
            id=result.scene.id,
            feature=number if is_collection else None,
            bands=bands,
            descriptions=[numbers["description"] for numbers in bands.values()],
        )
        for number, bands in enumerate(result.value)
    ]


def grouped(rows: Iterable[Row], by: str, reducer: str) -> list[dict[str, Any]]:
    """Put the rows of each period together: one of each shape; the numbers of histograms are left out."""
    period = PERIODS[by]

    def key(row: Row) -> tuple[str, int]:
        return period(row.moment), row.feature or 0

    groups = []
    for (name, _), members in groupby(sorted(rows, key=key), key):
        together = sorted(members, key=lambda row: row.order)
        bands = reduce_bands([{band: _scalars(each) for band, each in row.bands.items()} for row in together], reducer)
        told = {"period": name, "start": write_moment(together[0].moment), "end": write_moment(together[-1].moment)}
        groups.append({**told, "ids": [row.id for row in together], **_numbers(together[0].feature, bands)})
    return sorted(groups, key=lambda group: (group["start"], group.get("feature", 0)))


def _scalars(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in numbers.items() if value is None or isinstance(value, (int, float))}


def _numbers(feature: int | None, bands: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The members that tell the numbers: ``values`` of a point, else ``statistics``."""
    if all(numbers.keys() == {"value"} for numbers in bands.values()):
        return {"values": [numbers["value"] for numbers in bands.values()]}
    number = {} if feature is None else {"feature": feature}
    return {**number, "statistics": bands}


def books(account: Account) -> dict[str, Any]:
    """What a person should know of the search, and what was left out of it."""
    return {
        "numberMatched": account.matched,
        "numberUsed": account.used,
        "truncated": account.truncated,
        "left_out": [
            {"reason": reason, "count": entry.count, "ids": entry.ids} for reason, entry in account.left_out.items()
        ],
        "notes": list(account.sentences()),
    }


def table(documents: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[list[str], Iterator[list[Cell]]]:
    """Columns, and a row for each band of each document; histograms have no place in a row.

    Args:
        names: Of the bands' descriptions, in order, for a point.
    """
    first = documents[0] if documents else {"values": []}
    head = [name for name in ("period", "start", "end", "datetime", "id", "feature") if name in first]
    if "values" in first:
        columns = [*head, *names]
        return columns, ([*(each[name] for name in head), *each["values"]] for each in documents)
    numbers = [n for n, value in next(iter(first["statistics"].values())).items() if not isinstance(value, list)]
    return [*head, "band", *numbers], (
        [*(each[name] for name in head), band, *(told[name] for name in numbers)]
        for each in documents
        for band, told in each["statistics"].items()
    )


class Lines(StreamingResponse):
    """Newline-delimited JSON, written as its documents come; what makes them ends when the caller has left."""

    def __init__(self, documents: AsyncGenerator[Mapping[str, Any]], headers: Mapping[str, str]) -> None:
        self._documents = documents
        super().__init__(self._written(), headers=dict(headers), media_type=NDJSON)

    async def _written(self) -> AsyncGenerator[bytes]:
        async for document in self._documents:
            yield json.dumps(document, allow_nan=False, separators=(",", ":")).encode() + b"\n"

    async def stream_response(self, send: Send) -> None:
        """Send line by line."""
        async with aclosing(self._documents):
            await super().stream_response(send)
