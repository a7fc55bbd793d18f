"""What the dataset routes share."""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote

from fastapi import Request
from starlette.convertors import StringConvertor, register_url_convertor

from app.api.dialect import MOSAIC, SEARCH, URL, Parameter
from app.api.mosaics import read_mosaic
from app.api.origin import own_url
from app.api.query import Query, read_query
from app.model.request import DatasetKind, DatasetRef
from app.runtime import Runtime


class DatasetConvertor(StringConvertor):
    """Matches exactly the two kinds of dataset, so that other first words stay free for other routes."""

    regex = "|".join(DatasetKind)

    def convert(self, value: str) -> DatasetKind:
        """Name the kind."""
        return DatasetKind(value)


register_url_convertor("dataset", DatasetConvertor())


def runtime(request: Request) -> Runtime:
    """The runtime of this process."""
    rt: Runtime = request.app.state.runtime
    return rt


def dataset_ref(request: Request, kind: DatasetKind, query: Query) -> DatasetRef:
    """Read ``url``; a URL that was percent-encoded twice is decoded once more.

    Raises:
        InvalidType: There is none.
    """
    if kind is DatasetKind.SEARCH:
        mosaic = read_mosaic(runtime(request).settings, query)
        return DatasetRef(kind=kind, url=mosaic.search_id, home=own_url(request), mosaic=mosaic)
    what = "a STAC item" if kind is DatasetKind.STAC else "a GeoTIFF"
    url = query.required("url", f"give the URL of {what}, url=https://…")
    if "%3a%2f%2f" in url.lower():
        url = unquote(url)
    return DatasetRef(kind=kind, url=url, home=own_url(request))


def query_of(request: Request, kind: DatasetKind, parameters: tuple[Parameter, ...], text: str | None = None) -> Query:
    """Read the parameters that a route knows for this kind of dataset; the rest is noted as ignored.

    Args:
        text: The part of the query that holds them, where that is not all of it.
    """
    return own_query(request, known_parameters(kind, parameters), text)


def own_query(request: Request, parameters: tuple[Parameter, ...], text: str | None = None) -> Query:
    """Read the parameters of a route that is about no dataset; arguments as in ``query_of``."""
    if text is None:
        text = request.scope["query_string"].decode("latin-1")
    return read_query(text, parameters, strict=runtime(request).settings.strict)


@cache
def known_parameters(kind: DatasetKind, parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Leave out what has no meaning for a single raster; add what a search needs in place of a URL."""
    if kind is not DatasetKind.SEARCH:
        return tuple(each for each in parameters if kind is DatasetKind.STAC or not each.stac_only)
    own = [each for each in parameters if each is not URL]
    names = {each.name for each in own}
    return (*own, *(each for each in (*SEARCH, *MOSAIC) if each.name not in names))
