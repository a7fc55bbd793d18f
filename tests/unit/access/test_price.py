"""Prices, worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.access.price import price


def plan(width: int, height: int, *source_pixels: float) -> SimpleNamespace:
    reads = [SimpleNamespace(pixels=pixels) for pixels in source_pixels]
    return SimpleNamespace(grid=SimpleNamespace(width=width, height=height), all_reads=reads)


@pytest.mark.parametrize(
    ("planned", "units"),
    [
        (plan(256, 256, 65536), 1),
        (plan(512, 512, 65536 * 4, 65536 * 4, 65536 * 4), 12),
        (plan(2048, 1024, 1e6), 32),
        (plan(1, 1, 1), 1),
        (plan(256, 256, 65536 * 16), 1),
        (plan(256, 256, 65536 * 160), 10),
    ],
    ids=["a tile", "512, three assets", "a crop", "a pixel", "sparse overviews", "no overviews"],
)
def test_a_unit_is_a_tile_of_one_asset(planned, units):
    assert price(planned) == units
