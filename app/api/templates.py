"""URLs of tiles with places left to fill, for whoever takes tiles from here: the caller's own query goes along."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request

from app.api.access import handed_on
from app.api.dataset import dataset_ref
from app.api.dialect import FORMAT, MAXZOOM, MINZOOM, SCALE, TILE_FORMAT, TILE_SCALE, TMS, USE_EPSG, ZOOMS
from app.api.origin import base_url
from app.api.params import parse_selection, parse_style
from app.api.query import Query
from app.model.grid import Frame
from app.model.request import DatasetKind, Format, ImageRequest

Pairs = list[tuple[str, str]]

PLACES = "{z}/{x}/{y}"
"""Of the tile in the path, as XYZ programs write them."""
EMPTY_BLANK = {"empty": "blank"}
"""The one answer to a tile without data that all map clients take."""

JSON = "json"
OF_DOCUMENT = frozenset((name, JSON) for name in (FORMAT.name, *FORMAT.aliases))
"""How a caller asks for the document itself as JSON, and not for tiles in a format."""

OWN = frozenset(
    name
    for each in (MINZOOM, MAXZOOM, ZOOMS, TILE_FORMAT, TILE_SCALE, SCALE, TMS, USE_EPSG)
    for name in (each.name, *each.aliases)
)
"""Parameters of the document that holds the template, not passed on to the tiles."""


def tile_template(
    request: Request,
    ds: DatasetKind,
    tms: str,
    ending: str,
    *,
    places: str = PLACES,
    pairs: Pairs | None = None,
    more: Mapping[str, str] = EMPTY_BLANK,
) -> str:
    """Absolute URL of the tiles of a dataset, signed or with a key when the caller's own URL has that.

    Args:
        ending: Of the path, behind the row: ``@2x.png``.
        places: What stands for zoom, column and row.
        pairs: Query to hand on in place of the caller's.
        more: Parameters to add, unless the query has them.
    """
    given = own_pairs(request) if pairs is None else pairs
    names = {name for name, _ in given}
    asked = [*given, *((name, value) for name, value in more.items() if name not in names)]
    path = f"/{ds}/tiles/{tms}/"
    query = urlencode(handed_on(request, f"{path}{PLACES}{ending}", asked))
    return f"{base_url(request)}{path}{places}{ending}?{query}"


def own_pairs(request: Request) -> Pairs:
    """The caller's query as it was written, without what is meant for the document that is asked for."""
    pairs = request.query_params.multi_items()
    return [pair for pair in pairs if pair[0] not in OWN and pair not in OF_DOCUMENT]


def survey_request(request: Request, ds: DatasetKind, query: Query, format: Format | None) -> ImageRequest:
    """What the tiles of a query ask for, without a place: to see whether they can be made."""
    return ImageRequest(
        dataset=dataset_ref(request, ds, query),
        selection=parse_selection(query),
        frame=Frame(width=1, height=1),
        style=parse_style(query),
        format=format,
    )
