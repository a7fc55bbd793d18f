"""Judge a plan before anything is allocated for it."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from app.errors import LimitExceeded
from app.model.grid import Grid
from app.model.plan import Plan, PlannedRead
from app.model.request import Format
from app.settings import Settings

ROOMY = (Format.NPY, Format.NPZ, Format.TIFF)
"""Formats of arrays that are written quickly, and may be larger than pictures."""
SHARES = {Format.TIFF: 0.5, Format.JP2: 0.5}
"""Formats that may hold only a share of the pixels: GDAL holds a COG three times while it writes it, and OpenJPEG takes
a second for 15 million values."""

MEASURING_BYTES = 32
"""What rio-tiler's statistics take for each pixel of one band."""

MEASURED_MAX_MB = 170
"""Pixels of all bands that are measured, their masks, and what measuring takes."""

SUMMED_BYTES = 240
"""What GDAL takes for each source pixel whose shares it sums up while warping: it draws the outline of every one."""

SUMMED_MAX_MB = 160
"""Such pixels of all assets, which are warped at the same time."""

CELLS_MAX = 5e8
"""Cells on which a shape is drawn: about 2 s."""

CROSSINGS_MAX = 1e7
"""Times that a row of cells crosses a border of a shape: about 2 s. A detailed coast has a tenth of that."""


COLLECTION = 4
"""Times of both that all shapes of a collection may take together: about 8 s."""


