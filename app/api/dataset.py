"""What the dataset routes share."""

from __future__ import annotations

from urllib.parse import unquote

from fastapi import Request
from starlette.convertors import StringConvertor, register_url_convertor

from app.api.origin import base_url
from app.api.query import Query
from app.model.request import DatasetKind, DatasetRef
from app.runtime import Runtime


class DatasetConvertor(StringConvertor):
    """Matches exactly the two kinds of dataset, so that other first words stay free for other routes."""

    regex = "|".join(DatasetKind)


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
    what = "a STAC item" if kind is DatasetKind.STAC else "a GeoTIFF"
    url = query.required("url", f"give the URL of {what}, url=https://…")
    if "%3a%2f%2f" in url.lower():
        url = unquote(url)
    return DatasetRef(kind=kind, url=url, home=base_url(request))
