"""How opaque is a pixel whose alpha has some dtype?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_opacity(alpha: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale an alpha band to 0..255 by the range of its dtype."""
    if alpha.dtype == np.uint8:
        return alpha
    top = np.iinfo(alpha.dtype).max if alpha.dtype.kind in "iu" else 255.0
    return (alpha.astype(np.float64) / top * 255).astype(np.uint8)
