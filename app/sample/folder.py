"""Where the generated catalogue lives, and how it gets there whole: made beside its place, then renamed into it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from app.errors import SwathError

if sys.platform != "win32":
    import fcntl

FREE_MB = 100
"""Room that generating asks for: the catalogue, and some for the rest of the machine."""


class SampleUnavailable(SwathError):
    """The catalogue cannot be made here; seen at the start by the operator, so the message may name the folder."""


def default_parent() -> Path:
    """Folder for caches of this user: ``$XDG_CACHE_HOME/swath``, else ``~/.cache/swath``."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))  # a relative path is to be ignored (XDG base directories)
    return (cache if cache.is_absolute() else Path.home() / ".cache") / "swath"


def make_once(final: Path, fill: Callable[[Path], None]) -> None:
    """Let ``fill`` write a new folder and put it at ``final``, unless one is there; safe for two processes at once."""
    if final.is_dir():
        return
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with _alone(final) as alone:
            if final.is_dir():
                return
            if alone:
                _clean(final)
            _require_room(final.parent)
            _fill_and_rename(final, fill)
    except (OSError, RasterioError, CPLE_BaseError) as err:
        raise SampleUnavailable(_explain(final.parent, err)) from err


def _fill_and_rename(final: Path, fill: Callable[[Path], None]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent))
    try:
        draft.chmod(0o755)
        fill(draft)
        try:
            draft.rename(final)
        except OSError:
            if not final.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _alone(final: Path) -> Iterator[bool]:
    """Hold the lock of this catalogue, which the system frees when the process ends; False where there are no locks."""
    if sys.platform == "win32":  # two processes may both generate there, and the first rename wins
        yield False
        return
    with final.with_name(f".{final.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # some network file systems have none
            yield False
            return
        yield True


def _clean(final: Path) -> None:
    """Remove what a process that was killed left behind; the caller holds the lock, so nobody is writing."""
    for left in final.parent.glob(f".{final.name}.*.part"):
        shutil.rmtree(left, ignore_errors=True)


def _require_room(parent: Path) -> None:
    free_mb = shutil.disk_usage(parent).free // 1024**2
    if free_mb < FREE_MB:
        raise SampleUnavailable(
            f"The sample catalogue asks for {FREE_MB} MB in {parent}, where {free_mb} MB are free. "
            "Make room, or name another folder with SWATH_SAMPLE_DIR."
        )


def _explain(parent: Path, err: Exception) -> str:
    reason = getattr(err, "strerror", None) or f"{type(err).__name__} (is the disk full?)"
    return f"The sample catalogue cannot be written in {parent}: {reason}. Name another folder with SWATH_SAMPLE_DIR."
