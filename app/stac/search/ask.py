"""One question to a source, and its answer: a document of JSON, by GET or POST, from wherever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.access.rates import charge
from app.errors import SourceNotAllowed, UpstreamUnusable
from app.model.location import FileLocation, Location, RemoteLocation
from app.net.answers import Document
from app.net.location import Locator
from app.net.store import ByteStore
from app.net.url import HttpUrl
from app.stac.document import require_small
from app.stac.search.account import Account

DOCUMENT_UNITS = 0.1
"""What a document that is asked for takes of the caller's allowance; a unit is a tile."""


class OwnApi(Protocol):
    """The STAC API that this very server shows: it is asked inside the process, as no guard opens the loopback."""

    def answer(self, path: str, body: Mapping[str, Any], home: str) -> Mapping[str, Any] | None:
        """Answer a search or describe itself; None for a path that is not its own. Hrefs begin with ``home``."""
        ...

    def href_of(self, location: FileLocation, home: str) -> str | None:
        """Give the URL of a file that this server shows; None for others."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked; with a body it is a POST.

    Attributes:
        href: As a stranger wrote it: it is judged before it is followed.
        base: The document that holds ``href``; None when the caller sent it.
    """

    href: str
    base: Location | None = None
    body: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """Equal for equal questions."""
        return f"{self.href} {json.dumps(self.body, sort_keys=True)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A document: its JSON, and where it was found."""

    document: Any
    location: Location


class Asker:
    """Asks on behalf of one search.

    Args:
        own: The API of this server, or None.
        home: Base URL of this server as the caller reached it.
    """

    def __init__(
        self, locator: Locator, store: ByteStore, account: Account, own: OwnApi | None = None, home: str | None = None
    ) -> None:
        self._locator = locator
        self._store = store
        self._account = account
        self._own = own
        self._home = home

    def locate(self, href: str, base: Location | None = None) -> Location:
        """Judge a link; raises ``SourceNotAllowed``."""
        return self._locator.locate(href, base=base, home=self._home)

    def href_of(self, location: Location) -> str:
        """How a caller names a place: by its URL, or by its path inside the folder of local files."""
        if not isinstance(location, FileLocation):
            return location.url
        own = self._own.href_of(location, self._home) if self._own and self._home else None
        return own or location.path.relative_to(location.root).as_posix()

    async def ask(self, ask: Ask) -> Answer:
        """Ask, and read the answer.

        Raises:
            SwathError: It is not allowed, cannot be read, or is not JSON.
        """
        charge(DOCUMENT_UNITS)
        if (own := self._answer_own(ask)) is not None:
            self._account.pages += 1
            return own
        location = self.locate(ask.href, ask.base)
        if ask.body is None or isinstance(location, FileLocation):
            return self._parsed(await self._store.document(location))
        return self._parsed(await self._store.question(location, json.dumps(ask.body).encode()))

    async def read(self, location: Location) -> Answer:
        """Read a document; raises ``SwathError``."""
        charge(DOCUMENT_UNITS)
        return self._parsed(await self._store.document(location))

    async def files(self, location: Location, most: int) -> list[FileLocation] | None:
        """List the documents of a local folder; None when it is none."""
        if not isinstance(location, FileLocation):
            return None
        return await self._store.files(location, (".json", ".geojson"), most)

    def _answer_own(self, ask: Ask) -> Answer | None:
        if self._own is None or self._home is None:
            return None
        path = self._locator.own_path(ask.href, base=ask.base, home=self._home)
        document = self._own.answer(path, ask.body or {}, self._home) if path is not None else None
        return Answer(document=document, location=RemoteLocation(f"{self._home}{path}")) if document else None

    def _parsed(self, found: Document) -> Answer:
        self._account.pages += 1
        self._account.bytes_read += len(found.body)
        require_small(found.body)
        try:
            return Answer(document=json.loads(found.body), location=found.location)
        except (ValueError, RecursionError) as error:
            raise UpstreamUnusable("The document is not JSON that can be read; a search needs STAC.") from error


def host_of(href: str, base: Location | None) -> tuple[str, int] | None:
    """Host and port that a link names; None for what is no web address."""
    try:
        url = HttpUrl.parse(base.url).join(href) if isinstance(base, RemoteLocation) else HttpUrl.parse(href)
    except SourceNotAllowed:
        return None
    return url.host, url.port
