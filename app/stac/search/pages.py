"""What every kind of source gives: pages of items, and how far it may be asked."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

from app.model.location import Location
from app.net.budget import MIB
from app.settings import Settings
from app.stac.search.account import Account

PAGE_ITEMS = 100
"""Items asked for at once: 100 of Sentinel-2 are 2.6 MB of JSON, of which 8 MiB are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some items.

    Attributes:
        features: As they came; anything at all. Whoever reads them takes them out, so that no page is in memory while
            the next one comes.
        location: The document that they came in; None when the caller sent them.
        alone: The document is the item.
        api: Landing page of the API that gave them, or None.
        more: The source says that there are more pages.
    """

    features: deque[Any]
    location: Location | None
    alone: bool = False
    api: str | None = None
    more: bool = False


class Pages(Protocol):
    """A source of items.

    Attributes:
        chooses: It gives only what the search asks for, but for the filter.
        filters: It has judged the filter, too.
        sorts: It gives items in the order asked for.
        whole: Items have all of their members.
    """

    chooses: bool
    filters: bool
    sorts: bool
    whole: bool

    def pages(self) -> AsyncGenerator[Page]:
        """Give page after page, as they come; raises ``SwathError``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one search may go.

    Attributes:
        pages: Documents of many items.
        documents: Documents of one item, or of a catalogue.
        bytes: Length of all of them.
        seconds: Time for all of them.
        items: Scenes.
    """

    pages: int
    documents: int
    bytes: int
    seconds: float
    items: int

    @classmethod
    def from_settings(cls, settings: Settings, max_items: int | None) -> Reach:
        """The server's limits, or fewer items where the search wants no more."""
        return cls(
            pages=settings.search_pages_max,
            documents=settings.search_documents_max,
            bytes=int(settings.search_bytes_mb * MIB),
            seconds=settings.search_timeout_s,
            items=min(max_items or settings.search_items_max, settings.search_items_max),
        )

    def has_room(self, account: Account, *, documents: bool = False) -> bool:
        """Whether another page, or document, may be read; says in the account why not."""
        most, setting = (
            (self.documents, "SWATH_SEARCH_DOCUMENTS_MAX") if documents else (self.pages, "SWATH_SEARCH_PAGES_MAX")
        )
        if account.pages >= most:
            account.stop(f"{account.pages} documents were read ({setting})")
        elif account.bytes_read >= self.bytes:
            account.stop(f"{account.bytes_read / MIB:.1f} MiB were read (SWATH_SEARCH_BYTES_MB)")
        else:
            return True
        return False
