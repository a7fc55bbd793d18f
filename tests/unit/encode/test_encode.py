"""Encoders, read back by other libraries."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from rasterio.io import MemoryFile

from app.encode.encode import choose_format, encode, fits
from app.errors import BadRequest
from app.model.raster import Raster
from app.model.request import Format
from tests.rasters import raster

NOISE = np.random.default_rng(4)


def noise(bands: int, dtype: str = "uint8", *, mask=None) -> Raster:
    top = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1000
    return raster(NOISE.uniform(1, top, (bands, 20, 30)), dtype, mask=mask)


def half() -> np.ndarray:
    """The left half is valid."""
    return np.broadcast_to(np.arange(30) < 15, (20, 30))


def gdal_read(body: bytes) -> np.ndarray:
    with MemoryFile(body) as file, file.open() as dataset:
        return dataset.read()


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_an_opaque_png_has_no_alpha(bands, dtype):
    pixels = noise(bands, dtype)
    assert np.array_equal(gdal_read(encode(pixels, Format.PNG, return_mask=True)), pixels.data)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize(("dtype", "opaque"), [("uint8", 255), ("uint16", 65535)])
def test_a_png_with_invalid_pixels_has_an_alpha_of_its_dtypes_range(bands, dtype, opaque):
    pixels = noise(bands, dtype, mask=half())
    read = gdal_read(encode(pixels, Format.PNG, return_mask=True))
    assert np.array_equal(read[:-1], pixels.data)
    assert np.array_equal(read[-1], np.where(half(), opaque, 0))


def test_the_alpha_of_the_source_is_kept_in_a_png():
    alpha = np.full((20, 30), 77, np.uint8)
    body = encode(Raster(**{**_fields(noise(3)), "alpha": alpha}), Format.PNG, return_mask=True)
    assert (np.asarray(Image.open(BytesIO(body)))[..., 3] == 77).all()


def test_without_a_mask_a_png_is_opaque():
    body = encode(noise(3, mask=half()), Format.PNG, return_mask=False)
    assert Image.open(BytesIO(body)).mode == "RGB"


@pytest.mark.parametrize(("bands", "mode"), [(1, "L"), (3, "RGB")])
def test_a_jpeg_is_grey_or_rgb_and_close_to_the_values(bands, mode):
    smooth = raster(np.full((bands, 16, 16), 120), "uint8")
    read = Image.open(BytesIO(encode(smooth, Format.JPEG, return_mask=True)))
    assert read.mode == mode
    assert np.abs(np.asarray(read).astype(int) - 120).max() <= 2


@pytest.mark.parametrize("format", [Format.WEBP, Format.AVIF])
@pytest.mark.parametrize(("bands", "mask", "mode"), [(1, None, "RGB"), (3, None, "RGB"), (1, half(), "RGBA")])
def test_webp_and_avif_are_rgb_or_rgba(format, bands, mask, mode):
    read = Image.open(BytesIO(encode(noise(bands, mask=mask), format, return_mask=True)))
    assert (read.format, read.mode, read.size) == (format.name, mode, (30, 20))


@pytest.mark.parametrize("format", [Format.WEBP, Format.AVIF])
def test_webp_and_avif_are_close_to_the_values(format):
    smooth = raster(np.full((3, 16, 16), 120), "uint8")
    read = Image.open(BytesIO(encode(smooth, format, return_mask=True)))
    assert np.abs(np.asarray(read).astype(int) - 120).max() <= 3


@pytest.mark.parametrize("dtype", "uint8 int8 uint16 int16 uint32 int32 int64 float32 float64".split())
def test_npy_has_a_mask_plane_of_0_and_255_whatever_the_dtype(dtype):
    pixels = noise(2, dtype, mask=half())
    read = np.load(BytesIO(encode(pixels, Format.NPY, return_mask=True)), allow_pickle=False)
    assert np.array_equal(read[:-1], pixels.data)
    assert np.array_equal(read[-1], np.where(half(), 255, 0))
    assert read.dtype == ("int16" if dtype == "int8" else dtype)


def test_npy_without_a_mask_has_bands_only():
    assert np.load(BytesIO(encode(noise(2), Format.NPY, return_mask=False))).shape == (2, 20, 30)


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize(("dtype", "opaque"), [("uint8", 255), ("uint16", 65535), ("int16", 32767), ("float32", 255)])
def test_a_tiff_is_georeferenced_and_its_last_band_is_alpha(dtype, opaque, bands):
    pixels = noise(bands, dtype, mask=half())
    with MemoryFile(encode(pixels, Format.TIFF, return_mask=True)) as file, file.open() as dataset:
        assert (dataset.crs, dataset.transform) == (pixels.grid.crs, pixels.grid.transform)
        assert dataset.colorinterp[-1].name == "alpha"
        assert dataset.descriptions[0] == "b1"
        assert np.array_equal(dataset.read(list(range(1, bands + 1))), pixels.data)
        assert np.array_equal(dataset.read(bands + 1), np.where(half(), opaque, 0))


@pytest.mark.parametrize("format", [Format.PNG, Format.JPEG, Format.WEBP, Format.AVIF])
@pytest.mark.parametrize("bands", [2, 4])
def test_a_picture_of_two_or_four_bands_is_refused(format, bands):
    with pytest.raises(BadRequest, match="one or three bands"):
        encode(noise(bands), format, return_mask=True)


def test_the_format_is_jpeg_where_opaque_and_png_elsewhere():
    assert choose_format(noise(3)) is Format.JPEG
    assert choose_format(noise(3, mask=half())) is Format.PNG


def test_pictures_hold_bytes_and_png_also_uint16():
    assert fits(noise(1, "uint16"), Format.PNG)
    assert not fits(noise(1, "uint16"), None)
    assert not fits(noise(1, "uint16"), Format.JPEG)
    assert fits(noise(1, "float64"), Format.NPY)


def _fields(given: Raster) -> dict[str, object]:
    return {name: getattr(given, name) for name in Raster.__dataclass_fields__}


@pytest.mark.parametrize("mask", [None, half()])
@pytest.mark.parametrize("used", [256, 200])
def test_a_palette_png_shows_the_colours_and_the_mask(mask, used):
    """With all 256 colours in use there is no free one for transparency, and it becomes RGBA."""
    counts = (np.arange(600) % used).reshape(1, 20, 30)
    palette = NOISE.integers(0, 255, (256, 4)).astype(np.uint8)
    palette[:, 3] = 255
    pixels = Raster(**{**_fields(raster(counts, mask=mask)), "palette": palette})
    read = np.asarray(Image.open(BytesIO(encode(pixels, Format.PNG, return_mask=True))).convert("RGBA"))
    valid = np.ones((20, 30), bool) if mask is None else mask
    assert np.array_equal(read[valid], palette[counts[0]][valid])
    assert (read[~valid, 3] == 0).all()


def test_a_palette_becomes_colours_in_arrays_and_other_pictures():
    pixels = Raster(**{**_fields(raster([[7, 8]])), "palette": np.full((256, 4), 9, np.uint8)})
    assert np.load(BytesIO(encode(pixels, Format.NPY, return_mask=False))).tolist() == [[[9, 9]]] * 3
    assert Image.open(BytesIO(encode(pixels, Format.WEBP, return_mask=False))).mode == "RGB"
