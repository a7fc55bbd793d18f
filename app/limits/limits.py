"""Judge a plan before anything is allocated for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.errors import LimitExceeded
from app.model.plan import Plan, PlannedRead
from app.model.request import Format
from app.settings import Settings


class Limits:
    """The sizes that one answer may have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check(self, plan: Plan, format: Format | None) -> None:
        """Raise ``LimitExceeded`` when the output is larger than its kind may be; the message has the setting."""
        array = format is not None and not format.is_picture
        limit = self._settings.array_size_max if array else self._settings.crop_size_max
        name = "SWATH_ARRAY_SIZE_MAX" if array else "SWATH_CROP_SIZE_MAX"
        grid = plan.grid
        if max(grid.width, grid.height) > limit:
            raise LimitExceeded(
                f"The answer would be {grid.width} x {grid.height} pixels; {limit} a side are allowed ({name}). "
                "Ask for a smaller width and height, or give max_size."
            )
        self._check_memory(plan)
        self._check_sources(plan)
        self.check_blocks(plan.reads)

    def _check_sources(self, plan: Plan) -> None:
        """Judge how many pixels must be decoded for it."""
        for read in plan.reads:
            if read.pixels > self._settings.touched_pixels_max:
                raise LimitExceeded(
                    f"{read.source.name!r} would be read at {read.pixels:.3g} pixels, because it has no overviews for "
                    f"this scale; {self._settings.touched_pixels_max:.3g} are read at most (SWATH_TOUCHED_PIXELS_MAX). "
                    "Ask for a smaller area, or add overviews to the file (gdaladdo, rio cogeo)."
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

    def _check_memory(self, plan: Plan) -> None:
        """Judge what all bands take together; band math works on 8 bytes a value."""
        pixels = plan.grid.width * plan.grid.height
        sizes = (read.band_count * np.dtype(read.header.dtype).itemsize for read in plan.reads)
        outputs = 8 * len(plan.expression.descriptions) if plan.expression else 0
        megabytes = pixels * (sum(sizes) + outputs) / 2**20
        if megabytes > self._settings.answer_max_mb:
            raise LimitExceeded(
                f"The answer would hold {megabytes:.0f} MiB of pixels, {self._settings.answer_max_mb:g} are allowed "
                "(SWATH_ANSWER_MAX_MB). Ask for fewer bands, or a smaller width and height."
            )
