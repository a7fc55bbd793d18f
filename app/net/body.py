"""Is the body what was announced? Read chunk by chunk as it arrives, counted, charged, never beyond its limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp

from app.errors import SwathError, UpstreamUnusable
from app.net import faults
from app.net.budget import MIB, current_budget
from app.net.inflate import InflateError, Inflater
from app.net.policy import shown
from app.observe.metrics import received

_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})


async def read_document(reply: aiohttp.ClientResponse, host: str, max_bytes: int) -> bytes:
    """Read a document; one that is compressed although nobody asked is inflated, up to the same limit."""
    too_large = UpstreamUnusable(
        f"The document at {shown(host)} is larger than {max_bytes / MIB:g} MiB (SWATH_ITEM_MAX_MB)."
    )
    encoding = _encoding(reply)
    if encoding in _COMPRESSED:
        return await _inflated(reply, host, max_bytes, too_large)
    _require_plain(reply, host)
    return await _counted(reply, max_bytes, too_large)


async def read_part(reply: aiohttp.ClientResponse, host: str, length: int) -> bytes:
    """Read exactly ``length`` bytes of a 206 answer."""
    _require_plain(reply, host)
    body = await _counted(reply, length, faults.wrong_range(host))
    if len(body) < length:
        raise faults.cut(host)
    return body


async def read_whole(reply: aiohttp.ClientResponse, host: str, max_mb: float) -> bytes:
    """Read the whole file from a server that ignores ``Range``."""
    _require_plain(reply, host)
    too_large = UpstreamUnusable(
        f"{shown(host)} does not answer range requests, and the file is larger than {max_mb:g} MiB"
        " (SWATH_RANGELESS_MAX_MB)."
    )
    return await _counted(reply, int(max_mb * MIB), too_large)


async def _counted(reply: aiohttp.ClientResponse, limit: int, too_large: SwathError) -> bytes:
    if (reply.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    async for chunk in _chunks(reply):
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


async def _inflated(reply: aiohttp.ClientResponse, host: str, limit: int, too_large: SwathError) -> bytes:
    inflater, body = Inflater(limit), bytearray()
    try:
        async for chunk in _chunks(reply):
            body += inflater.feed(chunk)
            if len(body) > limit:
                raise too_large
        inflater.finish()
    except InflateError as error:
        raise faults.cut(host) from error
    return bytes(body)


async def _chunks(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Yield what arrives, as it arrives, and charge it to the request."""
    budget = current_budget()
    async for chunk in reply.content.iter_any():
        received(len(chunk))
        if budget is not None:
            budget.check()
            budget.charge(len(chunk))
        yield chunk


def _encoding(reply: aiohttp.ClientResponse) -> str:
    return reply.headers.get("Content-Encoding", "identity").strip().lower()


def _require_plain(reply: aiohttp.ClientResponse, host: str) -> None:
    if _encoding(reply) not in ("", "identity"):
        raise UpstreamUnusable(f"{shown(host)} sends this compressed as a whole, so that no part of it can be read.")
