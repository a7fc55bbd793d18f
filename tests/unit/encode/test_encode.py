"""Encoders, read back by other libraries."""

from __future__ import annotations

import threading
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from rasterio.io import MemoryFile

from app.encode.encode import choose_format, encode, fits
from app.errors import BadRequest
from app.model.grid import Grid
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
@pytest.mark.parametrize(
    ("dtype", "opaque"), [("uint8", 255), ("uint16", 65535), ("int16", 32767), ("float32", np.finfo("f4").max)]
)
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


DTYPES = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 float32 float64".split()


def wide(bands: int, dtype: str) -> Raster:
    """700 columns: more than one block of a COG; the left half is valid, and the rest holds 0."""
    top = min(np.iinfo(dtype).max, 2**31) if np.dtype(dtype).kind in "iu" else 1000
    valid = np.broadcast_to(np.arange(700) < 350, (600, 700))
    return raster(np.where(valid, NOISE.uniform(1, top, (bands, 600, 700)), 0), dtype, mask=valid)


@pytest.mark.parametrize("bands", [1, 2, 3, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tiff_is_laid_out_as_a_cog_and_gdal_finds_its_mask(dtype, bands):
    """GDAL takes alpha for a mask in one or three bands of uint8 or uint16 only; the rest has a mask besides."""
    pixels = wide(bands, dtype)
    with MemoryFile(encode(pixels, Format.TIFF, return_mask=True)) as file, file.open() as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (dataset.block_shapes[0], dataset.overviews(1)) == ((512, 512), [2])
        assert np.array_equal(dataset.read(list(range(1, bands + 1))), pixels.data)
        for band in range(1, bands + 1):
            assert np.array_equal(dataset.read_masks(band) > 0, pixels.valid)


def test_the_overviews_of_a_tiff_hold_values_of_the_raster():
    pixels = wide(1, "int16")
    with MemoryFile(encode(pixels, Format.TIFF, return_mask=False)) as file, file.open(OVERVIEW_LEVEL=0) as half_size:
        assert half_size.shape == (300, 350)
        assert np.isin(half_size.read(1), pixels.data).all()


def test_a_small_tiff_has_one_block_of_its_own_size():
    body = encode(raster(np.ones((1, 256, 256))), Format.TIFF, return_mask=True)
    with MemoryFile(body) as file, file.open() as dataset:
        assert (dataset.block_shapes[0], dataset.overviews(1)) == ((256, 256), [])


def test_a_tiff_of_two_bands_of_bytes_does_not_call_them_colours():
    with MemoryFile(encode(noise(2, mask=half()), Format.TIFF, return_mask=True)) as file, file.open() as dataset:
        assert [each.name for each in dataset.colorinterp] == ["gray", "undefined", "alpha"]


@pytest.mark.parametrize("bands", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_a_jp2_has_all_values_their_place_and_alpha(dtype, bands):
    pixels = noise(bands, dtype, mask=half())
    with MemoryFile(encode(pixels, Format.JP2, return_mask=True)) as file, file.open() as dataset:
        assert (dataset.driver, dataset.crs, dataset.transform) == (
            "JP2OpenJPEG",
            pixels.grid.crs,
            pixels.grid.transform,
        )
        assert np.array_equal(dataset.read(list(range(1, bands + 1))), pixels.data)
        assert np.array_equal(dataset.read(bands + 1), np.where(half(), np.iinfo(dtype).max, 0))
        assert dataset.colorinterp[-1].name == "alpha"


def test_pillow_reads_a_jp2():
    pixels = noise(3)
    read = Image.open(BytesIO(encode(pixels, Format.JP2, return_mask=False)))
    assert (read.format, read.mode) == ("JPEG2000", "RGB")
    assert np.array_equal(np.moveaxis(np.asarray(read), -1, 0), pixels.data)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_npz_names_its_arrays_and_loads_without_pickle(dtype):
    pixels = noise(2, dtype, mask=half())
    with np.load(BytesIO(encode(pixels, Format.NPZ, return_mask=True)), allow_pickle=False) as read:
        assert set(read) == {"data", "mask", "bands", "transform", "crs"}
        assert np.array_equal(read["data"], pixels.data)
        assert (read["data"].dtype, read["mask"].dtype) == (dtype, "uint8")
        assert np.array_equal(read["mask"], np.where(half(), 255, 0))
        assert read["bands"].tolist() == ["b1", "b2"]
        assert read["transform"].tolist() == list(pixels.grid.transform[:6])
        assert str(read["crs"]) == "EPSG:32636"


def test_an_npz_of_a_raster_without_a_place_has_an_empty_crs_and_no_mask_that_is_not_wanted():
    pixels = Raster(**{**_fields(noise(1)), "grid": Grid(crs=None, bounds=(0, 0, 30, 20), width=30, height=20)})
    with np.load(BytesIO(encode(pixels, Format.NPZ, return_mask=False)), allow_pickle=False) as read:
        assert "mask" not in read
        assert str(read["crs"]) == ""


def test_a_band_with_an_endless_name_does_not_fill_an_npz():
    """numpy gives every name the room of the longest: three names of a million characters would take 12 MB."""
    pixels = Raster(**{**_fields(noise(3)), "descriptions": ("x" * 1_000_000, "", "B04_b1")})
    with np.load(BytesIO(encode(pixels, Format.NPZ, return_mask=True)), allow_pickle=False) as read:
        assert read["bands"].tolist() == ["x" * 256, "b2", "B04_b1"]


@pytest.mark.parametrize("format", [Format.NPZ, Format.TIFF, Format.JP2])
def test_the_same_raster_is_encoded_to_the_same_bytes(format):
    """An ETag is strong: it promises every byte, whenever it was made."""
    pixels = noise(3, "uint16", mask=half())
    assert encode(pixels, format, return_mask=True) == encode(pixels, format, return_mask=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_raw_png_is_a_png_of_the_values(dtype):
    pixels = noise(1, dtype, mask=half())
    assert encode(pixels, Format.PNGRAW, return_mask=True) == encode(pixels, Format.PNG, return_mask=True)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "float32", "float64"])
def test_a_raw_png_refuses_values_that_it_cannot_hold(dtype):
    assert fits(noise(1, dtype), Format.PNGRAW)  # nothing rescales them
    with pytest.raises(BadRequest, match=f"uint8 or uint16.*{dtype}.*rescale"):
        encode(noise(1, dtype), Format.PNGRAW, return_mask=True)


@pytest.mark.parametrize("format", [Format.TIFF, Format.JP2])
def test_a_large_raster_is_written_without_pythons_lock(format):
    """Else nothing else is answered meanwhile."""
    pixels, gaps, done = raster(NOISE.integers(0, 9999, (2, 2048, 2048)), "uint16"), [], threading.Event()

    def tick() -> None:
        before = time.perf_counter()
        while not done.is_set():
            time.sleep(0.001)
            gaps.append(time.perf_counter() - before)
            before += gaps[-1]

    ticking = threading.Thread(target=tick)
    ticking.start()
    start = time.perf_counter()
    encode(pixels, format, return_mask=True)
    took = time.perf_counter() - start
    done.set()
    ticking.join()
    assert max(gaps) < took / 2