class Limits:
    """The sizes that one answer may have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._passed: WeakKeyDictionary[Plan, set[Format | None]] = WeakKeyDictionary()
        """Plans are remembered while a map is moved; what passed once passes again."""

    def check(self, plan: Plan, format: Format | None) -> None:
        """Raise ``LimitExceeded`` when the output is larger than its kind may be; the message has the setting."""
        passed = self._passed.setdefault(plan, set())
        if format not in passed:
            self._judge(plan, format)
            passed.add(format)

    def _judge(self, plan: Plan, format: Format | None) -> None:
        array = format in ROOMY
        limit = self._settings.array_size_max if array else self._settings.crop_size_max
        name = "SWATH_ARRAY_SIZE_MAX" if array else "SWATH_CROP_SIZE_MAX"
        grid = plan.shown
        if max(grid.width, grid.height) > limit:
            raise LimitExceeded(
                f"The answer would be {grid.width} x {grid.height} pixels; {limit} a side are allowed ({name}). "
                "Ask for a smaller width and height, or give max_size."
            )
        self._check_memory(plan, format)
        self.check_borders(plan)
        self._check_sources(plan)
        if plan.reproject == "sum":
            _check_summed(plan)
        self.check_blocks(plan.all_reads)

    def _check_sources(self, plan: Plan) -> None:
        """Judge how many pixels must be decoded for it."""
        for read in plan.all_reads:
            if read.pixels > self._settings.touched_pixels_max:
                raise LimitExceeded(
                    f"{read.source.name!r} would be read at {read.pixels:.3g} pixels, because it has no overviews for "
                    f"this scale; {self._settings.touched_pixels_max:.3g} are read at most (SWATH_TOUCHED_PIXELS_MAX). "
                    "Ask for a smaller area, or add overviews to the file (gdaladdo, rio cogeo)."
                )

    def check_stack(self, plan: Plan, scenes: int) -> None:
        """Judge the values of many scenes, and their masks, that are in memory at the same time.

        Raises:
            LimitExceeded: They are too many for their size.
        """
        bands = len(plan.expression.descriptions) if plan.expression else sum(read.band_count for read in plan.reads)
        size = 8 if plan.expression else max(np.dtype(read.header.dtype).itemsize for read in plan.reads)
        grid = plan.grid
        megabytes = scenes * bands * grid.width * grid.height * (size + 1) / 2**20
        if megabytes > self._settings.answer_max_mb:
            raise LimitExceeded(
                f"{scenes} scenes of {grid.width} x {grid.height} pixels would take {megabytes:.0f} MiB at the same "
                f"time, {self._settings.answer_max_mb:g} are allowed (SWATH_ANSWER_MAX_MB). Ask for a smaller picture, "
                "or search for fewer scenes; first, highest, lowest and mean need one at a time."
            )

    def check_frames(self, grid: Grid, frames: int) -> None:
        """Judge the pixels of all frames of an animation together.

        Raises:
            LimitExceeded: They are too many.
        """
        pixels, limit = grid.width * grid.height * frames, self._settings.animation_pixels_max
        if pixels > limit:
            raise LimitExceeded(
                f"{frames} frames of {grid.width} x {grid.height} have {pixels:.3g} pixels, {limit:.3g} are drawn at "
                "most (SWATH_ANIMATION_PIXELS_MAX). Ask for a smaller max_size, for a shorter time, or for by=month."
            )

    def check_measured(self, plan: Plan, scale: int) -> None:
        """Judge a plan whose pixels are measured, not answered; they are sorted, one band after the other.

        Args:
            scale: Cells a side that each pixel is taken apart into, where there is a shape.

        Raises:
            LimitExceeded: There are too many pixels.
        """
        self.check(plan, None)
        self.check_borders(plan, scale)
        grid = plan.grid
        read = sum(read.band_count * (np.dtype(read.header.dtype).itemsize + 1) for read in plan.all_reads)
        computed = plan.computed_bytes * 9 / 8  # with their masks
        megabytes = grid.width * grid.height * (MEASURING_BYTES + read + computed) / 2**20
        if megabytes > MEASURED_MAX_MB:
            raise LimitExceeded(
                f"To measure {grid.width} x {grid.height} pixels would take {megabytes:.0f} MiB, {MEASURED_MAX_MB} are "
                "allowed. Ask for fewer bands, or give a smaller max_size."
            )

    def check_collection(self, plans: Sequence[Plan], scale: int) -> None:
        """Judge what all different shapes of a collection take together; each has been judged by itself.

        Args:
            scale: Cells a side that each pixel is taken apart into.

        Raises:
            LimitExceeded: They would not be measured in time.
        """
        measured = sum(plan.grid.width * plan.grid.height * plan.measured_bands for plan in plans)
        by_asset = zip(*(plan.all_reads for plan in plans), strict=True)
        read = max(sum(each.pixels for each in reads) for reads in by_asset)
        cells = sum(plan.grid.width * plan.grid.height for plan in plans) * scale**2
        crossings = sum(_crossings(plan, scale) for plan in plans)
        for count, limit, what, why in (
            (measured, self._settings.measured_pixels_max, "pixels of all bands", "SWATH_MEASURED_PIXELS_MAX"),
            (read, self._settings.touched_pixels_max, "source pixels of an asset", "SWATH_TOUCHED_PIXELS_MAX"),
            (cells, COLLECTION * CELLS_MAX, "cells of pixels", "cover_scale makes them"),
            (crossings, COLLECTION * CROSSINGS_MAX, "crossings of borders", "simpler shapes have fewer"),
        ):
            if count > limit:
                raise LimitExceeded(
                    f"The {len(plans)} different features have {count:.3g} {what}, {limit:.3g} are measured in one "
                    f"request ({why}). Send fewer features, ask for fewer bands, or give a smaller max_size."
                )

    def check_borders(self, plan: Plan, scale: int = 1) -> None:
        """Judge how long it takes to draw a shape.

        Args:
            scale: Cells a side that each pixel is taken apart into.

        Raises:
            LimitExceeded: There are too many cells, or too many borders to be crossed from row to row.
        """
        if plan.shape is None:
            return
        grid = plan.grid
        cells = grid.width * grid.height * scale**2
        crossings = _crossings(plan, scale)
        if cells > CELLS_MAX or crossings > CROSSINGS_MAX:
            raise LimitExceeded(
                f"The shape would be drawn on {cells:.2g} cells, with {crossings:.2g} crossings of its borders; "
                f"{CELLS_MAX:.2g} and {CROSSINGS_MAX:.2g} are drawn at most. Simplify it, or give a smaller max_size"
                f"{' or cover_scale' if scale > 1 else ''}."
            )

    def check_blocks(self, reads: Sequence[PlannedRead]) -> None:
        """Judge the blocks of all sources, which are decoded whole and at the same time: one of each at least.

        Raises:
            LimitExceeded: They take too much memory together; the message has the setting.
        """
        megabytes = sum(read.header.block_bytes for read in reads) / 2**20
        if megabytes > self._settings.blocks_max_mb:
            raise LimitExceeded(
                f"The assets have blocks of {megabytes:.0f} MiB together, {self._settings.blocks_max_mb:g} are decoded "
                "at the same time (SWATH_BLOCKS_MAX_MB). Ask for fewer assets; a COG has blocks of 512 x 512 pixels."
            )

    def _check_memory(self, plan: Plan, format: Format | None) -> None:
        """Judge what all bands take together, and what is left of them to encode."""
        pixels = plan.grid.width * plan.grid.height
        read = sum(each.band_count * np.dtype(each.header.dtype).itemsize for each in plan.all_reads)
        computed = plan.computed_bytes
        self._require_room(pixels * (read + computed))
        self._require_room(pixels * (computed or read), format)

    def _require_room(self, count_bytes: int, format: Format | None = None) -> None:
        share = SHARES.get(format, 1.0) if format else 1.0
        megabytes, limit = count_bytes / 2**20, share * self._settings.answer_max_mb
        if megabytes > limit:
            of_which = f", of which a .{format} may have {share:.0%}" if share < 1 else ""
            raise LimitExceeded(
                f"The answer would hold {megabytes:.0f} MiB of pixels, {limit:g} are allowed "
                f"(SWATH_ANSWER_MAX_MB{of_which}). Ask for fewer bands, or a smaller width and height."
            )


def _check_summed(plan: Plan) -> None:
    """Judge how many pixels are summed up."""
    pixels = sum(read.pixels for read in plan.reads if read.header.crs != plan.grid.crs)
    megabytes = pixels * SUMMED_BYTES / 2**20
    if megabytes > SUMMED_MAX_MB:
        raise LimitExceeded(
            f"reproject=sum would take {megabytes:.0f} MiB for {pixels:.3g} pixels of the sources, {SUMMED_MAX_MB} are "
            "allowed. Ask for a smaller picture, for fewer assets, or for reproject=average."
        )


def _crossings(plan: Plan, scale: int) -> float:
    """Times that a row of cells crosses a border of the plan's shape."""
    return plan.shape.climb / plan.grid.resolution_xy[1] * scale if plan.shape else 0
