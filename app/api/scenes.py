"""Which search a request means, and what its answer tells of the scenes that were used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.api.geojson import LARGE_BYTES
from app.api.query import Query
from app.errors import NotFound, SearchTruncated, shorten
from app.model.search import Search
from app.runtime import Runtime
from app.stac.search.account import Account

T = TypeVar("T")


async def kept_search(rt: Runtime, search_id: str) -> Search:
    """Give the search of an id.

    Raises:
        NotFound: It was never sent here, or has been forgotten.
    """
    text = await rt.searches.get(search_id)
    if text is None:
        raise NotFound(f"There is no search {shorten(search_id)!r} here (any more); POST it to /search again.")
    return await apart(rt, len(text), Search.from_text, text)


async def apart(rt: Runtime, size: int, work: Callable[..., T], *args: Any) -> T:
    """Read a text; in a thread, where that takes more than a few milliseconds."""
    return await rt.patient.run(work, *args) if size >= LARGE_BYTES else work(*args)


def require_whole(query: Query, account: Account, *, strict: bool) -> None:
    """Refuse to answer with a part, where the caller (``strict=true``) or the server wants all or nothing.

    Raises:
        SearchTruncated: There may be more scenes.
    """
    if account.truncated is not None and query.flag("strict", strict):
        raise SearchTruncated(f"There may be more scenes than {account.used}: {account.truncated}.")


def items_headers(account: Account) -> dict[str, str]:
    """How many items match, how many were used, and whether there may be more."""
    return {
        "X-Items-Matched": str(account.matched),
        "X-Items-Used": str(account.used),
        "X-Truncated": str(account.truncated is not None).lower(),
    }
