"""What a request is called."""

from __future__ import annotations

import re

import pytest

from app.observe.ids import name_request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@pytest.mark.parametrize("header", [f"00-{TRACE}-{PARENT}-01", f"01-{TRACE}-{PARENT}-00-more"])
def test_a_trace_names_the_request(header):
    assert name_request(header.encode(), b"mine") == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}-01\n",
        f"00-{TRACE[:-1]}-{PARENT}-01",
    ],
)
def test_a_broken_trace_does_not(header):
    """W3C Trace Context, 3.2: zeros, capitals and version ff are invalid; version 00 has four fields."""
    assert name_request(header.encode(), b"mine") == "mine"


@pytest.mark.parametrize("given", [None, "", "a b", "a\nb", "é", "<b>", "x" * 65, "a\x1b[31m"])
def test_what_could_not_stand_in_a_log_gets_a_new_name(given):
    first, second = (name_request(None, None if given is None else given.encode()) for _ in range(2))
    assert first != second
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in (first, second))
