"""The page of formats names all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from app.api.params import FORMATS

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()


@pytest.mark.parametrize("spelling", FORMATS)
def test_every_format_has_a_row_with_its_media_type(spelling):
    [row] = [line for line in PAGE.splitlines() if line.startswith("| ") and f"`{spelling}`" in line.split("|")[1]]
    assert f"`{FORMATS[spelling].media_type}`" in row


def test_the_api_description_tells_the_media_types(sample_server):
    paths = requests.get(f"{sample_server}/openapi.json", timeout=60).json()["paths"]
    content = paths["/{ds}/preview"]["get"]["responses"]["200"]["content"]
    assert set(content) == {format.media_type for format in FORMATS.values()}
    assert "text/csv" in paths["/{ds}/point/{point}"]["get"]["responses"]["200"]["content"]
