"""Part of an answer (RFC 9110, 14): GDAL opens a GeoTIFF by its URL only where it can read it in pieces."""

from __future__ import annotations

import re

from fastapi import Request
from fastapi.responses import Response

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def ranged(request: Request, response: Response) -> Response:
    """Cut a whole answer to the range that is asked for.

    Several ranges, and such as the answer has not or nobody can read, are answered whole (14.2), as is one of an answer
    that has changed since (``If-Range``, 13.1.5).
    """
    response.headers["Accept-Ranges"] = "bytes"
    etag = response.headers["ETag"]
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or request.headers.get("if-range", etag) != etag:
        return response
    size = len(response.body)
    first, last = _ends(match["first"], match["last"], size)
    if not first <= last:
        return response
    headers = dict(response.headers) | {"Content-Range": f"bytes {first}-{last}/{size}"}
    del headers["content-length"]
    return Response(response.body[first : last + 1], 206, headers)


def _ends(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte; ``-500`` asks for the last 500."""
    if first:
        return int(first), min(int(last or size), size - 1)
    return max(0, size - int(last or 0)), size - 1
