"""Every spelling on the page for those who come from TiTiler is asked for: a row is one picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

PAGE = (Path(__file__).parents[2] / "docs" / "titiler.md").read_text(encoding="utf-8")


def rows(columns: int) -> dict[str, list[str]]:
    """Names to the cells in code of the tables with so many columns of spellings."""
    found: dict[str, list[str]] = {}
    for line in PAGE.splitlines():
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == columns + 1 and all(re.fullmatch("`.+`", cell) for cell in cells[1:]):
            found[cells[0]] = [cell.strip("`") for cell in cells[1:]]
    return found


QUERIES, PATHS = rows(3), rows(2)


@pytest.fixture(scope="module")
def item(sample_server: str) -> str:
    return f"{sample_server}/v0/collections/sentinel-s2-l2a-cogs/items/S2B_36RTT_20191205_0_L2A"


def test_the_tables_are_found():
    assert (len(QUERIES), len(PATHS)) == (8, 3)


@pytest.mark.parametrize("name", QUERIES)
def test_a_row_of_queries_is_one_picture(sample_server: str, item: str, name: str):
    tile = f"{sample_server}/stac/tiles/WebMercatorQuad/12/2398/1696.png"
    assert_one([requests.get(f"{tile}?url={item}&strict=true&{query}", timeout=30) for query in QUERIES[name]])


@pytest.mark.parametrize("name", PATHS)
def test_a_row_of_paths_is_one_answer(sample_server: str, item: str, name: str):
    query = {"url": item, "assets": "B04", "strict": "true"}
    assert_one([requests.get(sample_server + path, params=query, timeout=30) for path in PATHS[name]])


def assert_one(answers: list[requests.Response]) -> None:
    assert [answer.status_code for answer in answers] == [200] * len(answers), [each.text[:200] for each in answers]
    assert len({(answer.headers["ETag"], answer.content) for answer in answers}) == 1
