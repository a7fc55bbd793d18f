"""``swath timeseries``: the rows of many scenes in a file, by all cores of this machine, or by a Dask cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from app.api.dialect import BY, REDUCER, SEARCH, STRICT
from app.api.job_results import FORMS, read_result
from app.api.jobs import PARAMETERS, TIMESERIES, AskedSeries, gather, read_series
from app.api.query import Query, read_query
from app.api.search import search_of_query
from app.commands.asked import HOME, query_text
from app.commands.configuration import read_settings
from app.commands.inside import run_inside
from app.commands.output import require_new, write_whole
from app.errors import SwathError, UpstreamUnusable
from app.jobs.books import Books
from app.jobs.job import Job, Wanted
from app.jobs.ledger import Ledger, remove
from app.jobs.run import run_job
from app.runtime import Runtime
from app.settings import Settings

GROUPING = (BY, REDUCER)
KNOWN = (*(each for each in SEARCH if each is not STRICT), *PARAMETERS, *GROUPING)


@click.command("timeseries")
@click.argument("parameters", metavar="NAME=VALUE...", nargs=-1)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="x.csv, x.ndjson or x.json.")
@click.option("--point", help="Values at longitude,latitude.")
@click.option(
    "--features",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Numbers within the polygons of this GeoJSON file.",
)
@click.option("--overwrite", is_flag=True, help="Replace the file if it is there.")
def command(
    *, parameters: tuple[str, ...], output: Path, point: str | None, features: Path | None, overwrite: bool
) -> None:
    """Write a row for each scene that a search finds, by time.

    Parameters are those of the HTTP routes for time series: api=https://… collections=… datetime=2024-01-01/..
    index=ndvi by=month. What is done is kept in a file .part beside the output: after Ctrl-C or a failure the same
    command goes on.
    """
    if output.suffix.removeprefix(".") not in FORMS:
        raise click.UsageError(f"{output.name} ends in none of .csv, .ndjson, .json.")
    if (point is None) == (features is None):
        raise click.UsageError("Give one of --point and --features.")
    require_new(output, overwrite=overwrite)
    settings, words = _with_folder(read_settings(), parameters)
    query = _read_query(words)
    asked = _read(query, settings, point, features)
    work = output.with_name(f"{output.name}.part")

    async def story(rt: Runtime) -> None:
        """Work, or go on with it, and write the result."""
        books = Books(work, work.name)
        try:
            job = await _work(rt, books, asked, settings)
            result = read_result(job, await books.ask(Ledger.outcomes, job.id), query)
        except UpstreamUnusable:  # nothing came of any scene, and nothing would
            remove(work)
            raise
        finally:
            await books.aclose()
        write_whole(output, FORMS[output.suffix.removeprefix(".")].write(result))
        remove(work)
        for sentence in result.account.sentences():
            click.echo(sentence, err=True)

    run_inside(settings, story, stopped=f"Stopped. {work.name} keeps what is done: the same command goes on.")


async def _work(rt: Runtime, books: Books, asked: AskedSeries, settings: Settings) -> Job:
    """Do what is not done yet; gives the job with all of it done."""
    job = await _begun(books, asked) or await _begin(rt, books, asked)
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=job.total, label="Scenes", file=sys.stderr, hidden=hidden) as bar:
        bar.update(job.done)
        await run_job(books, job, asked.work, settings, lambda now: bar.update(now.done - bar.pos))
    return job


async def _begun(books: Books, asked: AskedSeries) -> Job | None:
    """Give what an earlier command has begun.

    Raises:
        ClickException: It was another series.
    """
    job = next(iter(await books.ask(Ledger.jobs, "", 1)), None)
    if job is not None and job.inputs != asked.text:
        told = f"{books.name} has another series; finish that one, or remove the file."
        raise click.ClickException(told)
    return job


async def _begin(rt: Runtime, books: Books, asked: AskedSeries) -> Job:
    found = await gather(rt, asked)
    return await books.ask(Ledger.add, Wanted(process=TIMESERIES, inputs=asked.text, notes=found.books), found.texts)


def _read_query(words: Sequence[str]) -> Query:
    """Read the parameters; unknown ones are refused."""
    try:
        return read_query(query_text(words), KNOWN, strict=True)
    except SwathError as err:
        raise click.UsageError(err.detail) from err


def _read(query: Query, settings: Settings, point: str | None, features: Path | None) -> AskedSeries:
    """Read what is asked for, as a job over HTTP would."""
    searched, others = {each.name for each in SEARCH}, {each.name for each in GROUPING}
    values = query.values.items()
    inputs: dict[str, Any] = {name: list(each) for name, each in values if name not in searched | others}
    words = {name: each for name, each in values if name in searched}
    try:
        inputs |= {"point": point} if features is None else {"features": json.loads(features.read_text("utf-8"))}
        search = search_of_query(Query(words, query.spelling), settings.search_items_max)
        return read_series(search, inputs, HOME, settings)
    except SwathError as err:
        raise click.UsageError(err.detail) from err
    except ValueError as err:
        raise click.UsageError(f"{features} is not GeoJSON that can be read: {err}.") from err


def _with_folder(settings: Settings, words: Sequence[str]) -> tuple[Settings, Sequence[str]]:
    """Open a folder or file of items that is named from here: who types its path may read it."""
    for index, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == "url" and value and not urlsplit(value).scheme and Path(value).exists():
            real = Path(value).resolve()
            root = settings.data_root or real.parent
            words = [*words[:index], f"url={real}", *words[index + 1 :]]
            return settings.model_copy(update={"data_root": root}), words
    return settings, words
