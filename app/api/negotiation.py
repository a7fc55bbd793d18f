"""Which format suits the caller of a picture for which the URL names none? By `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from fastapi import Request

from app.model.request import Format

OFFERED = (Format.WEBP, Format.AVIF)
"""Given to who names them, of equals the first. Browsers name both alike, so the cheaper one goes first: a tile of 256
pixels of real imagery takes 2 to 3 ms as WebP and 3 to 4.5 as AVIF, for about as many bytes (as JPEG 0.2, for twice as
many). AVIF goes to who likes it better than WebP, or names it alone."""

VARY = {"Vary": "Accept"}
"""Header of every answer whose format was chosen here, whatever was chosen: caches must ask again for others."""

ACCEPT_MAX = 1024
"""Characters of the header that are worth reading; browsers send less than 200."""

_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def preferred_format(request: Request) -> Format | None:
    """WebP or AVIF when the caller names it and likes nothing better; None for JPEG or PNG.

    ``image/*`` and ``*/*`` name nothing: who sends them may be a program that has never heard of these formats.
    """
    accept = ",".join(request.headers.getlist("accept"))
    return _preferred(accept) if accept and len(accept) <= ACCEPT_MAX else None


@lru_cache(maxsize=256)
def _preferred(accept: str) -> Format | None:
    qualities = _qualities(accept.lower())
    usual = max(_usual_quality(qualities, format) for format in (Format.JPEG, Format.PNG))
    wishes = [(qualities.get(format.media_type, 0.0), format) for format in OFFERED]
    best, format = max(wishes, key=lambda wish: wish[0])  # of equals the first
    return format if best > 0 and best >= usual else None


def _usual_quality(qualities: dict[str, float], format: Format) -> float:
    """What the most specific range says of a format."""
    ranges = (format.media_type, "image/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0.0)


def _qualities(accept: str) -> dict[str, float]:
    """Media range to quality, 0 to 1; a quality that is none counts as 0."""
    qualities = {}
    for part in accept.split(","):
        media_range, *parameters = (word.strip() for word in part.split(";"))
        given = [word for word in parameters if word.startswith("q=")]
        match = _QUALITY.fullmatch(given[0]) if given else None
        qualities[media_range] = float(match[1]) if match else 0.0 if given else 1.0
    return qualities
