"""Read what a STAC item of a raster is to say."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.api.params import PREVIEW_SIZE
from app.api.query import Query
from app.model.authoring import ItemRequest, Period
from app.model.request import DatasetRef

TEXT_MAX = 2048
"""Characters of a text that goes into an item as it is."""
DENSIFY_MAX = 1000
PRECISION_MAX = 15
"""Decimals of a degree that a float has."""
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w.+-]+=[^;]+)*", re.ASCII)
DATETIME_EXAMPLE = "datetime=2019-07-01T08:30:00Z, or start/end"


def parse_item_request(query: Query, dataset: DatasetRef) -> ItemRequest:
    """Read the parameters of ``/cog/stac``.

    Raises:
        BadRequest: One of them cannot be said in an item.
    """
    precision = query.integer("geometry_precision", low=-1, high=PRECISION_MAX)
    return ItemRequest(
        dataset=dataset,
        id=_text(query, "id"),
        period=_period(query),
        extensions=_extensions(query),
        collection=_text(query, "collection"),
        collection_url=_collection_url(query),
        asset_name=_text(query, "asset_name") or "data",
        asset_roles=tuple(query.all("asset_roles")),
        asset_type=_media_type(query),
        asset_href=_text(query, "asset_href"),
        with_proj=query.flag("with_proj", default=True),
        with_raster=query.flag("with_raster", default=True),
        with_eo=query.flag("with_eo", default=True),
        max_size=query.integer("max_size", low=1) or PREVIEW_SIZE,
        densify=query.integer("geometry_densify", low=0, high=DENSIFY_MAX) or 0,
        precision=None if precision == -1 else precision,
    )


def _text(query: Query, name: str) -> str | None:
    text = query.text(name)
    if text is not None and len(text) > TEXT_MAX:
        raise query.fault(name, text, f"has {len(text)} characters, {TEXT_MAX} are taken at most")
    return text


def _period(query: Query) -> Period | None:
    text = query.text("datetime")
    if text is None:
        return None
    moments = text.split("/")
    if len(moments) > 2:
        raise query.fault("datetime", text, f"is neither a time nor start/end; write for example {DATETIME_EXAMPLE}")
    start, end = _moment(query, moments[0]), _moment(query, moments[-1])
    if start > end:
        raise query.fault("datetime", text, "ends before it starts")
    return start, end


def _moment(query: Query, text: str) -> datetime:
    """A time in UTC; a date is its first moment."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise query.fault("datetime", text, f"is not a date or time; write for example {DATETIME_EXAMPLE}") from None


def _extensions(query: Query) -> tuple[str, ...]:
    addresses = query.all("extensions")
    for address in addresses:
        if not re.match("https?://", address):
            raise query.fault("extensions", address, "is not the address of a schema, https://…")
    return tuple(addresses)


def _collection_url(query: Query) -> str | None:
    url = _text(query, "collection_url")
    if url is not None and query.text("collection") is None:
        raise query.fault("collection_url", url, "needs the id of that collection: collection=…")
    return url


def _media_type(query: Query) -> str | None:
    text = _text(query, "asset_media_type")
    if text is None or text == "auto":
        return None
    if not MEDIA_TYPE.fullmatch(text):
        raise query.fault("asset_media_type", text, "is not a media type; write for example image/tiff, or auto")
    return text
