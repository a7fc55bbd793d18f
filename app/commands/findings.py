"""What could keep Swath from working on this machine? Each look gives findings, for a person to read."""

from __future__ import annotations

import os
import platform
import re
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import rasterio
from rasterio.crs import CRS
from rasterio.warp import transform

from app import __version__
from app.errors import SwathError
from app.model.request import DatasetKind, DatasetRef, Selection
from app.pipeline.about import describe, list_assets
from app.pipeline.allowance import Cost, allowance
from app.plan.crs import NO_WAY
from app.runtime import Runtime
from app.sample.catalogue import SampleCatalogue
from app.serve.address import cores
from app.settings import Settings

LIBRARIES = ("rasterio", "rio-tiler", "async-tiff", "morecantile", "numpy", "numexpr", "aiohttp", "pillow")
DRIVERS = ("GTiff", "COG")
"""GDAL's, of what is read and written."""
LON_LAT, EASTING_NORTHING = (33.0, 0.0), (500_000.0, 0.0)
"""Where the central meridian of EPSG:32636 meets the equator."""
FILES_BESIDES = 256
"""Descriptors that a worker needs besides its connections: upstream, files, libraries."""
_SECRET = re.compile(r"key|secret|token|password", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_EXTRA = re.compile(r"""([A-Za-z0-9._\-]+).*;.*\bextra\s*==\s*["']([^"']+)["']""")


class State(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, and what was seen."""

    what: str
    told: str
    state: State = State.OK


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    """Versions, libraries, limits of the process."""
    yield Finding(what="Swath", told=f"{__version__}, Python {platform.python_version()}, {cores()} cores")
    yield Finding(what="GDAL", told=f"{rasterio.__gdal_version__}, PROJ {rasterio.__proj_version__}")
    yield Finding(what="Libraries", told=", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    yield _drivers()
    yield _projection()
    yield from _extras()
    yield _descriptors(settings)


def _drivers() -> Finding:
    with rasterio.Env() as env:
        missing = [name for name in DRIVERS if name not in env.drivers()]
    if missing:
        return Finding(what="Drivers", told=f"GDAL has no {' and no '.join(missing)}", state=State.WRONG)
    return Finding(what="Drivers", told=", ".join(DRIVERS))


def _projection() -> Finding:
    """PROJ without its database, or with that of another version, fails here."""
    try:
        xs, ys = transform(CRS.from_epsg(4326), CRS.from_epsg(32636), [LON_LAT[0]], [LON_LAT[1]])
    except NO_WAY:
        told = "PROJ cannot transform; PROJ_DATA or PROJ_LIB may name the data of another version: unset them"
        return Finding(what="Projections", told=told, state=State.WRONG)
    off = max(abs(xs[0] - EASTING_NORTHING[0]), abs(ys[0] - EASTING_NORTHING[1]))
    return Finding(what="Projections", told=f"right within {off:.1g} m", state=State.OK if off < 0.01 else State.WRONG)


def _extras() -> Iterator[Finding]:
    """Optional parts, by what the distribution says of itself."""
    for name, extra in sorted({match.groups() for text in requires("swath") or () if (match := _EXTRA.match(text))}):
        try:
            yield Finding(what=f"Extra {extra}", told=f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(what=f"Extra {extra}", told=f"{name} is not installed", state=State.NOTE)


def _descriptors(settings: Settings) -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.connections_max + FILES_BESIDES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        told = f"{soft}, {wanted} are needed for SWATH_CONNECTIONS_MAX={settings.connections_max}: ulimit -n {wanted}"
        return Finding(what="Open files", told=told, state=State.NOTE)
    return Finding(what="Open files", told=f"{soft} a process")


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """What differs from the defaults; secrets are only counted."""
    fields = type(settings).model_fields
    changed = [name for name in fields if getattr(settings, name) != fields[name].get_default()]
    for name in changed:
        yield Finding(what=f"SWATH_{name.upper()}", told=_told(name, getattr(settings, name)))
    if not changed:
        yield Finding(what="Settings", told="all as by default")


def _told(name: str, value: object) -> str:
    values = value if isinstance(value, (tuple, list)) else [value]
    if _SECRET.search(name) and not isinstance(value, Path):
        return f"set, {len(values)} of them, not shown"
    return _USER.sub("…", ", ".join(map(str, values)))


def look_at_caches(settings: Settings) -> Iterator[Finding]:
    """Memory of each cache, and folders that are written to."""
    sizes = [name for name in type(settings).model_fields if re.fullmatch(r"cache_.*_mb", name)]
    told = ", ".join(f"{name[6:-3]} {getattr(settings, name):g} MiB" for name in sizes)
    yield Finding(what="Caches", told=f"{told}, per worker")
    yield _folder("Temporary files", Path(tempfile.gettempdir()))
    if settings.search_dir is not None:
        yield _folder("SWATH_SEARCH_DIR", settings.search_dir)
    yield _folder("Sample catalogue", SampleCatalogue.from_settings(settings).root)
    yield Finding(what="sqlite", told=sqlite3.sqlite_version)


def _folder(what: str, path: Path) -> Finding:
    """Whether a folder can be written, or made where it is not there yet."""
    nearest = next((each for each in (path, *path.parents) if each.exists()), path)
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        return Finding(what=what, told=f"{path} cannot be written", state=State.WRONG)
    return Finding(what=what, told=str(path) if nearest == path else f"{path}, not there yet")


async def look_at_source(rt: Runtime, dataset: DatasetRef) -> Finding:
    """Read what a URL is, through the guards."""
    begun = time.perf_counter()
    try:
        async with allowance(rt, Cost.TILE):
            told = await _read(rt, dataset)
    except SwathError as err:
        return Finding(what=dataset.url, told=f"{err.slug}: {err.detail}", state=State.WRONG)
    return Finding(what=dataset.url, told=f"{told}, read in {(time.perf_counter() - begun) * 1000:.0f} ms")


async def _read(rt: Runtime, dataset: DatasetRef) -> str:
    if dataset.kind is DatasetKind.STAC:
        return f"an item with {len(await list_assets(rt, dataset))} rasters"
    found = await describe(rt, dataset, Selection())
    return f"a raster of {found['width']} x {found['height']} pixels, {found['count']} bands"
