"""What is this request called? As the caller's trace says, else as the caller says, else something new."""

from __future__ import annotations

import re
import secrets

_TRACE = re.compile(
    rb"(?!ff)(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})-[0-9a-f]{2}(?P<more>-.*)?"
)
_WORD = re.compile(rb"[A-Za-z0-9._\-]{1,64}")


def name_request(traceparent: bytes | None, given: bytes | None) -> str:
    """Name a request, in letters, digits, dots, dashes and underscores, 64 at most.

    Args:
        traceparent: The header of that name (W3C Trace Context): its trace id, where it is valid.
        given: ``X-Request-Id``, taken when it is a harmless word.
    """
    if traceparent is not None and (trace := _trace_id(traceparent)) is not None:
        return trace
    if given is not None and _WORD.fullmatch(given):
        return given.decode("ascii")
    return secrets.token_hex(16)


def _trace_id(header: bytes) -> str | None:
    """The second field; ids of zeros are invalid, and only later versions than 00 may have more than four fields."""
    match = _TRACE.fullmatch(header)
    if match is None or (match["version"] == b"00" and match["more"]):
        return None
    return match["trace"].decode("ascii") if match["trace"].strip(b"0") and match["parent"].strip(b"0") else None
