"""Write arrays as cloud optimized GeoTIFFs that every reader opens."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import rasterio.shutil
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.io import MemoryFile

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
LOSSLESS = {"COMPRESS": "DEFLATE", "LEVEL": "6", "PREDICTOR": "NO"}
"""Without a predictor: bands of few distinct values get a quarter smaller that way."""
PHOTO = {"COMPRESS": "JPEG", "QUALITY": "72"}
_VRT_TYPES = {"uint8": "Byte", "uint16": "UInt16"}


def write_pyramid(path: Path, levels: Sequence[Pixels], crs: CRS, transform: Affine, nodata: int) -> None:
    """Write one band and its overviews as given, without loss, in blocks of 512.

    Args:
        levels: Full resolution first, each of shape ``(y, x)`` and half as wide as the one before.
        transform: Of the full resolution.
    """
    with ExitStack() as stack:
        names = [stack.enter_context(_memory(level[None], crs, transform, nodata)).name for level in levels]
        vrt = stack.enter_context(MemoryFile(_vrt(names, levels[0], crs, transform, nodata).encode(), ext=".vrt"))
        with vrt.open() as source:
            rasterio.shutil.copy(source, str(path), driver="COG", BLOCKSIZE="512", **LOSSLESS)


def write_photo(path: Path, rgb: NDArray[np.uint8], crs: CRS, transform: Affine) -> None:
    """Write a picture of shape ``(3, y, x)`` as JPEG with overviews; every pixel counts as valid."""
    with _memory(rgb, crs, transform, None) as memory, memory.open() as source:
        rasterio.shutil.copy(source, str(path), driver="COG", BLOCKSIZE="512", OVERVIEW_RESAMPLING="AVERAGE", **PHOTO)


def _memory(data: NDArray[Any], crs: CRS, transform: Affine, nodata: int | None) -> MemoryFile:
    count, height, width = data.shape
    profile = {"count": count, "height": height, "width": width, "dtype": data.dtype.name, "nodata": nodata}
    memory = MemoryFile(ext=".tif")
    with memory.open(driver="GTiff", crs=crs, transform=transform, **profile) as plain:
        plain.write(data)
    return memory


def _vrt(names: Sequence[str], full: Pixels, crs: CRS, transform: Affine, nodata: int) -> str:
    """A virtual raster whose overviews are files of their own: the COG driver copies them as they are."""
    height, width = full.shape
    overviews = "".join(f"<Overview>{_source(name)}</Overview>" for name in names[1:])
    return (
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>EPSG:{crs.to_epsg()}</SRS>'
        f"<GeoTransform>{','.join(repr(number) for number in transform.to_gdal())}</GeoTransform>"
        f'<VRTRasterBand dataType="{_VRT_TYPES[full.dtype.name]}" band="1"><NoDataValue>{nodata}</NoDataValue>'
        f"<SimpleSource>{_source(names[0])}</SimpleSource>{overviews}</VRTRasterBand></VRTDataset>"
    )


def _source(name: str) -> str:
    return f'<SourceFilename relativeToVRT="0">{name}</SourceFilename><SourceBand>1</SourceBand>'
