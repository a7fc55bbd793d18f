"""Pictures of legends."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from rio_tiler.colormap import cmap

from app.encode.legend.drawing import Box, Text
from app.encode.legend.layout import PADDING, lay_out
from app.encode.legend.png import draw_png
from app.encode.legend.svg import write_svg
from app.model.legend import Class, Legend
from app.style.legend import bar

VIRIDIS = tuple(cmap.get("viridis")[value] for value in range(256))
RAMP = Legend(title="NDVI", bars=(bar("", (-1, 1), VIRIDIS),))
CHANNELS = Legend(
    title="scene", bars=tuple(bar(f"{name}: B04", (0, 3000), VIRIDIS) for name in ("Red", "Green", "Blue"))
)
CLASSES = Legend(
    title="cover", classes=tuple(Class(low=n, high=n, label=f"class {n}", color=(n, 0, 0, 255)) for n in range(20))
)
NS = "{http://www.w3.org/2000/svg}"


def pixels(legend: Legend, scale: int = 1, **options: bool) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(draw_png(lay_out(legend, **options), scale))).convert("RGB"))


@pytest.mark.parametrize("vertical", [False, True])
def test_a_ramp_runs_from_the_first_colour_to_the_last(vertical: bool):
    drawing = lay_out(RAMP, vertical=vertical)
    [box] = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    drawn = pixels(RAMP, 4, vertical=vertical)
    middle = round(4 * (box.x + box.width / 2)), round(4 * (box.y + box.height / 2))
    line = drawn[round(4 * box.y) + 4 : round(4 * (box.y + box.height)) - 4, middle[0]][::-1]
    if not vertical:
        line = drawn[middle[1], round(4 * box.x) + 4 : round(4 * (box.x + box.width)) - 4]
    assert np.abs(line[[0, -1]].astype(int) - np.array([VIRIDIS[1][:3], VIRIDIS[-2][:3]])).max() <= 6
    assert [shape.text for shape in drawing.shapes if isinstance(shape, Text)] == [
        "NDVI",
        "-1",
        "-0.5",
        "0",
        "0.5",
        "1",
    ]


@pytest.mark.parametrize("legend", [RAMP, CHANNELS, CLASSES])
@pytest.mark.parametrize("vertical", [False, True])
def test_everything_lies_inside_the_picture_on_white(legend: Legend, vertical: bool):
    drawn = pixels(legend, vertical=vertical)
    height, width, _ = drawn.shape
    assert width <= 420
    assert height <= 420
    inner = drawn[1:-1, 1:-1]
    assert (inner[: PADDING - 6] == 255).all()
    assert (inner[-PADDING + 6 :] == 255).all()
    assert (inner[:, : PADDING - 6] == 255).all()
    assert (inner[:, -PADDING + 6 :] == 255).all()
    assert (inner < 255).any()


@pytest.mark.parametrize("legend", [RAMP, CHANNELS, CLASSES])
def test_a_scale_makes_the_same_picture_finer(legend: Legend):
    one, four = pixels(legend), pixels(legend, 4)
    assert four.shape == (4 * one.shape[0], 4 * one.shape[1], 3)


def test_an_svg_has_the_size_the_colours_and_the_words():
    drawing = lay_out(CHANNELS)
    root = ET.fromstring(write_svg(drawing))
    assert (root.get("width"), root.get("height")) == (str(drawing.width), str(drawing.height))
    assert [text.text for text in root.iter(f"{NS}text")][:2] == ["scene", "Red: B04"]
    stops = list(next(root.iter(f"{NS}linearGradient")))
    assert [stops[at].get("stop-color") for at in (0, -1)] == ["#440154", "#fde724"]
    assert [stops[at].get("offset") for at in (0, -1)] == ["0", "1"]


def test_bars_of_few_colours_have_hard_edges():
    halves = ((255, 0, 0, 255),) * 128 + ((0, 0, 255, 64),) * 128
    root = ET.fromstring(write_svg(lay_out(Legend(title="", bars=(bar("", (0, 1), halves),)))))
    stops = [(stop.get("offset"), stop.get("stop-color"), stop.get("stop-opacity")) for stop in root.iter(f"{NS}stop")]
    assert stops == [
        ("0", "#ff0000", None),
        ("0.5", "#ff0000", None),
        ("0.5", "#0000ff", "0.251"),
        ("1", "#0000ff", "0.251"),
    ]


@pytest.mark.parametrize("words", ['<script>alert("1")</script>', "a & b ' \" > ]]>", "&#x3c;b&gt;"])
def test_words_are_words_in_svg(words: str):
    legend = Legend(title=words, classes=(Class(low=0, high=0, label=words, color=(0, 0, 0, 255)),))
    root = ET.fromstring(write_svg(lay_out(legend)))
    assert [text.text for text in root.iter(f"{NS}text")] == [words, words]
    assert {element.tag for element in root.iter()} == {f"{NS}{tag}" for tag in ("svg", "rect", "text")}


def test_long_words_and_many_classes_are_cut_off():
    many = tuple(Class(low=n, high=n, label="w" * 500, color=(1, 2, 3, 255)) for n in range(4096))
    drawing = lay_out(Legend(title="w" * 5000, classes=many))
    assert drawing.width < 900
    assert drawing.height < 400
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Text)]
    assert words[-1] == "and 4033 more"
    assert words[1].endswith("...")
    assert sum(isinstance(shape, Box) for shape in drawing.shapes) == 63
