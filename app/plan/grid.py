"""Fix the output grid of a request: what the caller left open, the sources decide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rasterio.crs import CRS
from rasterio.transform import array_bounds
from rasterio.warp import transform, transform_bounds
from rasterio.windows import Window, from_bounds
from rasterio.windows import bounds as window_bounds

from app.errors import BadRequest, LimitExceeded, OutOfBounds
from app.model.grid import Bounds, Frame, Grid
from app.model.source import Header
from app.plan.bounds import union_wgs84, upright
from app.plan.crs import NO_WAY
from app.plan.resolution import native

SOURCE_SIDE_MAX = 2e9
"""GDAL counts pixels in 32 bits; a whole world in pixels of 2 cm has 2e9."""


def plan_grid(frame: Frame, headers: tuple[Header, ...]) -> Grid:
    """Make the grid of ``frame``: bounds from the finest source where not given, size by rio-tiler's rules.

    Raises:
        OutOfBounds: The frame does not touch any source.
        BadRequest: Its bounds cannot be transformed.
    """
    if frame.bounds is None:
        return _whole(frame, _finest(headers))
    if frame.crs is None:
        frame = replace(frame, crs=_finest(headers).crs)
    crs = frame.crs or frame.bounds_crs
    bounds = _in_crs(frame, headers)
    if frame.aligned:
        bounds = _aligned(bounds, frame, headers)
    if frame.width is not None and frame.height is not None:
        grid = Grid(crs=crs, bounds=bounds, width=frame.width, height=frame.height)
    else:
        width, height = _native_size(bounds, frame, headers)
        width, height = _fit(width, height, frame)
        grid = Grid(crs=crs, bounds=bounds, width=width, height=height)
    _require_overlap(grid, headers)
    _require_countable(grid, headers)
    return widen(grid, frame.buffer)


def widen(grid: Grid, pixels: float) -> Grid:
    """Add ``pixels`` of the same size on every side."""
    if not pixels:
        return grid
    x_size, y_size = grid.resolution_xy
    left, bottom, right, top = grid.bounds
    bounds = (left - x_size * pixels, bottom - y_size * pixels, right + x_size * pixels, top + y_size * pixels)
    return Grid(crs=grid.crs, bounds=bounds, width=grid.width + int(2 * pixels), height=grid.height + int(2 * pixels))


def _whole(frame: Frame, header: Header) -> Grid:
    """The whole source, in its own CRS or in the one asked for."""
    if frame.crs is None or frame.crs == header.crs:
        width, height = _fit(header.width, header.height, frame)
        return Grid(crs=header.crs, bounds=header.bounds, width=width, height=height)
    whole = native(header, frame.crs)
    left, bottom, right, top = array_bounds(whole.height, whole.width, whole.transform)
    width, height = _fit(whole.width, whole.height, frame)
    return Grid(crs=frame.crs, bounds=(left, bottom, right, top), width=width, height=height)


def _in_crs(frame: Frame, headers: Sequence[Header]) -> Bounds:
    assert frame.bounds is not None
    if frame.crs is None or frame.bounds_crs is None or frame.crs == frame.bounds_crs:
        return frame.bounds
    try:
        left, bottom, right, top = transform_bounds(frame.bounds_crs, frame.crs, *frame.bounds, densify_pts=21)
    except NO_WAY as err:
        raise BadRequest(f"The bounds {frame.bounds} cannot be transformed to {frame.crs}.") from err
    bounds = (left, bottom, right, top)
    if not all(map(math.isfinite, bounds)) or left >= right or bottom >= top or _lost_a_source(frame, bounds, headers):
        raise BadRequest(
            f"The bounds {frame.bounds} have no place in {frame.crs}; ask for a smaller box, or for a picture in "
            "another CRS (dst_crs=EPSG:4326)."
        )
    return bounds


def _lost_a_source(frame: Frame, bounds: Bounds, headers: Sequence[Header]) -> bool:
    """Whether a source lies in the box that was asked for, and not in what PROJ made of that, as UTM of the world."""
    assert frame.bounds is not None
    for header in headers:
        if header.crs != frame.crs or _touch(bounds, upright(header.bounds)):
            continue
        try:
            inside = transform_bounds(header.crs, frame.bounds_crs, *upright(header.bounds), densify_pts=21)
        except NO_WAY:
            continue
        if _contains(frame.bounds, inside):
            return True
    return False


def _touch(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _contains(outer: Bounds, inner: Bounds) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]


def _aligned(bounds: Bounds, frame: Frame, headers: Sequence[Header]) -> Bounds:
    """Widen bounds to whole pixels of the finest source, as rio-tiler's ``align_bounds_with_dataset`` does."""
    crs = frame.crs or frame.bounds_crs
    assert crs is not None
    finest = min((native(header, crs) for header in headers), key=lambda each: each.resolution_xy)
    (top, bottom), (left, right) = from_bounds(*bounds, transform=finest.transform).toranges()
    columns, rows = (math.floor(left), math.ceil(right)), (math.floor(top), math.ceil(bottom))
    window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
    whole: Bounds = window_bounds(window, finest.transform)
    return whole


