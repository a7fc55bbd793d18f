"""Pictures of the sample that a person has looked at: decoded pixels are compared, ``make bless`` accepts new ones."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

EXPECTED = Path(__file__).parent / "expected"
ITEM = "/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"
FORMULA = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"
BOX = "/stac/crop/30.81,29.47,30.87,29.51/360x240.png"

PICTURES = {
    "true-colour": (BOX, {"assets": "B04,B03,B02", "color_formula": FORMULA}),
    "infrared": (BOX, {"assets": "B08,B04,B03", "rescale": "0,4000"}),
    "ndvi": (BOX, {"expression": "(B08-B04)/(B08+B04)", "rescale": "-1,1", "colormap_name": "rdylgn"}),
    "classes": (BOX, {"assets": "SCL", "colormap": '{"4": "#3a7d34", "5": "#c9a66b", "6": "#1f4e8c"}'}),
    "edge": ("/stac/tiles/11/1199/847.png", {"assets": "visual"}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_one_that_was_looked_at(sample_server, name, request):
    path, params = PICTURES[name]
    answer = requests.get(sample_server + path, params={"url": sample_server + ITEM, **params}, timeout=60)
    assert answer.status_code == 200, answer.text
    expected = EXPECTED / f"{name}.png"
    if request.config.getoption("--bless"):
        expected.write_bytes(answer.content)
        return
    drawn, looked_at = (Image.open(source).convert("RGBA") for source in (BytesIO(answer.content), expected))
    difference = np.abs(np.asarray(drawn).astype(int) - np.asarray(looked_at).astype(int))
    # The sample is drawn with floats, which differ a little between processors: a few pixels by a few values.
    if drawn.size != looked_at.size or difference.mean() > 0.5:
        expected.with_suffix(".actual.png").write_bytes(answer.content)
        Image.fromarray(np.clip(difference[..., :3] * 8, 0, 255).astype(np.uint8)).save(
            expected.with_suffix(".difference.png")
        )
        pytest.fail(f"{name} differs: look at {expected.with_suffix('.actual.png').name} beside {expected.name}")
