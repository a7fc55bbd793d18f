"""``swath timeseries``: a file that is whole or not there, and a command that goes on where it was stopped."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.small_scenes import POINT, SQUARE, make_scenes, values_of

COUNT = 150
ARGUMENTS = ["timeseries", "url=scenes", "assets=data", "--point", ",".join(map(str, POINT))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with many scenes in ``scenes``, and few in ``few``."""
    made = tmp_path_factory.mktemp("series")
    for name, count in (("scenes", COUNT), ("few", 3)):
        (made / name).mkdir()
        make_scenes(made / name, count)
    (made / "square.geojson").write_text(json.dumps(SQUARE))
    return made


def swath(folder: Path, *words: str, **settings: str) -> Result:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner(env={f"SWATH_{name.upper()}": value for name, value in settings.items()}).invoke(main, words)
    finally:
        os.chdir(before)


def done(part: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{part}?mode=ro", uri=True, timeout=5)) as db:
            return db.execute("SELECT coalesce(max(done), 0) FROM jobs").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_a_command_that_is_stopped_and_killed_goes_on_and_ends_with_all_rows(folder, tmp_path):
    """Ctrl-C at a tenth, kill -9 at a half; then to the end."""
    output, part = tmp_path / "series.csv", tmp_path / "series.csv.part"
    command = [sys.executable, "-m", "app.cli", *ARGUMENTS, "-o", str(output)]
    seen = 0
    for share, number in ((0.1, signal.SIGINT), (0.5, signal.SIGKILL)):
        env = os.environ | {"SWATH_JOBS_PROCESSES": "1"}
        process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while done(part) < COUNT * share:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(number)
        told = process.communicate(timeout=20)[1]
        assert process.returncode == (130 if number == signal.SIGINT else -number)
        assert ("the same command goes on" in told) == (number == signal.SIGINT)
        assert not output.exists()
        assert seen <= done(part) < COUNT
        seen = done(part)
    ended = swath(folder, *ARGUMENTS, "-o", str(output), jobs_processes="1")
    assert ended.exit_code == 0, ended.output
    rows = list(csv.DictReader(output.read_text().splitlines()))
    assert [(row["id"], row["data_b1"]) for row in rows] == [
        (f"scene-{number:04}", str(values_of(number)[5, 10])) for number in range(COUNT)
    ]
    assert list(tmp_path.iterdir()) == [output]


def test_numbers_within_polygons_come_as_lines_of_json(folder, tmp_path):
    output = tmp_path / "series.ndjson"
    words = ["timeseries", "url=few", "expression=data*2", "p=50", "by=day", "--features", "square.geojson"]
    ended = swath(folder, *words, "-o", str(output), jobs_processes="1")
    assert ended.exit_code == 0, ended.output
    *rows, books = [json.loads(line) for line in output.read_text().splitlines()]
    assert books["numberUsed"] == 3
    assert [row["period"] for row in rows] == ["2019-01-01", "2019-01-02", "2019-01-03"]
    means = [row["statistics"]["b1"]["mean"] for row in rows]
    assert means == pytest.approx([2.0 * values_of(number)[4:12, 4:12].mean() for number in range(3)])
    assert "percentile_50" in rows[0]["statistics"]["b1"]


def test_what_is_wrong_with_all_scenes_is_told_and_nothing_is_left(folder, tmp_path):
    words = ["timeseries", "url=few", "assets=B99", "--point", "30.01,29.99", "-o", str(tmp_path / "series.csv")]
    ended = swath(folder, *words, jobs_processes="1")
    assert ended.exit_code == 1
    assert "'B99'" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_was_begun_is_not_mixed_with_another_series(folder, tmp_path):
    """And a file of another kind is not taken for it."""
    output, part = tmp_path / "series.json", tmp_path / "series.json.part"
    part.write_text("not a database, but text of some length " * 100)
    ended = swath(folder, *ARGUMENTS, "-o", str(output))
    assert ended.exit_code == 1
    assert "series.json.part cannot be read" in ended.stderr
    part.unlink()
    begun(part)
    ended = swath(folder, *ARGUMENTS, "-o", str(output))
    assert ended.exit_code == 1
    assert "another series" in ended.stderr


def begun(part: Path) -> None:
    from app.jobs.job import Wanted
    from app.jobs.ledger import Ledger

    ledger = Ledger(part)
    ledger.add(Wanted(process="timeseries", inputs="{}"), ["{}"])
    ledger.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "x.tif", "--point", "1,2"], ".ndjson"),
        (["-o", "x.csv"], "--features"),
        (["-o", "x.csv", "--point", "1,2"], "api="),
        (["-o", "x.csv", "--point", "1,2,3", "url=few"], "point"),
        (["-o", "x.csv", "--point", "1,2", "url=few", "colour=red"], "colour"),
        (["-o", "x.csv", "--features", "square.geojson", "url"], "NAME=VALUE"),
        (["-o", "x.csv", "--features", "few/scene-0000.tif", "url=few"], "GeoJSON"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(folder, words, told):
    ended = swath(folder, "timeseries", *words)
    assert ended.exit_code == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.output


def test_a_scheduler_that_is_not_there_is_told(folder, tmp_path):
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        ended = swath(folder, *ARGUMENTS, "-o", str(tmp_path / "x.csv"), dask_scheduler=address)
    assert ended.exit_code == 1
    assert "SWATH_DASK_SCHEDULER" in ended.stderr
    assert not (tmp_path / "x.csv").exists()
