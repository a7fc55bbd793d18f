"""The rows of a job, put together for its caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.encode.table import Cell, encode_csv
from app.errors import InternalError
from app.execute import Outcome
from app.jobs.job import Job


def row_of(text: str, outcome: Outcome) -> str:
    """Give the row of a scene as JSON; of one that was given up, the reason."""
    if outcome.body is not None:
        return outcome.body
    scene = json.loads(text)
    error = {"type": InternalError.slug, "title": InternalError.title, "status": 500, "detail": outcome.failure}
    return json.dumps({"id": scene["id"], "datetime": scene["datetime"], "error": error}, separators=(",", ":"))


def as_json(job: Job, rows: Sequence[str]) -> bytes:
    """All rows as one object, and what the caller should know of the search."""
    notes: dict[str, Any] = json.loads(job.notes)
    head = json.dumps({"matched": notes.get("matched"), "used": len(rows), **notes}, separators=(",", ":"))
    return f'{head[:-1]},"rows":[{",".join(rows)}]}}'.encode()


def as_ndjson(_: Job, rows: Sequence[str]) -> bytes:
    """A row a line."""
    return "".join(f"{row}\n" for row in rows).encode()


def as_csv(_: Job, rows: Sequence[str]) -> bytes:
    """A line for each scene, feature and band; histograms have no place in it."""
    lines = [line for row in rows for line in _lines(json.loads(row))]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    columns = [*(name for name in columns if name != "error"), "error"]
    return encode_csv(columns, [[line.get(name) for name in columns] for line in lines])


def _lines(row: Mapping[str, Any]) -> Iterator[dict[str, Cell]]:
    head: dict[str, Cell] = {"id": row["id"], "datetime": row["datetime"]}
    if "error" in row:
        yield head | {"error": row["error"]["detail"]}
    for band, value in row.get("values", {}).items():
        yield head | {"band": band, "value": value}
    for number, bands in enumerate(row.get("statistics", ()), 1):
        for band, numbers in bands.items():
            plain = {name: value for name, value in numbers.items() if not isinstance(value, list)}
            yield head | {"feature": number, "band": band} | plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A way to write rows."""

    write: Callable[[Job, Sequence[str]], bytes]
    media_type: str


FORMS = {
    "json": Form(write=as_json, media_type="application/json"),
    "ndjson": Form(write=as_ndjson, media_type="application/x-ndjson"),
    "csv": Form(write=as_csv, media_type="text/csv"),
}
