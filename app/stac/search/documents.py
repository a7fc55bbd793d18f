"""Sources that do not search: static catalogues, collections of features, folders, and what the caller sent."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from app.cache.flight import together
from app.errors import NotFound, SourceNotAllowed, UpstreamFailed, UpstreamUnusable, shorten
from app.model.location import FileLocation, Location
from app.stac.search.account import Account
from app.stac.search.ask import Answer, Ask, Asker
from app.stac.search.dialect import links_of
from app.stac.search.pages import Page, Reach
from app.stac.search.paging import follow, take_features

AT_ONCE = 8
"""Documents that are read at the same time."""

UNREADABLE = "whose document cannot be read"
_PASSED_OVER = (NotFound, SourceNotAllowed, UpstreamFailed, UpstreamUnusable)
"""Failures of one document, with which the others have nothing to do."""


class _Unsearched:
    """A source of which the search chooses itself."""

    chooses = filters = sorts = False
    whole = True


class SentPages(_Unsearched):
    """Items that the caller sent along."""

    def __init__(self, features: Sequence[Any]) -> None:
        self._features = features

    async def pages(self) -> AsyncGenerator[Page]:
        """See ``Pages``."""
        yield Page(features=deque(self._features), location=None)


class FeaturePages(_Unsearched):
    """A FeatureCollection, and those that it calls next; or one item."""

    def __init__(self, asker: Asker, ask: Ask, first: Answer, reach: Reach, account: Account) -> None:
        self._asker = asker
        self._ask = ask
        self._first = first
        self._reach = reach
        self._account = account

    async def pages(self) -> AsyncGenerator[Page]:
        """See ``Pages``."""
        if self._first.document.get("type") == "Feature":
            yield Page(features=deque([self._first.document]), location=self._first.location, alone=True)
            return
        async with aclosing(follow(self._asker, self._ask, self._first, self._reach, self._account)) as pages:
            async for page in pages:
                yield page


class CataloguePages(_Unsearched):
    """A static catalogue or collection, and all below it, in the order of their links."""

    def __init__(self, asker: Asker, root: Answer, collections: Sequence[str], reach: Reach, account: Account) -> None:
        self._asker = asker
        self._collections = collections
        self._reach = reach
        self._account = account
        self._known = {_key(root.location)}
        self._root = root

    async def pages(self) -> AsyncGenerator[Page]:
        """See ``Pages``."""
        waiting = deque(self._links(self._root))
        while waiting:
            if not self._reach.has_room(self._account, documents=True):
                return
            batch = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
            below: list[Location] = []
            for answer in await _read_all(self._asker, batch, self._account):
                if _is_item(answer.document):
                    yield Page(features=deque([answer.document]), location=answer.location, alone=True)
                else:
                    below += self._links(answer)
            waiting.extendleft(reversed(below))

    def _links(self, answer: Answer) -> list[Location]:
        """What a catalogue leads to, items first; a collection that is not asked for leads nowhere."""
        document = answer.document
        if not isinstance(document, dict):
            self._account.leave_out(UNREADABLE, _name(answer.location))
            return []
        is_collection = document.get("type") == "Collection"
        if is_collection and self._collections and document.get("id") not in self._collections:
            return []
        links = links_of(document)
        return self._located(
            answer, [link["href"] for rel in ("item", "child") for link in links if link["rel"] == rel]
        )

    def _located(self, answer: Answer, hrefs: Iterable[str]) -> list[Location]:
        found = []
        for href in hrefs:
            try:
                location = self._asker.locate(href, answer.location)
            except SourceNotAllowed:
                self._account.leave_out("whose link is not allowed", shorten(href, 80))
                continue
            if _key(location) not in self._known:
                self._known.add(_key(location))
                found.append(location)
        return found


class FolderPages(_Unsearched):
    """The files of a folder: items, and collections of them."""

    def __init__(self, asker: Asker, files: Sequence[FileLocation], reach: Reach, account: Account) -> None:
        self._asker = asker
        self._files = files
        self._reach = reach
        self._account = account

    async def pages(self) -> AsyncGenerator[Page]:
        """See ``Pages``."""
        for start in range(0, len(self._files), AT_ONCE):
            if not self._reach.has_room(self._account, documents=True):
                return
            for answer in await _read_all(self._asker, self._files[start : start + AT_ONCE], self._account):
                if isinstance(answer.document, dict) and answer.document.get("type") == "FeatureCollection":
                    yield Page(features=take_features(answer), location=answer.location)
                elif _is_item(answer.document):
                    yield Page(features=deque([answer.document]), location=answer.location, alone=True)


def _is_item(document: Any) -> bool:
    return isinstance(document, dict) and document.get("type") == "Feature"


async def _read_all(asker: Asker, locations: Sequence[Location], account: Account) -> list[Answer]:
    """Read several documents at once, in their order; those that fail by themselves are left out.

    Raises:
        SwathError: No more may be read at all.
    """

    async def read(location: Location) -> Answer | None:
        try:
            return await asker.read(location)
        except _PASSED_OVER:
            account.leave_out(UNREADABLE, _name(location))
            return None

    found = await together(read(location) for location in locations)
    return [answer for answer in found if answer is not None]


def _name(location: Location) -> str:
    """The last part of its path."""
    return shorten(str(location).partition("?")[0].rstrip("/").rpartition("/")[2], 80)


def _key(location: Location) -> str:
    return str(location.path) if isinstance(location, FileLocation) else location.url
