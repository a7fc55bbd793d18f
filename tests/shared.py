"""Real rasters and STAC documents beside the checkout; they are never copied into the project."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
DATA = SHARED / "data"

needs_shared = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real test data (../shared/data) is not beside this checkout"
)
