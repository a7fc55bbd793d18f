"""A header that is made from that of a file like it, against what GDAL and async-tiff say of the file itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_origin

from app.model.location import FileLocation
from app.model.source import Header, Source
from app.read.cog.files import Files
from app.read.cog.header import CogHeader
from app.read.cog.layout import Layout, Level
from app.read.gdal import GdalReader
from app.read.threads import GdalThreads
from tests.reading import reading
from tests.shared import DATA, needs_shared

SIZE = 64
"""So small that all of a file lies in its head, where directories may stand behind the pixels."""
PROFILE = {"driver": "GTiff", "width": SIZE, "height": SIZE, "count": 2, "dtype": "uint16", "nodata": 7}
PLACE = {"crs": CRS.from_epsg(32636), "transform": from_origin(300_000, 3_400_000, 20, 20)}
TILES = {"tiled": True, "blockxsize": 32, "blockysize": 32}
KINDS: dict[str, dict[str, Any]] = {
    "none": {"compress": "none"},
    "deflate": {"compress": "deflate", "predictor": 2},
    "lzw": {"compress": "lzw"},
    "zstd": {"compress": "zstd"},
    "lzma": {"compress": "lzma"},
    "packbits": {"compress": "packbits"},
    "lerc": {"compress": "lerc"},
    "big": {"compress": "deflate", "bigtiff": "yes"},
    "motorola": {"compress": "deflate", "endianness": "big"},
    "sparse": {"compress": "deflate", "sparse_ok": True},
    "planes": {"compress": "deflate", "interleave": "band"},
}


class Counted(GdalReader):
    """The general driver; it counts the files of which it is asked."""

    asked = 0

    async def headers(self, sources: Sequence[Source]) -> list[Header]:
        """Count, and ask GDAL."""
        self.asked += len(sources)
        return await super().headers(sources)


def headers_of(paths: Sequence[Path]) -> tuple[list[CogHeader], int]:
    """Open files one after another, and count those of which GDAL was asked."""

    async def open_all() -> tuple[list[CogHeader], int]:
        threads = GdalThreads(60)
        try:
            async with reading() as room:
                general = Counted(room.store, threads, pixels_max=4e10)
                files = Files(room.store, general, max_bytes=2**24, ttl_s=300)
                sources = [Source(name=path.name, location=FileLocation(path.parents[1], path)) for path in paths]
                return [(await files.headers([source]))[0] for source in sources], general.asked
        finally:
            threads.close()

    return asyncio.run(open_all())


def told(value: Any) -> Any:
    """All that a header says, as a value that can be compared: NaN, and blocks that a level leaves out, too."""
    if isinstance(value, Header | Layout | Level):
        return {field.name: told(getattr(value, field.name)) for field in fields(value)}
    return [told(each) for each in value] if isinstance(value, tuple) else repr(value)


def write(path: Path, seed: int, **options: Any) -> Path:
    """Write a raster with an overview, whose pixels the seed makes: its blocks have other sizes, and lie elsewhere."""
    pixels = np.random.default_rng(seed).integers(8, 9 + 400 * seed, (2, SIZE, SIZE), "uint16")
    pixels[:, :32] = 7 if seed == 1 else 8
    with rasterio.open(path, "w", **PROFILE, **PLACE, **TILES, **options) as dataset:
        dataset.write(pixels)
        dataset.set_band_description(1, "red")
        dataset.scales, dataset.offsets = (0.5, 2), (-1, 3)
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.build_overviews([2])
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_like_one_before_has_the_header_that_gdal_gives_it(tmp_path: Path, kind: str) -> None:
    """Only of the first GDAL is asked."""
    paths = [write(tmp_path / f"{seed}.tif", seed, **KINDS[kind]) for seed in (1, 2)]
    made, asked = headers_of(paths)
    assert asked == 1
    assert told(made[1]) == told(headers_of(paths[1:])[0][0])
    assert made[0].layout is not None
    assert made[1].layout is not None
    if kind not in ("none", "packbits"):  # whose blocks have the same sizes here
        assert made[0].layout.levels[0].offsets != made[1].layout.levels[0].offsets
    assert made[0].version != made[1].version


def test_the_mask_of_a_file_like_one_before_is_found_too(tmp_path: Path) -> None:
    """Mask and overviews follow one another in the order in which they were made."""
    paths = []
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        for seed in (1, 2):
            path = write(tmp_path / f"{seed}.tif", seed, compress="deflate")
            with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
                dataset.write_mask(np.random.default_rng(seed).random((SIZE, SIZE)) < seed / 3)
                dataset.build_overviews([2])
            paths.append(path)
    made, asked = headers_of(paths)
    assert asked == 1
    assert made[1].layout is not None
    assert len(made[1].layout.masks) == 2
    assert told(made[1]) == told(headers_of(paths[1:])[0][0])


@pytest.mark.parametrize(
    "change",
    [
        {"nodata": 8},
        {"crs": CRS.from_epsg(32637)},
        {"transform": from_origin(300_020, 3_400_000, 20, 20)},
        {"dtype": "int16"},
        {"tags": {"STATISTICS_MINIMUM": "3", "STATISTICS_MAXIMUM": "9"}},
        {"tags": {"STATISTICS_MINIMUM": "3", "STATISTICS_MAXIMUM": "8"}},
        {"description": "nir"},
        {"scale": 0.25},
    ],
    ids=str,
)
def test_of_a_file_that_differs_in_a_tag_gdal_is_asked(tmp_path: Path, change: dict[str, Any]) -> None:
    """Its header is its own."""
    base = {**PROFILE, **PLACE, **TILES, "compress": "deflate"}
    paths = []
    for name, changed in (("a", {}), ("b", change)):
        profile = {**base, **{key: value for key, value in changed.items() if key in base}}
        paths.append(tmp_path / f"{name}.tif")
        with rasterio.open(paths[-1], "w", **profile) as dataset:
            dataset.write(np.full((2, SIZE, SIZE), 9, profile["dtype"]))
            dataset.update_tags(1, **{"STATISTICS_MINIMUM": "2", "STATISTICS_MAXIMUM": "9", **changed.get("tags", {})})
            dataset.set_band_description(1, changed.get("description", "red"))
            dataset.scales = (changed.get("scale", 0.5), 1)
    made, asked = headers_of(paths)
    assert asked == 2
    assert told(made[1]) != {**told(made[0]), "version": repr(made[1].version)}


@needs_shared
def test_real_files_have_the_headers_that_gdal_gives_each_of_them() -> None:
    """Five dates of one place, four bands in one kind; and all others, each opened after all before it."""
    paths = sorted(path.resolve() for path in DATA.rglob("*.tif") if path.name != "rasterio_corrupt.tif")
    made, asked = headers_of(paths)
    assert asked <= len(paths) - 23  # 25 of the series are of two kinds
    for path, header in zip(paths, made, strict=True):
        assert told(header) == told(headers_of([path])[0][0]), path.name
