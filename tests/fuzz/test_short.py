"""The short form of ``make fuzz``: the same campaigns with few inputs, the same ones each time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz.api import run_api
from tests.fuzz.campaigns import run_items
from tests.fuzz.rasters import run_rasters
from tests.fuzz.watched import watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched through /proc")


@pytest.mark.parametrize("driver", ["auto", "gdal"])
def test_mutated_rasters_break_nothing(driver: str, tmp_path: Path) -> None:
    tally = run_rasters(range(40), driver, tmp_path)
    assert not tally.findings, tally.report()
    assert tally.statuses[200] > 10
    assert tally.statuses[424] > 10


def test_mutated_items_break_nothing(tmp_path: Path) -> None:
    tally = run_items(range(300), tmp_path)
    assert not tally.findings, tally.report()
    assert tally.statuses[200] > 10
    assert tally.statuses[424] > 10


def test_calls_made_up_from_the_openapi_document_are_answered_as_it_says(sample_server: str, tmp_path: Path) -> None:
    """``sample_server`` has written the sample before."""
    with watched(tmp_path / "api.log", "--sample") as server:
        tally = run_api(server, 300, seed=1)
    assert not tally.findings, tally.report()
    assert tally.statuses[200] > 10
