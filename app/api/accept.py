"""What does the caller want most? The media types of `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastapi import Request

ACCEPT_MAX = 1024
"""Characters of the header that are read."""
_QUALITY = re.compile(r";\s*q=([01](?:\.[0-9]{0,3})?)")


def accepted(request: Request) -> Sequence[str]:
    """Media ranges in lower case without parameters, the best liked first; of equals as they were written."""
    header = ",".join(request.headers.getlist("accept"))[:ACCEPT_MAX].lower()
    liked = sorted(header.split(","), key=_quality, reverse=True)
    return [part.partition(";")[0].strip() for part in liked if _quality(part) > 0 and part.strip()]


def prefers_html(request: Request) -> bool:
    """Whether it is a browser that opens a page."""
    return next(iter(accepted(request)), "") == "text/html"


def _quality(part: str) -> float:
    match = _QUALITY.search(part)
    return min(1.0, float(match[1])) if match else 1.0
