"""Choose the encoder of a format, and bring values into a dtype that it can hold."""

from __future__ import annotations

from collections.abc import Callable

from app.encode.channels import is_opaque
from app.encode.jp2 import encode_jp2
from app.encode.jpeg import encode_jpeg
from app.encode.npy import encode_npy
from app.encode.npz import encode_npz
from app.encode.photo import encode_avif, encode_webp
from app.encode.png import encode_png, encode_raw_png
from app.encode.tiff import encode_tiff
from app.model.raster import Body, Raster
from app.model.request import Format

Encoder = Callable[[Raster, bool], Body]

ENCODERS: dict[Format, Encoder] = {
    Format.PNG: encode_png,
    Format.JPEG: encode_jpeg,
    Format.WEBP: encode_webp,
    Format.AVIF: encode_avif,
    Format.TIFF: encode_tiff,
    Format.NPY: encode_npy,
    Format.NPZ: encode_npz,
    Format.PNGRAW: encode_raw_png,
    Format.JP2: encode_jp2,
}

DTYPES: dict[Format, tuple[str, ...]] = {
    Format.PNG: ("uint8", "uint16"),
    Format.JPEG: ("uint8",),
    Format.WEBP: ("uint8",),
    Format.AVIF: ("uint8",),
    Format.JP2: ("uint8", "int16", "uint16"),
}
"""What they can hold: other values are brought to uint8. Arrays (npy, npz, tif) hold anything, pngraw refuses."""


def choose_format(raster: Raster) -> Format:
    """JPEG where every pixel is opaque, else PNG: what a map client gets that names no format."""
    return Format.JPEG if is_opaque(raster) else Format.PNG


def encode(raster: Raster, format: Format, *, return_mask: bool) -> Body:
    """Encode a raster.

    Args:
        raster: In a dtype of ``DTYPES[format]``, where it has any.
        return_mask: Add the mask: as alpha channel of a picture, as last plane or band of an array.

    Raises:
        BadRequest: The format cannot hold so many bands, or such values.
    """
    return ENCODERS[format](raster, return_mask)


def fits(raster: Raster, format: Format | None) -> bool:
    """Whether the format holds the raster's dtype as it is; None stands for the choice between JPEG and PNG."""
    dtypes = ("uint8",) if format is None else DTYPES.get(format)
    return dtypes is None or str(raster.data.dtype) in dtypes


__all__ = ["choose_format", "encode", "fits"]
