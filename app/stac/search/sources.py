"""What kind of source does a search name? Its landing page or document says."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from cachetools import TTLCache

from app.errors import BadRequest, NotFound, UpstreamUnusable
from app.match.cql2.evaluate import unknown_operator
from app.model.location import RemoteLocation
from app.model.search import Search
from app.stac.search.account import Account
from app.stac.search.api import ApiPages
from app.stac.search.ask import Answer, Ask, Asker
from app.stac.search.dialect import Dialect, is_api, links_of, read_dialect
from app.stac.search.documents import CataloguePages, FeaturePages, FolderPages, SentPages
from app.stac.search.pages import Pages, Reach

DIALECTS_MAX = 256
DIALECTS_TTL_S = 600
"""How long it is remembered what an API understands."""

Dialects = TTLCache[str, Dialect]


def remembered_dialects() -> Dialects:
    """Make a memory of what APIs understand, by their landing page."""
    return TTLCache(DIALECTS_MAX, DIALECTS_TTL_S)


class Sources:
    """Opens what searches name.

    Args:
        dialects: What APIs are known to understand.
        whole: Items are wanted with all of their members.
    """

    def __init__(self, asker: Asker, dialects: Dialects, reach: Reach, account: Account, *, whole: bool) -> None:
        self._asker = asker
        self._dialects = dialects
        self._reach = reach
        self._account = account
        self._whole = whole

    async def open(self, search: Search) -> Pages:
        """Find out what a search names.

        Raises:
            BadRequest: The source cannot judge the filter, and neither can this server.
            UpstreamUnusable: It is no source of items.
            SwathError: It cannot be read.
        """
        pages = await self._open(search)
        if search.filter and not pages.filters:
            operator = unknown_operator(dict(search.filter))
            if operator is not None:
                told = "is judged by the API alone, and this source does not judge it; leave it out"
                raise BadRequest.of("filter", operator, told)
            if pages.chooses:
                self._account.note("The API does not filter; its items were filtered here.")
        return pages

    async def _open(self, search: Search) -> Pages:
        if search.features is not None:
            return SentPages(search.features)
        if search.api is not None:
            return await self._open_api(search.api, search)
        return await self._open_url(search.url or "", search)

    async def _open_api(self, api: str, search: Search) -> Pages:
        """An API that the caller named as one; it need not have a landing page."""
        if (known := self._dialects.get(api)) is not None:
            return self._api(api, known, search)
        try:
            landing = await self._asker.ask(Ask(href=api))
        except (NotFound, UpstreamUnusable):
            return self._api(api, Dialect(endpoint=f"{api}/search"), search)
        if not is_api(landing.document) and links_of(_mapping(landing)):
            return await self._told(Ask(href=api), landing, search)
        return self._api(api, read_dialect(_mapping(landing), landing.location, api), search)

    async def _open_url(self, url: str, search: Search) -> Pages:
        """Anything that has a URL or a path."""
        if (known := self._dialects.get(url.rstrip("/"))) is not None:
            return self._api(url.rstrip("/"), known, search)
        ask = Ask(href=url)
        if (files := await self._files(url)) is not None:
            return files
        return await self._told(ask, await self._asker.ask(ask), search)

    async def _files(self, url: str) -> Pages | None:
        if url.lower().startswith(("http:", "https:")):
            return None
        most = self._reach.documents
        files = await self._asker.files(self._asker.locate(url), most + 1)
        if files is None:
            return None
        if len(files) > most:
            self._account.stop(f"{most} files were looked at (SWATH_SEARCH_DOCUMENTS_MAX)")
        return FolderPages(self._asker, files[:most], self._reach, self._account)

    async def _told(self, ask: Ask, answer: Answer, search: Search) -> Pages:
        """What a document says that it is."""
        document = answer.document
        if not isinstance(document, dict):
            raise _nothing(document)
        if document.get("type") in ("FeatureCollection", "Feature"):
            return FeaturePages(self._asker, ask, answer, self._reach, self._account)
        if is_api(document):
            api = ask.href.rstrip("/")
            return self._api(api, read_dialect(document, answer.location, api), search)
        items = next((link for link in links_of(document) if link["rel"] == "items"), None)
        if items is not None:
            return await self._of_collection(answer, items["href"], search)
        if any(link["rel"] in ("item", "child") for link in links_of(document)):
            return CataloguePages(self._asker, answer, search.collections, self._reach, self._account)
        raise _nothing(document)

    async def _of_collection(self, answer: Answer, items: str, search: Search) -> Pages:
        """A collection of an API: asked through the API's search, else page by page."""
        root = next((link["href"] for link in links_of(answer.document) if link["rel"] == "root"), None)
        if root is not None:
            landing = await self._asker.ask(Ask(href=root, base=answer.location))
            if is_api(landing.document):
                api = _url_of(landing)
                one = replace(search, collections=(str(answer.document.get("id")),))
                return self._api(api, read_dialect(landing.document, landing.location, api), one)
        ask = Ask(href=items, base=answer.location)
        return FeaturePages(self._asker, ask, await self._asker.ask(ask), self._reach, self._account)

    def _api(self, api: str, dialect: Dialect, search: Search) -> Pages:
        learn = partial(self._dialects.__setitem__, api)
        learn(dialect)
        return ApiPages(
            self._asker, dialect, search, self._reach, self._account, learn, api=api or None, whole=self._whole
        )


def _mapping(answer: Answer) -> dict[str, Any]:
    return answer.document if isinstance(answer.document, dict) else {}


def _url_of(answer: Answer) -> str:
    return answer.location.url.rstrip("/") if isinstance(answer.location, RemoteLocation) else ""


def _nothing(document: Any) -> UpstreamUnusable:
    kind = document.get("type") if isinstance(document, dict) else type(document).__name__
    return UpstreamUnusable(
        f"The document ({kind or 'of no type'}) leads to no items; give a STAC API, a catalogue or collection, "
        "a FeatureCollection, or a folder."
    )
