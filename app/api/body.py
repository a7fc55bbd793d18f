"""The body of a request, read only as far as it may reach."""

from __future__ import annotations

import json
import math
from typing import Any

from fastapi import Request

from app.errors import BadRequest, BodyTooLarge, InvalidType, LimitExceeded

DEPTH_MAX = 32
"""Levels of brackets; a MultiPolygon in a collection has 9."""


async def read_body(request: Request, max_mb: float, why: str = "SWATH_BODY_MAX_MB") -> bytes:
    """Read the body, and stop reading when it is too long: another ASGI server may not have looked.

    Args:
        max_mb: Its longest, in MiB.
        why: Where that comes from, for the message.

    Raises:
        BodyTooLarge: It is longer.
        BadRequest: It is compressed.
    """
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity"):
        told = "compressed bodies are not read; send it as it is, without Content-Encoding"
        raise BadRequest.of("Content-Encoding", coding, told)
    chunks, left = [], max_mb * 2**20
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise BodyTooLarge(f"The body has more than {max_mb:g} MiB ({why}); send a smaller one.")
        chunks.append(chunk)
    return b"".join(chunks)


def parse_json(raw: bytes, wanted: str) -> Any:
    """Read JSON of finite numbers and few levels.

    Args:
        wanted: What should be sent, with an example, for the message.

    Raises:
        InvalidType: There is nothing.
        BadRequest: It cannot be read.
        LimitExceeded: It is nested too deep.
    """
    if not raw.strip():
        raise InvalidType(f"The request has no body; send {wanted}")
    try:
        value = json.loads(raw, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as err:
        position = f" (character {err.pos})" if isinstance(err, json.JSONDecodeError) else ""
        raise BadRequest(f"The body is not JSON that can be read{position}; send {wanted}") from err
    _require_shallow(value)
    return value


def _finite(text: str) -> float:
    """JSON knows neither NaN nor infinity, and an answer could not repeat them."""
    if not math.isfinite(number := float(text)):
        raise BadRequest.of("body", text, "is not a finite number; send numbers such as 30.85")
    return number


def _require_shallow(value: Any) -> None:
    """Refuse what is nested deeper than anything of use: to write it again would end in a RecursionError."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEPTH_MAX:
            raise LimitExceeded(f"The body is nested more than {DEPTH_MAX} levels deep; send plain JSON.")
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
            if isinstance(child, (dict, list))
        ]
