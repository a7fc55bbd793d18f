"""The limits of band math, colours and sizes: at the limit it works, one above it is refused with the limit named."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from app.errors import LimitExceeded
from app.style.colormap import parse_colormap
from tests.problems import problem_of

AREA = "30.80,29.45,30.88,29.52"


@pytest.fixture(scope="module")
def base(sample_server: str) -> str:
    return sample_server


@pytest.fixture(scope="module")
def item(base: str) -> str:
    found = requests.get(f"{base}/v0/search", params={"limit": 1}, timeout=30).json()["features"][0]
    return next(link["href"] for link in found["links"] if link["rel"] == "self")


def deep(levels: int) -> str:
    """Each bracket and its operation is one level; the innermost name is one more."""
    return "sqrt(" * (levels - 1) + "B04" + ")" * (levels - 1)


ABOVE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "characters": ({"expression": "B04" + " " * 2045}, {"expression": "B04" + " " * 2046}, "2048"),
    "nodes": ({"expression": "+".join(["B04"] * 32)}, {"expression": ";".join(["+".join(["B04"] * 20)] * 7)}, "256"),
    "depth": ({"expression": deep(32)}, {"expression": deep(33)}, "32"),
    "outputs": ({"expression": ";".join(["B04"] * 8), "format": "npy"}, {"expression": ";".join(["B04"] * 9)}, "8"),
    "exponent": ({"expression": "B04**16"}, {"expression": "B04**17"}, "16"),
    "parts of a colour": (
        {"assets": "SCL", "colormap": '{"1": [255, 0, 0, 255]}'}, {"assets": "SCL", "colormap": '{"1": [256, 0, 0, 255]}'}, "255",
    ),
    "operations": (
        {"assets": "visual", "color_formula": "gamma RGB 1.1 " * 16}, {"assets": "visual", "color_formula": "gamma RGB 1.1 " * 17}, "16",
    ),
    "rescale": ({"assets": "B04", "rescale": "0,1"}, {"assets": "B04", "rescale": "1,1"}, "low below high"),
    "finite": ({"assets": "B04", "rescale": "0,1e300"}, {"assets": "B04", "rescale": "0,1e309"}, "finite"),
    "one range per band": ({"assets": "visual", "rescale": "0,1,0,2,0,3"}, {"assets": "visual", "rescale": "0,1,0,2"}, "one per band"),
    "crs": ({"assets": "B04", "dst_crs": "EPSG:32636"}, {"assets": "B04", "dst_crs": "+proj=utm"}, "EPSG:n"),
    "scale": ({"assets": "B04", "padding": "128"}, {"assets": "B04", "padding": "129"}, "128"),
    "width": ({"assets": "B04", "width": "2048", "height": "2"}, {"assets": "B04", "width": "2049", "height": "2"}, "2048"),
}  # fmt: skip


@pytest.mark.parametrize("limit", ABOVE)
def test_the_limit_itself_is_allowed_and_one_above_is_refused(base: str, item: str, limit: str) -> None:
    allowed, refused, told = ABOVE[limit]
    small = {"max_size": "32", "url": item}
    good = requests.get(f"{base}/stac/crop/{AREA}", params={**small, **allowed}, timeout=30)
    assert good.status_code == 200, good.text[:300]
    bad = requests.get(f"{base}/stac/crop/{AREA}", params={**small, **refused}, timeout=30)
    assert bad.status_code in (400, 414), bad.text[:300]
    assert told in problem_of(bad)["detail"]


def test_a_colormap_is_as_long_as_its_limit() -> None:
    """No URL holds more than 16 KiB, so a whole request cannot show it."""
    text = '{"1": "#ff0000"}'
    assert parse_colormap(text.ljust(16 * 1024)) == {1: (255, 0, 0, 255)}
    with pytest.raises(LimitExceeded, match="16384"):
        parse_colormap(text.ljust(16 * 1024 + 1))


def test_parameters_are_counted(base: str, item: str) -> None:
    query = [("url", item), ("assets", "B04"), *[("unknown", "1")] * 62]
    assert requests.get(f"{base}/stac/tiles/13/4797/3391.png", params=query, timeout=30).status_code != 400
    answer = requests.get(f"{base}/stac/tiles/13/4797/3391.png", params=[*query, ("unknown", "1")], timeout=30)
    assert answer.status_code == 400
    assert "64" in problem_of(answer)["detail"]


def test_long_urls_are_refused(base: str) -> None:
    path = "/stac/info?url="
    assert requests.get(base + path + "x" * (16 * 1024 - len(path) + 1), timeout=30).status_code != 414
    answer = requests.get(base + path + "x" * (16 * 1024 - len(path) + 2), timeout=30)
    assert answer.status_code == 414
    assert problem_of(answer)
