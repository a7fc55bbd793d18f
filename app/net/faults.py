"""What went wrong upstream, in our words? Exceptions and statuses become typed errors that name the host only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp

from app.errors import (
    DeadlineExceeded,
    NotFound,
    Overloaded,
    SourceNotAllowed,
    SwathError,
    UpstreamFailed,
    UpstreamUnusable,
)
from app.net.guard import AddressRefused
from app.net.policy import address_refused, shown

RETRY_AFTER_MAX_S = 30


def from_exception(error: BaseException, host: str, silence_s: float) -> SwathError:
    """Explain an exception of the HTTP library; ``silence_s`` is the longest pause that was granted."""
    name = shown(host)
    if _is_refusal(error):
        return address_refused(host)
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return _of_source(DeadlineExceeded(f"{name} was silent for {silence_s:g} s (SWATH_UPSTREAM_TIMEOUT_S)."))
    if isinstance(error, aiohttp.InvalidURL):
        return SourceNotAllowed(f"The URL at {name} cannot be asked for.")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return UpstreamFailed(f"The name {name} cannot be looked up.")
    if isinstance(error, aiohttp.ClientSSLError):
        return UpstreamFailed(f"{name} has no valid TLS certificate, or does not speak TLS.")
    if isinstance(error, aiohttp.ClientPayloadError):
        return cut(host)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _passing(UpstreamFailed(f"{name} refuses connections."))
    return _passing(UpstreamFailed(f"{name} broke off or did not speak HTTP."))


def from_document_status(status: int, headers: Mapping[str, str], host: str) -> SwathError:
    """Explain a status that brings no document."""
    if status in (404, 410):
        error = NotFound(f"{shown(host)} has no such document ({status}).")
        error.upstream_status = status
        return error
    return _from_status(status, headers, host)


def from_range_status(status: int, headers: Mapping[str, str], host: str) -> SwathError:
    """Explain a status that brings no bytes of a file."""
    if status in (404, 410):
        return UpstreamUnusable(f"{shown(host)} has no such file ({status}).", upstream_status=status)
    return _from_status(status, headers, host)


def cut(host: str) -> SwathError:
    """Make the error of a body that ends before its announced length."""
    return _passing(UpstreamFailed(f"{shown(host)} cut the answer short."))


def wrong_range(host: str) -> UpstreamFailed:
    """Make the error of an answer that holds other bytes than asked for."""
    return UpstreamFailed(f"{shown(host)} sent another range than asked for.")


def _from_status(status: int, headers: Mapping[str, str], host: str) -> SwathError:
    name = shown(host)
    if status in (429, 503):
        told_s = _retry_after_s(headers)
        busy = Overloaded(f"{name} asks for a pause ({status}).", retry_after_s=max(told_s, 1))
        busy.upstream_status = status
        return _passing(_of_source(busy), told_s)
    if status >= 500:
        failed = UpstreamFailed(f"{name} failed ({status}).", upstream_status=status)
        return _passing(failed) if status in (502, 504) else failed
    if status in (401, 403):
        return UpstreamUnusable(f"{name} does not let strangers read this ({status}).", upstream_status=status)
    return UpstreamUnusable(f"{name} answered {status}, not with the bytes asked for.", upstream_status=status)


def _passing(error: SwathError, pause_s: float = 0) -> SwathError:
    """Mark a failure that a second try may not meet again."""
    error.pause_s = pause_s
    return error


def _of_source(error: SwathError) -> SwathError:
    """Mark a failure of a kind that this server has, too."""
    error.of_source = True
    return error


def _retry_after_s(headers: Mapping[str, str]) -> int:
    """Read ``Retry-After`` in seconds, up to the cap; a date counts as a second, nothing as none."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal() and len(text) < 10:
        return min(int(text), RETRY_AFTER_MAX_S)
    return 1 if text else 0


def _is_refusal(error: BaseException | None) -> bool:
    """Look for our own refusal in the chain of causes: the library wraps it as a failed connection."""
    while error is not None:
        if isinstance(error, AddressRefused):
            return True
        error = error.__cause__ or error.__context__
    return False
