"""An export that is killed leaves no broken file, and the same command ends with the same bytes.

All are processes of their own: numpy here has been imported with more threads, which may round otherwise.
"""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

SWATH = Path(sys.executable).with_name("swath")
TILES = ("export", "scene.tif", "bidx=1", "rescale=0,4000", "--zooms", "15", "--bbox", "30.74,29.38,30.9,29.54", "-o")
"""Some 300 tiles."""
SQUARES = ("export", "scene.tif", "width=3072", "height=2048", "-o")
"""24 of 512 pixels, with ``SMALL``."""
SMALL = {"SWATH_ANSWER_MAX_MB": "4"}


def start(*words: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen([SWATH, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def finish(*words: str) -> None:
    process = start(*words)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def wait_for(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Return when the process has come so far; fail if it has ended."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)


def has_grown(output: str) -> Callable[[], bool]:
    """Whether more is kept than now, and than an empty file of sqlite has."""
    part = Path(f"{output}.part")
    before = part.stat().st_size if part.exists() else 0
    return lambda: part.exists() and part.stat().st_size > before + 200_000


def count_kept(output: str) -> int:
    with closing(sqlite3.connect(f"{output}.part")) as db:
        return db.execute("SELECT count(*) FROM pieces").fetchone()[0]


def interrupt(process: subprocess.Popen[str], number: int, output: str) -> None:
    """Send the signal in the middle; it ends at once, and says how to go on."""
    wait_for(process, has_grown(output))
    process.send_signal(number)
    sent = time.monotonic()
    told = process.communicate(timeout=30)[1]
    assert time.monotonic() - sent < 5  # a second, but machines of tests are busy
    assert process.returncode == 130
    assert told.strip() == f"Stopped. {output}.part keeps what is done: the same command goes on, to the same file."
    assert names() == ["scene.tif", f"{output}.part"]


def kill(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    wait_for(process, condition)
    process.kill()
    process.communicate(timeout=10)


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if not path.name.startswith("whole"))


def test_a_cog_that_is_interrupted_killed_and_killed_while_it_is_put_together(folder, monkeypatch):
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    finish(*SQUARES, "whole.tif")
    interrupt(start(*SQUARES, "x.tif"), signal.SIGINT, "x.tif")
    first = count_kept("x.tif")
    kill(start(*SQUARES, "x.tif"), has_grown("x.tif"))
    second = count_kept("x.tif")
    kill(start(*SQUARES, "x.tif"), Path("x.tif.tmp/plain.tif").exists)
    assert 0 < first <= second <= count_kept("x.tif") == 24
    assert not Path("x.tif").exists()
    finish(*SQUARES, "x.tif")
    assert Path("x.tif").read_bytes() == Path("whole.tif").read_bytes()
    assert names() == ["scene.tif", "x.tif"]


@pytest.mark.slow
def test_tiles_that_meet_a_full_disk_and_are_stopped(folder):
    """A limit on the size of files stands for the disk: both are a write that fails."""
    finish(*TILES, "whole.mbtiles")
    full = start(*TILES, "x.mbtiles", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, -1)))
    told = full.communicate(timeout=60)[1]
    assert full.returncode == 1
    assert told.startswith("Error: ")
    assert "Traceback" not in told
    first = count_kept("x.mbtiles")
    interrupt(start(*TILES, "x.mbtiles"), signal.SIGTERM, "x.mbtiles")
    assert 0 < first <= count_kept("x.mbtiles")
    assert not Path("x.mbtiles").exists()
    finish(*TILES, "x.mbtiles")
    assert Path("x.mbtiles").read_bytes() == Path("whole.mbtiles").read_bytes()
    assert names() == ["scene.tif", "x.mbtiles"]
