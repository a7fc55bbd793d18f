"""Ask a STAC API, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from app.errors import NotFound, UpstreamUnusable
from app.model.search import Search
from app.stac.search.account import Account
from app.stac.search.ask import Answer, Ask, Asker
from app.stac.search.dialect import Dialect
from app.stac.search.pages import PAGE_ITEMS, Page, Reach
from app.stac.search.paging import follow

NO_POST = frozenset({400, 403, 405, 415, 501})
"""Statuses of servers that take a search by GET only; 404 is another."""


class ApiPages:
    """The pages of a search.

    Args:
        asker: Asks.
        dialect: How the API is asked.
        learn: Called with a dialect that turned out to be the right one.
        api: Its landing page, or None.
        whole: Items are wanted with all of their members.
    """

    chooses = True

    def __init__(
        self,
        asker: Asker,
        dialect: Dialect,
        search: Search,
        reach: Reach,
        account: Account,
        learn: Callable[[Dialect], None],
        *,
        api: str | None,
        whole: bool,
    ) -> None:
        self._asker = asker
        self._api = api
        self._dialect = dialect
        self._search = search
        self._reach = reach
        self._account = account
        self._learn = learn
        self.filters = dialect.filters(search)
        self.sorts = dialect.sorts or not search.sortby
        self.whole = whole or not (self.filters and self.sorts) or not dialect.fields

    async def pages(self) -> AsyncGenerator[Page]:
        """See ``Pages``."""
        ask, answer = await self._begin()
        async with aclosing(follow(self._asker, ask, answer, self._reach, self._account)) as pages:
            async for page in pages:
                yield replace(page, api=self._api)

    async def _begin(self) -> tuple[Ask, Answer]:
        """Ask for the first page, by GET where the API does not take POST."""
        everything = self.filters and self.sorts
        limit = min(PAGE_ITEMS, self._reach.items) if everything else PAGE_ITEMS
        ask = self._dialect.first(self._search, limit, whole=self.whole)
        try:
            return ask, await self._asker.ask(ask)
        except (NotFound, UpstreamUnusable) as refusal:
            if not self._dialect.posts or refusal.upstream_status not in NO_POST | {404}:
                raise
            getting = replace(self._dialect, posts=False)
            ask = getting.first(self._search, limit, whole=self.whole)
            try:
                answer = await self._asker.ask(ask)
            except (NotFound, UpstreamUnusable):
                raise refusal from None
        self._learn(getting)
        return ask, answer
