"""Which format suits the caller of a picture for which the URL names none? By `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request

from app.api.accept import accepted_qualities
from app.model.request import Format

OFFERED = (Format.WEBP, Format.AVIF)
"""Given to who names them, of equals the first. Browsers name both alike, so the cheaper one goes first: a tile of 256
pixels of real imagery takes 2 to 3 ms as WebP and 3 to 4.5 as AVIF, for about as many bytes (as JPEG 0.2, for twice as
many). AVIF goes to who likes it better than WebP, or names it alone."""


def preferred_format(request: Request) -> Format | None:
    """WebP or AVIF when the caller names it and likes nothing better; None for JPEG or PNG.

    ``image/*`` and ``*/*`` name nothing: who sends them may be a program that has never heard of these formats.
    """
    qualities = accepted_qualities(request)
    wishes = [(qualities.get(format.media_type, 0.0), format) for format in OFFERED]
    best, format = max(wishes, key=lambda wish: wish[0])  # of equals the first
    if not best:
        return None
    usual = max(_usual_quality(qualities, each) for each in (Format.JPEG, Format.PNG))
    return format if best >= usual else None


def _usual_quality(qualities: Mapping[str, float], format: Format) -> float:
    """What the most specific range says of a format."""
    ranges = (format.media_type, "image/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0.0)
