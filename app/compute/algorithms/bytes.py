"""Values as bytes."""

from __future__ import annotations

import numpy as np

from app.model.algorithm import Bands


def wrapped(values: Bands) -> Bands:
    """Whole numbers modulo 256; of floats the same on every machine, where C leaves it open."""
    whole = values if values.dtype.kind in "iu" else np.trunc(values) % 256
    return whole.astype(np.uint8)
