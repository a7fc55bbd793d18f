"""Which search a request means, and what its answer tells of the scenes that were used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.api.geojson import LARGE_BYTES
from app.api.mosaics import read_mosaic
from app.api.query import Query
from app.model.search import Search
from app.pipeline.searches import kept_search, truncated
from app.runtime import Runtime
from app.stac.search.account import Account

T = TypeVar("T")
LEFT_OUT_MAX = 1024
"""Characters of a header; proxies take some thousand of all."""


async def asked_search(rt: Runtime, query: Query) -> Search:
    """Give the search of a query: the one whose id is there, else the one that is written out.

    Raises:
        NotFound: There is no search of this id (any more).
        BadRequest: It cannot be read, or there are both.
    """
    mosaic = read_mosaic(rt.settings, query)
    return mosaic.search or await kept_search(rt, mosaic.search_id)


async def apart(rt: Runtime, size: int, work: Callable[..., T], *args: Any) -> T:
    """Read a text; in a thread, where that takes more than a few milliseconds."""
    return await rt.patient.run(work, *args) if size >= LARGE_BYTES else work(*args)


def require_whole(query: Query, account: Account, *, strict: bool) -> None:
    """Refuse to answer with a part, where the caller (``strict=true``) or the server wants all or nothing.

    Raises:
        SearchTruncated: There may be more scenes.
    """
    if account.truncated is not None and query.flag("strict", strict):
        raise truncated(account)


def items_headers(account: Account) -> dict[str, str]:
    """How many items match, how many were used, and whether there may be more."""
    return {
        "X-Items-Matched": str(account.matched),
        "X-Items-Used": str(account.used),
        "X-Truncated": str(account.truncated is not None).lower(),
    }


def left_out_header(account: Account) -> dict[str, str]:
    """Which scenes were left out, and why, where the body of an answer cannot tell: printable ASCII, cut when long."""
    told = " ".join(sentence for sentence in account.sentences() if sentence.startswith("Left out"))
    plain = "".join(char if char.isascii() and char.isprintable() else "?" for char in told)
    return {"X-Items-Left-Out": plain[:LEFT_OUT_MAX]} if plain else {}
