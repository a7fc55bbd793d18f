"""Where does a GeoTIFF keep its resolutions? The size of each, and where in the file its directory and pixels begin."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rasterio.io import DatasetReader

from app.net.source import BlockingSource
from app.read.ifd import directory_block, overview_sizes

BLOCKS_MAX = 4096
"""Blocks among which the first stored one is looked for; sparse files leave some out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The full resolution, or an overview.

    Attributes:
        block_yx: Rows and columns of a block: of a tile or a strip.
        is_tiled: Whether its blocks are tiles; one that is as wide as the raster is no strip.
        factor: How many pixels of the full resolution make one of these, rounded; 1 for the full resolution.
        directory_at: Offset of its image file directory, or None.
        pixels_at: Offset of the first block that is stored, or None.
    """

    width: int
    height: int
    block_yx: tuple[int, int]
    is_tiled: bool = True
    factor: int = 1
    directory_at: int | None = None
    pixels_at: int | None = None

    @property
    def is_large(self) -> bool:
        """Whether it needs tiles and overviews."""
        return max(self.width, self.height) > 512


def read_levels(dataset: DatasetReader, opened: BlockingSource) -> list[Level]:
    """Tell of the full resolution, then of the overviews as the file lists them; GDAL sees 30 at most.

    Overviews are not opened: GDAL would read all directories again for each of them.
    """
    rows, columns = dataset.block_shapes[0]
    full = Level(width=dataset.width, height=dataset.height, block_yx=(rows, columns))
    sizes = zip(dataset.overviews(1), overview_sizes(opened, dataset), strict=True)
    overviews = [
        Level(width=width, height=height, block_yx=full.block_yx, factor=factor) for factor, (width, height) in sizes
    ]
    return [_placed(full, dataset, opened, None), *(_placed(o, dataset, opened, n) for n, o in enumerate(overviews))]


def _placed(level: Level, dataset: DatasetReader, opened: BlockingSource, overview: int | None) -> Level:
    """Add where the level is in the file, and its blocks; GDAL cuts a single strip of the full resolution further."""
    directory_at = _offset(dataset, "IFD_OFFSET", overview)
    if directory_at is not None:
        block = directory_block(opened, directory_at)
        block_yx = level.block_yx if overview is None else (block.rows, block.columns)
        level = replace(level, block_yx=block_yx, is_tiled=block.is_tile)
    return replace(level, directory_at=directory_at, pixels_at=_first_stored(dataset, level, overview))


def _first_stored(dataset: DatasetReader, level: Level, overview: int | None) -> int | None:
    (rows, columns), (height, width) = level.block_yx, (level.height, level.width)
    across, down = -(-width // columns), -(-height // rows)
    places = (divmod(number, across) for number in range(min(across * down, BLOCKS_MAX)))
    offsets = (_offset(dataset, f"BLOCK_OFFSET_{x}_{y}", overview) for y, x in places)
    return next(filter(None, offsets), None)


def _offset(dataset: DatasetReader, tag: str, overview: int | None) -> int | None:
    """What GDAL's GTiff driver tells in its domain ``TIFF``."""
    text = dataset.get_tag_item(tag, "TIFF", bidx=1, ovr=overview)
    return None if text is None else int(text)
