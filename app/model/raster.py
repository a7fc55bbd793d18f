"""Pixels on a grid, and the bytes that leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.model.grid import Grid
from app.model.request import Format, Motion

Body = bytes | memoryview
"""What is sent: of large answers a view of the memory in which they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """Pixels on a grid.

    Attributes:
        data: Shape ``(band, y, x)``, any numeric dtype; 0 where the mask is False.
        mask: Shape ``(band, y, x)``, bool; True = valid. Bands differ at the edge of a swath, and band math
            needs all of its bands, so the mask stays one per band until it is shown.
        alpha: Shape ``(y, x)``, uint8, opacity given by the source or by a colormap; None: opaque where valid.
        names: One name per band: ``b1``, ``b2`` ...
        descriptions: One text per band: the file's description, ``B04_b1``, or the expression.
        palette: Shape ``(256, 4)``, uint8 RGBA: the one band of uint8 counts colours of it; None: values are values.
        ranges: ``(low, high)`` per band, as the file's own statistics tell, or None.
    """

    data: NDArray[Any]
    mask: NDArray[np.bool_]
    grid: Grid
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    alpha: NDArray[np.uint8] | None = None
    palette: NDArray[np.uint8] | None = None
    ranges: tuple[tuple[float, float], ...] | None = None

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Shape ``(y, x)``: True where at least one band is valid, as rio-tiler shows a picture."""
        shown: NDArray[np.bool_] = self.mask[0] if len(self.mask) == 1 else np.any(self.mask, axis=0)
        return shown

    @property
    def opacity(self) -> NDArray[np.uint8]:
        """Shape ``(y, x)``, uint8: 0 where no band is valid, else the alpha of the source, else 255."""
        opaque: NDArray[np.uint8] = np.where(
            self.valid, np.uint8(255) if self.alpha is None else self.alpha, np.uint8(0)
        )
        return opaque

    def painted(self, colors: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> Raster:
        """Replace values by colours ``(3, y, x)``: red, green and blue, 0 where no band was valid."""
        valid = self.valid
        return replace(
            self,
            data=np.where(valid, colors, np.uint8(0)),
            mask=np.broadcast_to(valid, colors.shape),
            alpha=alpha,
            palette=None,
            ranges=None,
            names=("b1", "b2", "b3"),
            descriptions=("red", "green", "blue"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesShown:
    """Scenes of a search in an answer.

    Attributes:
        matched: How many the search finds.
        ids: Of those that were read, in order.
        truncated: There may be more that belong to it.
    """

    matched: int
    ids: tuple[str, ...]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An encoded picture or array, ready to leave.

    Attributes:
        name: Names these very bytes.
        remembered: It was made for an earlier request.
        dataset: What the request is about: an item's id, or a file's name.
        rescale: Ranges that were measured for it, or empty.
        scenes: Of a search: which of them it shows; None of an item or a raster.
        left_out: Reason and id of each scene of an animation that gave nothing.
        whole: Another time it would be the same: nothing failed that may not fail then; else nobody keeps it.
    """

    name: str
    body: Body
    format: Format | Motion
    grid: Grid
    remembered: bool = False
    dataset: str = ""
    rescale: tuple[tuple[float, float], ...] = ()
    scenes: ScenesShown | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The caller has the answer of this name already; fields as those of ``Rendered``."""

    name: str
    grid: Grid
    dataset: str = ""
    rescale: tuple[tuple[float, float], ...] = ()
    scenes: ScenesShown | None = None
    whole: bool = True
