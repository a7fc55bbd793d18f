"""Exports of real scenes have the pixels that rasterio reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from click.testing import CliRunner

from app.cli import main
from tests.shared import DATA, needs_shared

SCENE = DATA / "s2-timeseries" / "S2B_33TWM_20230820_0_L2A"
CLOUDS = (3, 8, 9, 10)


def export(folder: Path, *words: str) -> Path:
    output = folder / "x.tif"
    run = CliRunner().invoke(main, ["export", str(SCENE / "item.v1.json"), "-o", str(output), *words])
    assert run.exit_code == 0, run.output
    return output


@needs_shared
def test_bands_of_an_item_side_by_side(tmp_path):
    with rasterio.open(export(tmp_path, "assets=red,nir")) as made:
        red, nir, alpha = made.read()
        with rasterio.open(SCENE / "B04.tif") as first, rasterio.open(SCENE / "B08.tif") as second:
            assert (made.transform, made.crs) == (first.transform, first.crs)
            assert np.array_equal(red, first.read(1))
            assert np.array_equal(nir, second.read(1))
            assert np.array_equal(alpha != 0, (first.dataset_mask() | second.dataset_mask()) != 0)


@needs_shared
def test_clouds_that_a_mask_hides_are_hidden(tmp_path):
    with rasterio.open(export(tmp_path, "assets=red", f"mask=scl:{','.join(map(str, CLOUDS))}")) as made:
        alpha = made.read(2)
    with rasterio.open(SCENE / "SCL.tif") as classes, rasterio.open(SCENE / "B04.tif") as red:
        hidden = np.isin(classes.read(1), CLOUDS)
        assert hidden.any()
        assert np.array_equal(alpha != 0, ~hidden & (red.dataset_mask() != 0))
