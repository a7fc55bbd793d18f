"""The body of a request, read only as far as it may reach."""

from __future__ import annotations

from fastapi import Request

from app.errors import BodyTooLarge


async def read_body(request: Request, max_mb: float) -> bytes:
    """Read the body, and stop reading when it is too long: another ASGI server may not have looked.

    Raises:
        BodyTooLarge: It is longer than ``max_mb`` MiB.
    """
    chunks, left = [], max_mb * 2**20
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise BodyTooLarge(f"The body has more than {max_mb:g} MiB (SWATH_BODY_MAX_MB); send a smaller one.")
        chunks.append(chunk)
    return b"".join(chunks)
