"""The commands of docs/timeseries.md are run, and their answers are what the page says."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.docs.commands import run_commands


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("timeseries.md", sample_server, tmp_path_factory.mktemp("series"))


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open()))


def test_the_fields_are_greener_in_winter(answers):
    rows = table(answers / "series.csv")
    assert len(rows) >= 20
    assert [row["datetime"] for row in rows] == sorted(row["datetime"] for row in rows)
    means = {row["datetime"][:7]: float(row["mean"]) for row in rows if row["mean"]}
    assert means["2019-02"] > means["2019-05"] + 0.1


def test_clouds_leave_gaps(answers):
    values = [row["values"][0] for row in json.loads((answers / "point.json").read_text())["rows"]]
    assert None in values
    assert max(value for value in values if value is not None) > 0.6


def test_a_month_is_a_row(answers):
    assert [row["period"] for row in table(answers / "months.csv")] == [f"2019-{month:02}" for month in range(1, 13)]
