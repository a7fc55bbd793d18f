"""Which format ``Accept`` asks for."""

from __future__ import annotations

import pytest
from fastapi import Request

from app.api.accept import ACCEPT_MAX
from app.api.negotiation import preferred_format
from app.model.request import Format

WEBP, AVIF, USUAL = Format.WEBP, Format.AVIF, None


def preferred(*accepts: str) -> Format | None:
    headers = [(b"accept", accept.encode("latin-1")) for accept in accepts]
    return preferred_format(Request({"type": "http", "headers": headers}))


@pytest.mark.parametrize(
    ("browser", "accept"),
    [
        ("Chrome", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
        ("Firefox", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"),
        ("Firefox before 128", "image/avif,image/webp,*/*"),
        ("Safari", "image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,*/*;q=0.5"),
        ("a page of Chrome", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ],
)
def test_browsers_get_webp(browser, accept):
    """They name AVIF as well, and like both equally."""
    assert preferred(accept) is WEBP


@pytest.mark.parametrize(
    "accept",
    [
        *("", "*/*", "image/*", "image/*,*/*;q=0.8", "image/png", "image/jpeg", "text/html"),
        "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5",  # Safari before 14
    ],
)
def test_who_names_neither_gets_the_usual(accept):
    assert preferred(accept) is USUAL


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("image/avif", AVIF),
        ("image/webp", WEBP),
        ("IMAGE/AVIF ; Q=0.9 , image/webp ; q=0.8", AVIF),
        ("image/webp;q=0.9,image/avif;q=0.91", AVIF),
        ("image/webp;q=0.9,image/*", USUAL),
        ("image/webp;q=0.9,image/png", USUAL),
        ("image/webp;q=0.9,*/*;q=0.9", WEBP),
        ("image/webp,image/png", WEBP),
        ("image/webp;q=0.2,image/*;q=0.1,*/*", WEBP),  # */* says nothing of what image/* covers
        ("image/webp;q=0.4,image/png;q=0.3,image/jpeg;q=0.5", USUAL),
        ("image/avif;q=0.001", AVIF),
        ("image/avif;level=5;q=0.5", AVIF),
    ],
)
def test_the_highest_quality_wins(accept, format):
    assert preferred(accept) is format


@pytest.mark.parametrize("quality", ["0", "0.0", "0.000", "-1", "2", "1.5", "nan", "inf", "1e9", "", "x", "0.0001"])
def test_what_is_refused_or_no_quality_is_not_given(quality):
    assert preferred(f"image/avif;q={quality}") is USUAL


@pytest.mark.parametrize("accept", [",,,", ";;;", ";q=1", "image/avif/webp", "\xff", "image/webp" + ";" * 99, "q=1"])
def test_nonsense_is_no_error(accept):
    assert preferred(accept) in (USUAL, WEBP)


def test_several_headers_are_one():
    assert preferred("image/png;q=0.5", "image/avif") is AVIF


def test_an_endless_header_is_not_read():
    assert preferred("image/webp" + " " * ACCEPT_MAX) is USUAL
