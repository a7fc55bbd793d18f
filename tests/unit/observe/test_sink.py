"""Lines reach their reader in order; a reader that stands still stops nobody."""

from __future__ import annotations

import os
import select
import time
from functools import partial

import pytest

from app.observe import sink as sinks
from app.observe.sink import Sink


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_lines_come_in_order_and_whole(pipe):
    reading, writing = pipe
    sink = Sink(writing)
    lines = [f"line {number}" for number in range(1000)]
    for line in lines[:500]:
        sink.write(line)
    for line in lines[500:]:
        sink.write(partial(str, line))  # made when it is written
    sink.drain()
    assert os.read(reading, 1 << 20).decode().splitlines() == lines


def test_a_reader_that_stands_still_stops_nobody_and_is_told_what_it_missed(pipe, monkeypatch):
    """A pipe holds 64 KiB; what does not fit waits, and what is more than that is counted."""
    monkeypatch.setattr(sinks, "LINES_MAX", 100)
    monkeypatch.setattr(sinks, "DRAIN_S", 0.2)
    reading, writing = pipe
    sink = Sink(writing)
    start = time.monotonic()
    for _ in range(100):
        sink.write("x" * 4096)
    sink.drain()  # gives up
    for _ in range(200):
        sink.write("y")
    assert time.monotonic() - start < 2
    text = ""
    while "were lost" not in text and select.select([reading], [], [], 5)[0]:
        text += os.read(reading, 1 << 16).decode()
    assert "lines of the log were lost" in text
