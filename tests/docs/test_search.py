"""The commands of docs/search.md are run, and their answers are what the page says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from tests.docs.commands import run_commands

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("search.md", sample_server, tmp_path_factory.mktemp("search"))


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_two_ways_to_ask_are_one_search(answers):
    by_query = [link["href"] for link in read(answers / "items.json")["links"] if link["rel"] == "self"]
    assert by_query[0].endswith(f"/search/{read(answers / 'search.json')['id']}")


def test_scenes_are_found_and_counted(answers):
    found = read(answers / "items.json")
    assert len(found["features"]) == found["numberMatched"] == found["numberReturned"] >= 14
    assert found["notes"] == found["left_out"] == []
    assert all(feature["properties"]["eo:cloud_cover"] < 5 for feature in found["features"])


def test_a_static_catalogue_is_put_in_order(answers):
    newest = read(answers / "newest.json")
    times = [feature["properties"]["datetime"] for feature in newest["features"]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True)


def test_limits_of_the_page_are_the_defaults():
    settings, page = Settings(), PAGE.replace("\n", " ")
    for value, name in (
        (settings.search_items_max, "scenes (`SWATH_SEARCH_ITEMS_MAX`)"),
        (settings.search_pages_max, "pages (`SWATH_SEARCH_PAGES_MAX`)"),
        (settings.search_documents_max, "documents of a catalogue or folder (`SWATH_SEARCH_DOCUMENTS_MAX`)"),
        (f"{settings.search_bytes_mb:g}", "MiB (`SWATH_SEARCH_BYTES_MB`)"),
        (f"{settings.search_timeout_s:g}", "s (`SWATH_SEARCH_TIMEOUT_S`)"),
        (settings.search_kept_max, "of them (`SWATH_SEARCH_KEPT_MAX`)"),
        (f"{settings.search_kept_mb:g}", "MiB (`SWATH_SEARCH_KEPT_MB`)"),
    ):
        assert f"{value} {name}" in page
