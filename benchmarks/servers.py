"""The two servers that are compared, each started as its documentation says for production."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import Program, free_port
from benchmarks.scene import warm_page_cache

SWATH, TITILER = "swath", "titiler"

# "Recommended Configuration for dynamic tiling" of TiTiler's page on performance tuning, with the 200 MB that its text
# names for CPL_VSIL_CURL_CACHE_SIZE, and the bytes at open of its docker-compose.yml.
TITILER_ENV = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.TIF,.tiff",
    "CPL_VSIL_CURL_CACHE_SIZE": "200000000",
    "GDAL_BAND_BLOCK_CACHE": "HASHSET",
    "GDAL_CACHEMAX": "200",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_VERSION": "2",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "PYTHONWARNINGS": "ignore",
    "VSI_CACHE": "TRUE",
    "VSI_CACHE_SIZE": "5000000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What every measurement needs: the scene, and the interpreter of the peer (None: there is none)."""

    folder: Path
    peer: Path | None

    @property
    def names(self) -> tuple[str, ...]:
        """The servers that are compared."""
        return (SWATH, TITILER) if self.peer else (SWATH,)

    @property
    def item(self) -> str:
        """The item as a local file."""
        return str(self.folder / "item.json")

    def start(
        self,
        name: str,
        *,
        workers: int = 1,
        upstream: str | None = None,
        caches: bool = False,
        program: Sequence[str] = (),
    ) -> Program:
        """Start a server.

        Args:
            program: Another command that serves as ``swath`` does.
            upstream: What it may read besides local files, as ``host:port``.
            caches: Let Swath remember answers, as it does when it is shipped.
        """
        port = free_port()
        warm_page_cache(self.folder)  # before each start: a busy or small machine forgets
        if name == SWATH:
            env = swath_env(self.folder, upstream, caches=caches)
            return Program(name, _swath(port, workers, program), port, "/readyz", env)
        assert self.peer is not None
        return Program(name, _titiler(self.peer, port, workers), port, "/healthz", TITILER_ENV)


def swath_env(folder: Path, upstream: str | None = None, *, caches: bool = False) -> dict[str, str]:
    """Settings of Swath: the work is measured, not the memory of answers, unless ``caches``."""
    env = {"SWATH_DATA_ROOT": str(folder)}
    env |= {} if caches else {"SWATH_CACHE_ANSWERS_MB": "0"}
    return {**env, "SWATH_ALLOW_HOSTS": upstream} if upstream else env


def _swath(port: int, workers: int, program: Sequence[str]) -> list[str]:
    swath = program or [str(Path(sys.executable).with_name("swath"))]
    return [*swath, "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]


def _titiler(python: Path, port: int, workers: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    return [
        str(python),
        "-m",
        "uvicorn",
        "titiler.application.main:app",
        *options,
        "--no-access-log",
        "--log-level",
        "warning",
    ]
