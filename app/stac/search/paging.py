"""Where is the next page? Links first; APIs of before 2021 may tell a number or a token instead."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from app.errors import UpstreamUnusable
from app.stac.search.account import Account
from app.stac.search.ask import Answer, Ask, Asker, host_of
from app.stac.search.dialect import links_of
from app.stac.search.pages import Page, Reach

Document = Mapping[str, Any]
_CONTEXTS = ("context", "search:metadata")


async def follow(asker: Asker, ask: Ask, answer: Answer, reach: Reach, account: Account) -> AsyncGenerator[Page]:
    """Give a page, and those behind it, as far as a search may go.

    Args:
        ask: What ``answer`` answers.
    """
    asked = {ask.key}
    while True:
        features = take_features(answer)
        account.told = told_matches(answer.document) or account.told
        following = next_page(ask, answer, count=len(features))
        yield Page(features=features, location=answer.location, more=following is not None)
        if following is None or not reach.has_room(account):
            return
        if following.key in asked:
            account.stop("the source links to a page that it gave before")
            return
        asked.add(following.key)
        ask, answer = following, await asker.ask(following)


def take_features(answer: Answer) -> deque[Any]:
    """Take the items out of a page.

    Raises:
        UpstreamUnusable: It is no FeatureCollection.
    """
    document = answer.document
    features = document.pop("features", None) if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UpstreamUnusable("The answer to the search is not a FeatureCollection with a list of features.")
    return deque(features)


def next_page(asked: Ask, answer: Answer, *, count: int) -> Ask | None:
    """Say what to ask for after a page; None when it was the last one.

    A page without items is the last one, whatever its links say: some APIs link on for ever.

    Args:
        count: Items that came with the page.
    """
    if not count:
        return None
    link = next((link for link in links_of(answer.document) if link["rel"] == "next"), None)
    if link is not None and not _is_broken(link, asked, answer.document):
        return _following(link, asked, answer)
    return _numbered(asked, answer.document, count)


def told_matches(document: Document) -> int | None:
    """How many items there are, as the page says."""
    for value in (document.get("numberMatched"), *(_context(document).get(name) for name in ("matched", "found"))):
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None


def _following(link: Document, asked: Ask, answer: Answer) -> Ask:
    if str(link.get("method", "GET")).upper() != "POST" or asked.body is None:
        return Ask(href=link["href"], base=answer.location)
    body = link.get("body")
    own = body if isinstance(body, Mapping) else {}
    merged = {**(asked.body or {}), **own} if link.get("merge") or not own else own
    if host_of(link["href"], answer.location) != host_of(asked.href, asked.base):
        # Behind a proxy some APIs name a host that nobody reaches; and nobody is sent a body that a stranger wrote.
        return Ask(href=asked.href, base=asked.base, body=merged)
    return Ask(href=link["href"], base=answer.location, body=merged)


def _is_broken(link: Document, asked: Ask, document: Document) -> bool:
    """Earth Search of 2020 answered a POST with a GET link that had lost the geometry; its pages have numbers, too."""
    is_get = str(link.get("method", "GET")).upper() != "POST"
    return is_get and asked.body is not None and "page" in _context(document)


def _numbered(asked: Ask, document: Document, count: int) -> Ask | None:
    """Go on by ``page`` or ``next`` of the context, while there should be more."""
    context = _context(document)
    told = context.get("next")
    if isinstance(told, (str, int)) and told and asked.body is not None:
        return Ask(href=asked.href, base=asked.base, body={**asked.body, "next": told})
    page, limit, matched = context.get("page"), context.get("limit"), told_matches(document)
    if asked.body is None or not isinstance(page, int) or not isinstance(limit, int) or matched is None:
        return None
    is_last = count < limit or page * limit >= matched
    return None if is_last else Ask(href=asked.href, base=asked.base, body={**asked.body, "page": page + 1})


def _context(document: Document) -> Document:
    found = (document.get(name) for name in _CONTEXTS)
    return next((each for each in found if isinstance(each, Mapping)), {})
