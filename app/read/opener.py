"""How does GDAL read without opening anything? It gets one file, through Python, and everything else does not exist.

Three traps of rasterio 1.4 and 1.5 shape this file. An exception inside ``open`` or ``read`` of an opener is lost or
prints a traceback: failures are kept on the file, GDAL gets too few bytes, and the cause is raised above. A short
answer to a multi-range read leaves GDAL's buffer uninitialised: it is a failure too, so that no stray memory becomes
pixels. And each ``opener=`` registers a file system with GDAL: 250 bytes that never come back, and a change in a list
that other threads walk without a lock. So one is registered at start, held by an anchor, and shared by all datasets.
"""

from __future__ import annotations

import atexit
import contextvars
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError, RasterioIOError

from app.errors import SwathError, UpstreamUnusable
from app.net.source import BlockingSource
from app.read.files import OpenFiles, SoleFile

_SKIPPED: Final = (
    "MRF WMS WMTS WCS HTTP DERIVED STACIT STACTA GTI EEDAI EEDA PLMOSAIC PLSCENES HDF5 HDF5Image HDF4 HDF4Image netCDF"
    " PDF MBTiles GPKG SQLite Rasterlite RASTERLITE KMLSUPEROVERLAY Zarr OGCAPI NGW DAAS RDA AmigoCloud CARTO CSW"
    " Elasticsearch WFS OAPIF PostGISRaster PostgreSQL MySQL"
)
GDAL_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_HTTP_NETRC": "NO",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_GEOREF_SOURCES": "INTERNAL",
        "PROJ_NETWORK": "OFF",
        "CPL_DEBUG": "OFF",
    }
)
"""The belt beside the braces: GDAL has no file and no socket to begin with."""

_CACHE_MB: Final = "64"
"""Decoded blocks that GDAL holds, of all open files together; by default a twentieth of the machine's memory."""

UNREADABLE: Final = (RasterioError, CRSError, CPLE_BaseError, UnicodeDecodeError, ZeroDivisionError)
"""What rasterio raises for a broken file: its messages quote bytes of the file, which rasterio takes for UTF-8, and it
divides by the size of a raster in another projection, which is 0 beyond the poles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Registered:
    """The file system that GDAL knows: the path before each file, and the dataset that keeps it registered."""

    files: OpenFiles
    prefix: str
    anchor: rasterio.DatasetReader


_registered: Final[ContextVar[_Registered | None]] = ContextVar("swath_gdal_files", default=None)
"""A contextvar because rasterio keeps its own part in one: a context that has this one has rasterio's, too."""


def configure_gdal() -> None:
    """Make GDAL safe and ready; call at the start of each process, in the context from which requests descend.

    ``GDAL_SKIP`` acts when drivers are registered, before the first dataset, so it cannot be an option of a later
    ``rasterio.Env``. VRT stays: ``WarpedVRT`` needs that driver.
    """
    os.environ.update(GDAL_OPTIONS, GDAL_SKIP=_SKIPPED, GDAL_CACHEMAX=_CACHE_MB)
    if _registered.get() is None:
        _registered.set(_register())


@contextmanager
def gdal_environment() -> Iterator[None]:
    """Hold rasterio's environment open in this thread: else each transform of coordinates makes and ends one."""
    with rasterio.Env(**GDAL_OPTIONS):
        yield


@contextmanager
def open_dataset(source: BlockingSource, overview: int | None = None) -> Iterator[rasterio.DatasetReader]:
    """Open a raster whose bytes come from ``source``; open, read and leave it in one thread.

    Args:
        overview: Open this overview, counted from 0, as if it were the raster.

    Raises:
        SwathError: The true cause when a read failed, also when GDAL went on without it; UpstreamUnusable when the file
            is not a GeoTIFF, or is broken.
    """
    file = SoleFile(source)
    try:
        with rasterio.Env(**GDAL_OPTIONS), _opened(file, overview) as dataset:
            yield dataset
    except SwathError:
        raise
    except Exception as error:
        file.raise_failure(error)
        if isinstance(error, UNREADABLE):
            raise UpstreamUnusable(f"{source.name} is broken: a part of it cannot be decoded.") from error
        raise
    file.raise_failure()


@contextmanager
def _opened(file: SoleFile, overview: int | None) -> Iterator[rasterio.DatasetReader]:
    level = {} if overview is None else {"OVERVIEW_LEVEL": overview}
    with _visible(file) as options:
        try:
            dataset = rasterio.open(driver="GTiff", sharing=False, **options, **level)
        except (RasterioIOError, CPLE_BaseError) as error:
            file.raise_failure(error)
            words = f"{file.name} is not a GeoTIFF this server can read."
            raise UpstreamUnusable(words) from error
        with dataset:
            yield dataset


@contextmanager
def _visible(file: SoleFile) -> Iterator[dict[str, object]]:
    """Let GDAL see a file, and give the arguments to open it; without ``configure_gdal`` it gets its own opener."""
    registered = _registered.get()
    if registered is None:
        yield {"fp": file.path, "opener": file}
        return
    registered.files.add(file)
    try:
        yield {"fp": registered.prefix + file.path}
    finally:
        registered.files.remove(file)


def _register() -> _Registered | None:
    """Open the anchor; None when this rasterio names its file systems otherwise."""
    files = OpenFiles()
    with rasterio.Env(**GDAL_OPTIONS), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        anchor = rasterio.open(OpenFiles.anchor, driver="GTiff", opener=files, sharing=False)
    # GDAL closes what is left when the process ends, after Python: a call back into Python would crash then.
    atexit.register(contextvars.copy_context().run, anchor.close)
    match = re.fullmatch(rf"(/vsi\w+/){OpenFiles.anchor}", anchor.name)
    return _Registered(files=files, prefix=match[1], anchor=anchor) if match else None
