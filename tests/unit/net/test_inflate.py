"""Compressed documents: inflated as they come, never beyond the limit."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.net.inflate import InflateError, Inflater


def bare(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def inflate(body: bytes, limit: int, step: int) -> bytes:
    inflater = Inflater(limit)
    out = b"".join(inflater.feed(body[start : start + step]) for start in range(0, len(body), step))
    inflater.finish()
    return out


@given(st.binary(min_size=1, max_size=3000), st.sampled_from([gzip.compress, zlib.compress]), st.integers(1, 700))
def test_both_encodings_come_back_whatever_the_chunks(data: bytes, compress: object, step: int) -> None:
    assert inflate(compress(data), len(data), step) == data  # type: ignore[operator]


def test_deflate_without_its_header_is_understood() -> None:
    assert inflate(bare(b"{}" * 500), 1000, 64) == b"{}" * 500


def test_a_bomb_gives_one_byte_more_than_the_limit_and_then_nothing() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    inflater = Inflater(1000)
    assert len(inflater.feed(bomb)) == 1001
    assert inflater.feed(bomb) == b""


def test_a_stream_that_ends_too_early_is_an_error() -> None:
    with pytest.raises(InflateError):
        inflate(gzip.compress(bytes(range(256)) * 20)[:-9], 10_000, 64)


def test_what_is_not_compressed_is_an_error() -> None:
    with pytest.raises(InflateError):
        inflate(b"\xff" * 100, 1000, 10)
