"""The two servers, and the one that both read from: real rasters and items beside made ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.parity.rasters import make_rasters
from benchmarks.place import ROOT, BenchError, cache_folder
from benchmarks.servers import SWATH, TITILER, Bench
from benchmarks.upstream import upstream

REAL = ROOT.parent / "shared" / "data"
"""Real rasters and items; never copied into the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Base URLs, without a slash at the end."""

    swath: str
    titiler: str
    files: str


@contextmanager
def stage(peer: Path) -> Iterator[Stage]:
    """Start all three while inside.

    Args:
        peer: The interpreter that has TiTiler.
    """
    if not REAL.is_dir():
        raise BenchError(f"the real test data are not in {REAL}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=cache_folder())))
        (folder / "made").mkdir()
        make_rasters(folder / "made")
        (folder / "real").symlink_to(REAL, target_is_directory=True)
        files = stack.enter_context(upstream(folder))
        bench = Bench(folder=folder, peer=peer)
        running = [
            stack.enter_context(bench.start(name, upstream=files.host, caches=True)) for name in (SWATH, TITILER)
        ]
        yield Stage(swath=running[0].base, titiler=running[1].base, files=files.url(""))
