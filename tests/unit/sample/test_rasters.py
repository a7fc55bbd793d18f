"""The files of a scene: are they what a reader of Sentinel-2 COGs expects?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from app.sample.catalogue import SampleCatalogue

CLEAR, CLOUDY = "S2B_36RTT_20191205_0_L2A", "S2B_36RTT_20191105_0_L2A"
BANDS = ("B02", "B03", "B04", "B08")
NATURAL = "gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35"


def path_of(catalogue: SampleCatalogue, item_id: str, asset: str) -> Path:
    return catalogue.root / catalogue.collection_id / item_id / f"{asset}.tif"


def pixels(catalogue: SampleCatalogue, item_id: str, asset: str) -> NDArray[np.generic]:
    with rasterio.open(path_of(catalogue, item_id, asset)) as source:
        data: NDArray[np.generic] = source.read(1)
    return data


def directories(path: Path) -> Iterator[dict[int, tuple[int, ...]]]:
    """Tags of every directory of a little-endian classic TIFF, read by hand: tag to values or, if long, its offset."""
    raw = path.read_bytes()
    assert raw[:4] == b"II*\0"
    at = int.from_bytes(raw[4:8], "little")
    while at:
        count = int.from_bytes(raw[at : at + 2], "little")
        entries = (raw[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count))
        yield {int.from_bytes(e[:2], "little"): (at, *np.frombuffer(e[4:12], "<u4").tolist()) for e in entries}
        at = int.from_bytes(raw[at + 2 + 12 * count : at + 6 + 12 * count], "little")


@pytest.mark.parametrize("asset", [*BANDS, "SCL", "visual"])
def test_every_file_is_a_cog_with_blocks_of_512_and_overviews(full: SampleCatalogue, asset: str) -> None:
    """GDAL says so, and the directories come first: full resolution, then ever smaller overviews."""
    path = path_of(full, CLEAR, asset)
    with rasterio.open(path) as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert source.block_shapes[0] == (512, 512)
        assert source.overviews(1)[0] == 2
        assert source.width // source.overviews(1)[-1] <= 512
        assert source.crs.to_epsg() == 32636
    found = list(directories(path))
    places, widths = [tags[256][0] for tags in found], [tags[256][2] for tags in found]
    assert places == sorted(places)
    assert widths == sorted(widths, reverse=True)
    assert max(places) < 16_384, "a reader of the first 16 KiB gets all directories"


@pytest.mark.parametrize(
    ("asset", "dtype", "metres"), [("B02", "uint16", 10), ("B08", "uint16", 10), ("SCL", "uint8", 20)]
)
def test_bands_have_the_type_and_pixels_of_sentinel_2(
    full: SampleCatalogue, asset: str, dtype: str, metres: float
) -> None:
    """Unsigned integers, nodata 0, no pixel without data."""
    with rasterio.open(path_of(full, CLEAR, asset)) as source:
        assert source.dtypes == (dtype,)
        assert source.nodata == 0
        assert source.res == (metres, metres)
        assert source.read(1).min() > 0


def test_overviews_show_the_same_land(full: SampleCatalogue) -> None:
    """Means of full-resolution blocks are near the stored overview, which is rounded like the bands."""
    path = path_of(full, CLEAR, "B04")
    with rasterio.open(path) as source:
        fine = source.read(1).astype(float)
        coarse = source.read(1, out_shape=(source.height // 4, source.width // 4)).astype(float)
    means = fine.reshape(coarse.shape[0], 4, coarse.shape[1], 4).mean(axis=(1, 3))
    assert abs(np.median(coarse / means) - 1) < 0.01
    assert np.mean(np.abs(coarse / means - 1)) < 0.06


def test_the_notebooks_area_lies_well_inside(full: SampleCatalogue) -> None:
    """Two kilometres of margin on every side."""
    with rasterio.open(path_of(full, CLEAR, "B02")) as source:
        left, bottom, right, top = rasterio.warp.transform_bounds(
            "EPSG:4326", source.crs, 30.8108, 29.4542, 30.8860, 29.5188
        )
        assert source.bounds.left + 2000 < left
        assert right < source.bounds.right - 2000
        assert source.bounds.bottom + 2000 < bottom
        assert top < source.bounds.top - 2000


def test_the_scene_classification_agrees_with_the_bands(full: SampleCatalogue) -> None:
    """Water is dark in the infrared, vegetation has a high index, clouds are bright."""
    blue, red, nir = (pixels(full, CLOUDY, band)[::2, ::2].astype(float) for band in ("B02", "B04", "B08"))
    scl, index = pixels(full, CLOUDY, "SCL"), (nir - red) / (nir + red)
    assert set(np.unique(scl)) <= {2, 3, 4, 5, 6, 8, 9, 10}
    assert np.percentile(nir[scl == 6], 90) < 1500
    assert index[scl == 4].min() > 0.3
    assert np.median(blue[scl == 9]) > 5000 > np.median(blue[scl == 5])


def test_the_cloud_cover_of_the_item_is_that_of_its_classification(full: SampleCatalogue) -> None:
    """Classes 8, 9 and 10 are clouds, as in Earth Search."""
    item = full.item(full.collection_id, CLOUDY, "http://here")
    share = 100 * np.isin(pixels(full, CLOUDY, "SCL"), (8, 9, 10)).mean()
    assert item["properties"]["eo:cloud_cover"] == pytest.approx(share, abs=0.01)
    assert 20 < share < 26


def test_the_natural_colour_formula_gives_a_picture_with_contrast(full: SampleCatalogue) -> None:
    """Desert yellow, fields green, the lake dark, nothing burnt out, by the formula of the 2020 notebook."""
    operations = pytest.importorskip("color_operations")
    rgb = np.stack([pixels(full, CLEAR, band) for band in ("B04", "B03", "B02")])
    picture = operations.utils.to_math_type(rgb)
    for operation in operations.parse_operations(NATURAL):
        picture = operation(picture)
    scl = np.kron(pixels(full, CLEAR, "SCL"), np.ones((2, 2), np.uint8))
    sand, green, water = (picture[:, scl == name].mean(axis=1) for name in (5, 4, 6))
    assert sand[0] > sand[1] > sand[2] > 0.25
    assert green[1] > green[0] > green[2]
    assert water.max() < green[1] < sand[0] < 0.85
    assert np.mean(picture > 0.97) < 0.01


def test_vegetation_follows_the_seasons(tiny: SampleCatalogue) -> None:
    """Winter crops in February, harvest in May, summer crops in August, bare fields in October."""

    def greenness(item_id: str) -> float:
        red, nir = (pixels(tiny, item_id, band).astype(float)[40:] for band in ("B04", "B08"))
        return float(np.mean((nir - red) / (nir + red)))

    by_month = {item_id[14:16]: greenness(item_id) for item_id in tiny.item_ids if tiny_is_clear(tiny, item_id)}
    assert by_month["02"] > by_month["05"] + 0.15
    assert by_month["08"] > by_month["05"] + 0.1
    assert by_month["08"] > by_month["10"] + 0.1
    assert by_month["12"] > by_month["10"] + 0.1


def tiny_is_clear(catalogue: SampleCatalogue, item_id: str) -> bool:
    cover: float = catalogue.item(catalogue.collection_id, item_id, "")["properties"]["eo:cloud_cover"]
    return cover < 1