def _native_size(bounds: Bounds, frame: Frame, headers: Sequence[Header]) -> tuple[float, float]:
    """Columns and rows that keep the finest source's own resolution; parts of pixels count where nothing is warped."""
    crs = frame.crs or frame.bounds_crs
    assert crs is not None
    left, bottom, right, top = bounds
    finest = min(headers, key=lambda header: native(header, crs).resolution_xy)
    x_size, y_size = native(finest, crs).resolution_xy
    columns, rows = (right - left) / x_size, (top - bottom) / y_size
    return (columns, rows) if finest.crs == crs else (max(1, round(columns)), max(1, round(rows)))


def _fit(width: float, height: float, frame: Frame) -> tuple[int, int]:
    """Apply width, height or max_size to a native size, keeping the aspect (rio-tiler's ``output_size``)."""
    ratio = height / width
    if frame.width is not None and frame.height is not None:
        return frame.width, frame.height
    if frame.width is not None:
        return frame.width, max(1, math.ceil(frame.width * ratio))
    if frame.height is not None:
        return max(1, math.ceil(frame.height / ratio)), frame.height
    width, height = max(1, round(width)), max(1, round(height))
    ratio = height / width
    if frame.max_size is None or max(width, height) <= frame.max_size:
        return width, height
    if ratio < 1:
        return frame.max_size, max(1, math.ceil(frame.max_size * ratio))
    return max(1, math.ceil(frame.max_size / ratio)), frame.max_size


def _finest(headers: Sequence[Header]) -> Header:
    """The header with the most pixels: assets of one item cover the same ground."""
    return max(headers, key=lambda header: header.width * header.height)


def _require_overlap(grid: Grid, headers: Sequence[Header]) -> None:
    if not any(overlaps(grid, header) for header in headers):
        left, bottom, right, top = union_wgs84(headers)
        raise OutOfBounds(
            "Nothing to show: this lies outside the data, which cover "
            f"longitude {left:.6g} to {right:.6g}, latitude {bottom:.6g} to {top:.6g}."
        )


def _require_countable(grid: Grid, headers: Sequence[Header]) -> None:
    """Refuse a grid of more source pixels a side than GDAL can count."""
    assert grid.crs is not None
    left, bottom, right, top = grid.bounds
    for header in headers:
        x_size, y_size = native(header, grid.crs).resolution_xy
        if not (x_size and y_size):
            raise OutOfBounds("Nothing to show: in this projection the pixels of the data have no size.")
        side = max((right - left) / x_size, (top - bottom) / y_size)
        if side > SOURCE_SIDE_MAX:
            raise LimitExceeded(
                f"The picture would span {side:.2g} pixels of the source, {SOURCE_SIDE_MAX:.2g} a side can be counted; "
                "ask for a smaller area."
            )


def overlaps(grid: Grid, header: Header) -> bool:
    """Whether the grid touches the source; True where PROJ cannot tell."""
    if grid.crs is None or header.crs is None or _has_point_inside(grid, header):
        return True
    source = upright(header.bounds)
    # The world in UTM has finite bounds that mean nothing; the source in the world's CRS tells more.
    return _touches(grid.bounds, grid.crs, header.crs, source) or _touches(source, header.crs, grid.crs, grid.bounds)


def _touches(bounds: Bounds, crs: CRS, other_crs: CRS, other: Bounds) -> bool:
    """Whether a box touches another one of another CRS; True where PROJ cannot tell."""
    try:
        left, bottom, right, top = transform_bounds(crs, other_crs, *bounds, densify_pts=21)
    except NO_WAY:
        return True
    if not all(map(math.isfinite, (left, bottom, right, top))):
        return True
    return _touch((left, bottom, right, top), other)


def _has_point_inside(grid: Grid, header: Header) -> bool:
    """Whether one of nine points of the grid lies in the source: a tenth of the work, and enough for most tiles."""
    left, bottom, right, top = grid.bounds
    xs = [left, (left + right) / 2, right] * 3
    ys = [y for y in (bottom, (bottom + top) / 2, top) for _ in range(3)]
    try:
        found = zip(*transform(grid.crs, header.crs, xs, ys), strict=True)
    except NO_WAY:
        return False
    west, south, east, north = upright(header.bounds)
    return any(west < x < east and south < y < north for x, y in found)
