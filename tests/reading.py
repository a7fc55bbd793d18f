"""The room ``app.net`` as a whole, put together for one test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.net.client import GuardedClient
from app.net.location import Locator
from app.net.policy import SourcePolicy
from app.net.store import ByteStore
from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a test needs to read bytes."""

    locator: Locator
    client: GuardedClient
    store: ByteStore


@asynccontextmanager
async def reading(settings: Settings | None = None, **client_options: Any) -> AsyncIterator[Reading]:
    """Give a locator, a client and a store under ``settings``, and close them."""
    settings = settings or Settings()
    policy = SourcePolicy.from_settings(settings)
    client = GuardedClient(policy, settings, **client_options)
    store = ByteStore(client, settings)
    try:
        yield Reading(locator=Locator(policy, settings.data_root), client=client, store=store)
    finally:
        await store.aclose()
