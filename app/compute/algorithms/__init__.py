"""Algorithms by name: new bands of all bands of a raster, between band math and rescale.

Names, parameters, defaults and results are those of TiTiler 2.4 (``titiler.core.algorithm``); where they differ on
purpose, the algorithm's file says so, and so does ``docs/algorithms.md``.
"""

from __future__ import annotations

from app.compute.algorithms.bitonal import Bitonal
from app.compute.algorithms.cast import Cast
from app.compute.algorithms.ceil import Ceil
from app.compute.algorithms.contours import Contours
from app.compute.algorithms.floor import Floor
from app.compute.algorithms.grayscale import Grayscale
from app.compute.algorithms.hillshade import Hillshade
from app.compute.algorithms.max import Max
from app.compute.algorithms.mean import Mean
from app.compute.algorithms.median import Median
from app.compute.algorithms.min import Min
from app.compute.algorithms.normalized_index import NormalizedIndex
from app.compute.algorithms.slope import Slope
from app.compute.algorithms.std import Std
from app.compute.algorithms.sum import Sum
from app.compute.algorithms.terrain_rgb import TerrainRgb
from app.compute.algorithms.terrarium import Terrarium
from app.compute.algorithms.var import Var
from app.model.algorithm import Algorithm

_ALL: tuple[type[Algorithm], ...] = (
    Hillshade, Slope, Contours, NormalizedIndex, Terrarium, TerrainRgb,
    Cast, Ceil, Floor, Min, Max, Median, Mean, Std, Var, Sum, Grayscale, Bitonal,
)  # fmt: skip

ALGORITHMS = {kind.id: kind for kind in _ALL}
"""By name, in TiTiler's order."""

__all__ = ["ALGORITHMS"]
