"""Which search a request means, and what its answer tells of the scenes that were used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.api.dialect import SEARCH, STRICT
from app.api.geojson import LARGE_BYTES
from app.api.query import Query
from app.api.search import search_of_query
from app.errors import NotFound, SearchTruncated, shorten
from app.model.search import Search
from app.runtime import Runtime
from app.stac.search.account import Account

T = TypeVar("T")
LEFT_OUT_MAX = 1024
"""Characters of a header; proxies take some thousand of all."""
_OWN = frozenset(each.name for each in SEARCH if each is not STRICT)


async def kept_search(rt: Runtime, search_id: str) -> Search:
    """Give the search of an id.

    Raises:
        NotFound: It was never sent here, or has been forgotten.
    """
    text = await rt.searches.get(search_id)
    if text is None:
        raise NotFound(f"There is no search {shorten(search_id)!r} here (any more); POST it to /search again.")
    return await apart(rt, len(text), Search.from_text, text)


async def asked_search(rt: Runtime, query: Query) -> Search:
    """Give the search of a query: the one whose id is there, else the one that is written out.

    Raises:
        NotFound: There is no search of this id (any more).
        BadRequest: It cannot be read, or there are both.
    """
    words = {name: values for name, values in query.values.items() if name in _OWN}
    search_id = query.text("search")
    if search_id is None:
        return search_of_query(Query(words, query.spelling, ()), rt.settings.search_items_max)
    if words:
        raise query.fault("search", search_id, f"is a search already; leave out {', '.join(sorted(words))}")
    return await kept_search(rt, search_id)


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


def left_out_header(account: Account) -> dict[str, str]:
    """Which scenes were left out, and why, where the body of an answer cannot tell: printable ASCII, cut when long."""
    told = " ".join(sentence for sentence in account.sentences() if sentence.startswith("Left out"))
    plain = "".join(char if char.isascii() and char.isprintable() else "?" for char in told)
    return {"X-Items-Left-Out": plain[:LEFT_OUT_MAX]} if plain else {}
