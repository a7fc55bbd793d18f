"""How does GDAL read without opening anything? It gets one file, through Python, and everything else does not exist.

Two traps of rasterio 1.4 shape this file. An exception inside ``open`` or ``read`` of an opener is lost or prints a
traceback: failures are kept on the object, GDAL gets too few bytes, and the cause is raised above. And a short answer
to a multi-range read leaves GDAL's buffer uninitialised: it is a failure too, so that no stray memory becomes pixels.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.abc import MultiByteRangeResourceContainer
from rasterio.errors import RasterioIOError

from app.errors import InternalError, SwathError, UpstreamUnusable
from app.net.source import ByteSource
from app.read.pages import PagedFile

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

_numbers = itertools.count(1)


def configure_gdal() -> None:
    """Set what GDAL reads from the environment; call once in each process, before the first dataset is opened.

    ``GDAL_SKIP`` acts when drivers are registered, so it cannot be an option of a later ``rasterio.Env``. VRT stays:
    ``WarpedVRT`` needs that driver.
    """
    os.environ.update(GDAL_OPTIONS, GDAL_SKIP=_SKIPPED)


@contextmanager
def open_dataset(source: ByteSource, driver: str = "GTiff") -> Iterator[rasterio.DatasetReader]:
    """Open a raster whose bytes come from ``source``; open, read and leave it in one thread.

    Raises:
        SwathError: The true cause when a read failed, also when GDAL went on without it; UpstreamUnusable when the file
            is not a raster of that driver, or is broken.
    """
    file = SoleFile(source)
    try:
        with rasterio.Env(**GDAL_OPTIONS), _opened(file, driver) as dataset:
            yield dataset
    except SwathError:
        raise
    except Exception as error:
        file.raise_failure(error)
        if isinstance(error, (RasterioIOError, CPLE_BaseError)):
            raise UpstreamUnusable(f"{source.name} is broken: a part of it cannot be decoded.") from error
        raise
    file.raise_failure()


@contextmanager
def _opened(file: SoleFile, driver: str) -> Iterator[rasterio.DatasetReader]:
    try:
        dataset = rasterio.open(file.path, driver=driver, opener=file, sharing=False)
    except (RasterioIOError, CPLE_BaseError) as error:
        file.raise_failure(error)
        raise UpstreamUnusable(f"{file.name} is not a {_SPOKEN.get(driver, driver)} this server can read.") from error
    with dataset:
        yield dataset


_SPOKEN: Final = {"GTiff": "GeoTIFF", "JP2OpenJPEG": "JPEG 2000 file"}


class SoleFile(MultiByteRangeResourceContainer):  # type: ignore[misc] # rasterio ships no types
    """A file system with one file, read-only.

    GDAL asks by ``path``, which no other open shares: rasterio finds openers by path, so equal files may be open in
    many threads at once.
    """

    def __init__(self, source: ByteSource) -> None:
        self.name = source.name
        self.path = f"swath-{os.getpid()}-{next(_numbers)}/raster.tif"
        self.asked: list[str] = []
        """Other paths that GDAL asked for, and did not get."""
        self._source = source
        self._failure: Exception | None = None
        self._files: list[PagedFile] = []  # rasterio keeps no reference of its own that is safe across contexts

    def raise_failure(self, cause: Exception | None = None) -> None:
        """Raise the first failure of a read, if there was one.

        Raises:
            SwathError: What the source said.
        """
        if self._failure is None:
            return
        if isinstance(self._failure, SwathError):
            raise self._failure from (self._failure.__cause__ or cause)
        raise InternalError("Reading a raster failed.") from self._failure

    def keep(self, failure: Exception) -> None:
        """Keep the first failure."""
        self._failure = self._failure or failure

    def open(self, path: str, mode: str = "r", **_: Any) -> PagedFile:
        """Give the file, or say that there is none."""
        if path != self.path or set(mode) - set("rbt"):
            self.asked.append(path)
            raise FileNotFoundError(path)
        file = PagedFile(self._source, self.keep)
        self._files.append(file)
        return file

    def isfile(self, path: str) -> bool:
        """Tell whether this is the one file."""
        return path == self.path or self._note(path)

    def isdir(self, path: str) -> bool:
        """Tell that there are no folders."""
        return self._note(path)

    def ls(self, path: str) -> list[str]:  # noqa: ARG002 - the protocol of rasterio
        """List nothing: the file has no neighbours."""
        return []

    def mtime(self, path: str) -> int:  # noqa: ARG002 - the protocol of rasterio
        """Give no time."""
        return 0

    def rm(self, path: str) -> None:
        """Refuse.

        Raises:
            FileNotFoundError: Always.
        """
        raise FileNotFoundError(path)

    def size(self, path: str) -> int:
        """Give the size of the one file.

        Raises:
            FileNotFoundError: Any other path.
        """
        if path != self.path:
            raise FileNotFoundError(path)
        return self._source.size

    def _note(self, path: str) -> bool:
        self.asked.append(path)
        return False
