"""How much of a remote file is fetched: for a shape its blocks, for a map what lies beside them, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.net.ranges import HEAD_BYTES
from app.settings import Settings
from tests.geojson import box, feature
from tests.serving import serving
from tests.upstream import Upstream, upstream

SIDE, BLOCK = 2048, 256
PLACE = (10.005, 49.98, 10.015, 49.99)
"""100 x 100 pixels in the first of 8 columns of blocks."""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Upstream]:
    """A COG of noise, whose blocks have 64 KiB as they are stored."""
    options = {"driver": "COG", "blocksize": BLOCK, "compress": "deflate", "overviews": "none"}
    place = {"crs": "EPSG:4326", "transform": from_origin(10, 50, 1e-4, 1e-4)}
    with rasterio.open(
        tmp_path / "noise.tif", "w", width=SIDE, height=SIDE, count=1, dtype="uint8", **options, **place
    ) as dataset:
        dataset.write(np.random.default_rng(3).integers(0, 255, (1, SIDE, SIDE), "uint8"))
    with upstream(tmp_path) as running:
        yield running


def fetched(source: Upstream) -> int:
    """Bytes asked for so far."""
    asked = (wish.removeprefix("bytes=").split("-") for wish in source.ranges("/noise.tif"))
    return sum(int(last) - int(first) + 1 for first, last in asked)


def test_for_the_statistics_of_a_shape_no_block_is_fetched_but_its_own(source: Upstream) -> None:
    """One block beside the head; a crop of the same place takes those on the right along, for who moves the map."""
    west, south, east, north = PLACE
    shape = feature(box(*PLACE))
    query = {"url": source.url("/noise.tif")}
    block = BLOCK * BLOCK * 1.02
    with serving(Settings(allow_hosts=(source.host,))) as base:
        requests.post(f"{base}/cog/statistics", params=query, json=shape, timeout=60).raise_for_status()
        assert HEAD_BYTES < fetched(source) <= HEAD_BYTES + 2 * block
    with serving(Settings(allow_hosts=(source.host,))) as base:
        before = fetched(source)
        requests.get(f"{base}/cog/bbox/{west},{south},{east},{north}.npy", params=query, timeout=60).raise_for_status()
        assert fetched(source) - before > HEAD_BYTES + 6 * block


def test_what_lies_between_blocks_of_a_shape_comes_along_where_it_is_little(source: Upstream) -> None:
    """In rows of 8 blocks two of a column are 448 KiB apart: all 8 rows are one request."""
    strip = feature(box(10.005, 49.80, 10.015, 49.99))
    with serving(Settings(allow_hosts=(source.host,))) as base:
        query = {"url": source.url("/noise.tif"), "max_size": SIDE}
        requests.post(f"{base}/cog/statistics", params=query, json=strip, timeout=60).raise_for_status()
    assert len(source.ranges("/noise.tif")) == 2
