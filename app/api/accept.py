"""What does the caller want most? The media types of `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from fastapi import Request

ACCEPT_MAX = 1024
"""Characters of a header that is worth reading; browsers send less than 200."""

VARY = {"Vary": "Accept"}
"""Header of every answer that was chosen by ``Accept``, whatever was chosen: caches must ask again for others."""

_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def accepted_qualities(request: Request) -> Mapping[str, float]:
    """Quality, 0 to 1, by media range, in lower case and without parameters, as they were written."""
    header = ",".join(request.headers.getlist("accept"))
    return _qualities(header.lower()) if header and len(header) <= ACCEPT_MAX else {}


def accepted(request: Request) -> Sequence[str]:
    """Media ranges, the best liked first; of equals as they were written."""
    qualities = accepted_qualities(request)
    liked = (each for each, quality in qualities.items() if each and quality)
    return sorted(liked, key=qualities.__getitem__, reverse=True)


def prefers_html(request: Request) -> bool:
    """Whether it is a browser that opens a page."""
    return next(iter(accepted(request)), "") == "text/html"


@lru_cache(maxsize=256)
def _qualities(accept: str) -> Mapping[str, float]:
    """A quality that is none counts as 0."""
    qualities = {}
    for part in accept.split(","):
        media_range, *parameters = (word.strip() for word in part.split(";"))
        given = [word for word in parameters if word.startswith("q=")]
        match = _QUALITY.fullmatch(given[0]) if given else None
        qualities[media_range] = float(match[1]) if match else 0.0 if given else 1.0
    return qualities
