"""The page about access: its program signs as the server does, and its prices are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.access.rates import CALLERS_MAX
from app.access.signature import Signer, sign_url

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()


@pytest.fixture
def sign():
    match = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    names: dict = {}
    exec(match[1], names)
    return names["sign"]


@pytest.mark.parametrize(
    "url",
    [
        "https://h/cog/info",
        "https://h/stac/tilejson.json?url=https%3A%2F%2Fa%2Fb.json%3Fx%3D1%26y&assets=B04&assets=B03&empty=",
        "https://h/stac/crop/1,2,3,4.png?color_formula=Gamma+RGB%203.5&url=%C3%BC~b",
        "https://h/stac/tiles/WebMercatorQuad/{z}/{x}/{y}@1x.png?url=a&bidx=2&bidx=1",
        "https://h/cog/tiles/8/135/86@2x?url=a",
    ],
)
def test_the_program_of_the_page_signs_as_the_command_does(sign, url):
    secret = "0123456789abcdef"
    signature = sign(url, secret, 1700000000).partition("sig=")[2]
    assert sign_url(Signer([secret]), url, 1700000000).endswith(f"sig={signature}")
    prefixed = sign(url.replace("https://h", "https://h/swath"), secret, 1700000000, prefix="/swath")
    assert prefixed.endswith(f"sig={signature}")


def test_numbers_of_the_page_are_the_codes():
    assert f"{CALLERS_MAX:,}".replace(",", " ") in PAGE.replace("\n", " ")
