"""The body of a request, read only as far as it may reach."""

from __future__ import annotations

from fastapi import Request

from app.errors import BadRequest, BodyTooLarge


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
