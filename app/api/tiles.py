"""Where a tile lies: path texts and a tile matrix set become a frame."""

from __future__ import annotations

import re
from dataclasses import dataclass

from morecantile import Tile, TileMatrixSet

from app.api.algorithms import parse_algorithm
from app.api.dialect import EMPTY
from app.api.matrix_sets import ZOOM_MAX
from app.api.params import parse_format
from app.api.query import Query
from app.errors import BadRequest, InvalidType, LimitExceeded, OutOfBounds
from app.model.grid import Frame
from app.model.request import Format
from app.settings import Settings

SCALE_MAX = 4
BUFFER_MAX = 128
_ROW = re.compile(r"(?P<y>[^@.]+)(@(?P<scale>[^x.]+)x)?(\.(?P<format>(cog\.)?[A-Za-z0-9]+))?")


def split_row(text: str) -> tuple[str, str | None, str | None]:
    """Split the last part of a tile path, ``1696@2x.png``, into row, scale and format."""
    match = _ROW.fullmatch(text)
    if match is None:
        raise InvalidType.of("y", text, "is not a row, such as 1696, 1696.png or 1696@2x.png")
    return match["y"], match["scale"], match["format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TileOptions:
    """What a tile URL says besides its place and its dataset.

    Attributes:
        size: Width and height in pixels, or None for the matrix set's own times ``scale``.
        buffer: Pixels added on every side.
        format: None leaves the choice to the picture.
        empty: What answers a tile without data: ``404``, ``blank`` or ``204``; ``limits``: by those of the tileset.
    """

    size: int | None
    scale: int
    buffer: float
    format: Format | None
    empty: str

    @property
    def is_array(self) -> bool:
        """Whether it is no picture, so that there is no blank one."""
        return self.format is not None and not self.format.is_picture

    def shape_wh(self, tms: TileMatrixSet, zoom: int) -> tuple[int, int]:
        """Columns and rows of the picture, buffer included."""
        matrix, more = tms.matrix(zoom), int(2 * self.buffer)
        return (self.size or matrix.tileWidth * self.scale) + more, (self.size or matrix.tileHeight * self.scale) + more


def read_tile_options(
    query: Query, settings: Settings, scale: str | None, extension: str | None, *, scale_parameter: str = "scale"
) -> TileOptions:
    """Read the options of a tile; ``scale`` and ``extension`` stand in its path, where they were written."""
    return TileOptions(
        size=tile_size(query, settings.tile_size_max),
        scale=tile_scale(query, scale, scale_parameter),
        buffer=tile_buffer(query),
        format=parse_format(query, extension),
        empty=query.choice("empty", EMPTY.values) or settings.empty_tile,
    )


def tile_frame(tms: TileMatrixSet, zxy: tuple[str, str, str], options: TileOptions) -> Frame:
    """Make the frame of a tile.

    Raises:
        InvalidType: ``z``, ``x`` or ``y`` is not a whole number.
        BadRequest: A zoom that the matrix set does not have.
        OutOfBounds: A column or row that the zoom does not have.
    """
    zoom, column, row = (_whole_number(name, text) for name, text in zip("zxy", zxy, strict=True))
    if not tms.minzoom <= zoom <= min(tms.maxzoom, ZOOM_MAX):
        raise BadRequest.of("z", zoom, f"{tms.id} has zooms {tms.minzoom} to {min(tms.maxzoom, ZOOM_MAX)}")
    matrix = tms.matrix(zoom)
    if not (0 <= column < matrix.matrixWidth and 0 <= row < matrix.matrixHeight):
        raise OutOfBounds(
            f"Tile {column}, {row} is outside zoom {zoom} of {tms.id}, which has {matrix.matrixWidth} columns and "
            f"{matrix.matrixHeight} rows."
        )
    bounds = tms.xy_bounds(Tile(x=column, y=row, z=zoom))
    return Frame(
        bounds=(bounds.left, bounds.bottom, bounds.right, bounds.top),
        bounds_crs=tms.rasterio_crs,
        crs=tms.rasterio_crs,
        width=options.size or matrix.tileWidth * options.scale,
        height=options.size or matrix.tileHeight * options.scale,
        buffer=options.buffer,
    )


def tile_scale(query: Query, text: str | None, parameter: str) -> int:
    """Read the scale of the path (``@2x``), else of the query, else 1."""
    if text is not None:
        if not re.fullmatch(r"[1-4]", text):
            raise BadRequest.of("scale", f"@{text}x", f"must be @1x to @{SCALE_MAX}x")
        return int(text)
    return query.integer(parameter, low=1, high=SCALE_MAX) or 1


def tile_size(query: Query, limit: int) -> int | None:
    """Read ``tilesize``, up to the server's limit."""
    size = query.integer("tilesize", low=1)
    if size is not None and size > limit:
        raise LimitExceeded(f"tilesize={size}: tiles are at most {limit} pixels wide (SWATH_TILE_SIZE_MAX).")
    return size


def tile_buffer(query: Query) -> float:
    """Read ``buffer``: 0 to ``BUFFER_MAX`` pixels in steps of a half.

    TiTiler's algorithms cut their margin off what ``buffer`` added; ours is read besides, and taken out of it here.
    """
    buffer = query.number("buffer", low=0, high=BUFFER_MAX) or 0.0
    if buffer % 0.5:
        raise query.fault("buffer", buffer, "must be a multiple of 0.5, such as 0.5 or 1")
    algorithm = parse_algorithm(query) if buffer else None
    return buffer if algorithm is None else max(0.0, buffer - algorithm.margin)


def zooms_asked(query: Query) -> tuple[int | None, int | None]:
    """Read ``minzoom`` and ``maxzoom``, which take the place of those found in the data."""
    low, high = (query.integer(name, low=0, high=ZOOM_MAX) for name in ("minzoom", "maxzoom"))
    if low is not None and high is not None and low > high:
        raise query.fault("minzoom", low, f"is above maxzoom={high}")
    return low, high


def _whole_number(name: str, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text):
        raise InvalidType.of(name, text, "is not a whole number; a tile is written z/x/y, such as 8/135/86")
    return int(text)
