"""What a command is asked for, in the words of the HTTP routes: ``NAME=VALUE`` as in a query string."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import click

from app.api.dataset import known_parameters
from app.api.dialect import URL, Parameter
from app.api.mosaics import read_mosaic
from app.api.query import Query, read_query
from app.commands.configuration import read_settings
from app.errors import SwathError
from app.model.request import DatasetKind, DatasetRef
from app.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

RASTERS = (".tif", ".tiff")
"""Endings of what is taken for a raster; all else for a STAC item."""
HOME = "http://127.0.0.1:8000"
"""Where ``swath serve`` listens: URLs of its sample catalogue are read without it, when ``SWATH_SAMPLE`` is true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A dataset, and the parameters by today's names."""

    settings: Settings
    dataset: DatasetRef
    query: Query


def dataset_arguments(command: Command) -> Command:
    """Give a command ``URL [NAME=VALUE]... --kind``."""
    kinds = click.Choice([kind.value for kind in DatasetKind])
    command = click.option("--kind", type=kinds, help="What URL is; by its ending unless given.")(command)
    command = click.argument("parameters", metavar="[NAME=VALUE]...", nargs=-1)(command)
    return click.argument("url")(command)


def read_asked(url: str, kind: str | None, words: Sequence[str], known: tuple[Parameter, ...]) -> Asked:
    """Read the settings and the parameters; unknown ones are refused.

    Raises:
        ClickException: What is wrong, in a sentence.
    """
    chosen = DatasetKind(kind) if kind else _kind_of(url)
    settings, place = _with_folder(read_settings(), url)
    home = (settings.public_url or HOME).rstrip("/")
    try:
        if chosen is DatasetKind.SEARCH:
            return _of_search(settings, place, home, words, known)
        known = tuple(each for each in known_parameters(chosen, known) if each is not URL)
        query = read_query(query_text(words), known, strict=True)
    except SwathError as err:
        raise click.UsageError(err.detail) from err
    return Asked(settings=settings, dataset=DatasetRef(kind=chosen, url=place, home=home), query=query)


def _of_search(settings: Settings, place: str, home: str, words: Sequence[str], known: tuple[Parameter, ...]) -> Asked:
    """The scenes of what is behind a URL, or in a folder, that fit the words."""
    query = read_query(query_text([*words, f"url={place}"]), known_parameters(DatasetKind.SEARCH, known), strict=True)
    mosaic = read_mosaic(settings, query)
    dataset = DatasetRef(kind=DatasetKind.SEARCH, url=mosaic.search_id, home=home, mosaic=mosaic)
    return Asked(settings=settings, dataset=dataset, query=query)


def _kind_of(url: str) -> DatasetKind:
    return DatasetKind.COG if urlsplit(url).path.lower().endswith(RASTERS) else DatasetKind.STAC


def query_text(words: Sequence[str]) -> str:
    """Write ``NAME=VALUE`` words as a query string.

    Raises:
        UsageError: One is not written so.
    """
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"{name!r} is not written NAME=VALUE, such as assets=B04,B03,B02.")
    return urlencode([(name, value) for name, _, value in pairs])


def _with_folder(settings: Settings, url: str) -> tuple[Settings, str]:
    """Open the folder of a file, or of a folder, that is named from here: who types its path may read it.

    ``SWATH_DATA_ROOT`` says more, where it is set: which files beside that one an item may name.
    """
    path = Path(url)
    if urlsplit(url).scheme:
        return settings, url
    if path.is_dir():
        real = path.resolve()
        return settings.model_copy(update={"data_root": settings.data_root or real.parent}), str(real)
    if not path.is_file():
        if settings.data_root is None:
            raise click.UsageError(f"{url!r} is neither a URL nor a file here.")
        return settings, url
    real = path.resolve()
    root = settings.data_root or real.parent
    return settings.model_copy(update={"data_root": root}), str(real)
