"""Where benchmarks keep what they make: outside of the checkout, so that it survives and is never committed."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"


class BenchError(Exception):
    """Why a measurement cannot go on, in a sentence for the person who started it."""


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/swath-bench``, else ``~/.cache/swath-bench``."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))  # a relative path is to be ignored (XDG base directories)
    folder = (cache if cache.is_absolute() else Path.home() / ".cache") / "swath-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
