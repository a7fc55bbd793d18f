"""How the catalogue gets to its place: whole, once, and with a clear message when it cannot."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from app.sample import folder
from app.sample.folder import SampleUnavailable, make_once


def fill(draft: Path) -> None:
    (draft / "catalog.json").write_text("{}")


def test_a_complete_folder_is_used_again(tmp_path: Path) -> None:
    """The second call writes nothing."""
    make_once(tmp_path / "sample", fill)
    make_once(tmp_path / "sample", lambda _: pytest.fail("filled twice"))
    assert [path.name for path in (tmp_path / "sample").iterdir()] == ["catalog.json"]


def test_a_failed_start_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path) -> None:
    """The folder appears only when it is complete."""

    def break_off(draft: Path) -> None:
        fill(draft)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_once(tmp_path / "sample", break_off)
    assert not (tmp_path / "sample").exists()
    assert not list(tmp_path.glob("*.part"))
    make_once(tmp_path / "sample", fill)
    assert (tmp_path / "sample" / "catalog.json").exists()


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Only leftovers of this catalogue; other files in the folder are not ours."""
    left, other = tmp_path / ".sample.abc.part", tmp_path / "mine.part"
    left.mkdir()
    (left / "B04.tif").write_bytes(b"half")
    other.mkdir()
    make_once(tmp_path / "sample", fill)
    assert not left.exists()
    assert other.exists()


def test_two_starts_at_once_generate_once(tmp_path: Path) -> None:
    """The second waits for the first and takes its folder."""
    fills: list[Path] = []

    def slowly(draft: Path) -> None:
        fills.append(draft)
        time.sleep(0.2)
        fill(draft)

    threads = [threading.Thread(target=make_once, args=(tmp_path / "sample", slowly)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fills) == 1
    assert (tmp_path / "sample" / "catalog.json").exists()


def test_without_locks_the_first_rename_wins(tmp_path: Path) -> None:
    """As on Windows and some network file systems: the loser throws its work away."""

    def overtaken(draft: Path) -> None:
        fill(draft)
        winner = tmp_path / "sample"
        winner.mkdir()
        (winner / "catalog.json").write_text("first")

    make_once(tmp_path / "sample", overtaken)
    assert (tmp_path / "sample" / "catalog.json").read_text() == "first"
    assert not list(tmp_path.glob("*.part"))


def test_too_little_room_is_said_before_work_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the number of megabytes and the setting that moves the folder."""
    monkeypatch.setattr(folder, "FREE_MB", 10**12)
    with pytest.raises(SampleUnavailable, match=r"MB are free.*SWATH_SAMPLE_DIR"):
        make_once(tmp_path / "sample", lambda _: pytest.fail("began all the same"))


def test_a_disk_that_fills_up_is_explained(tmp_path: Path) -> None:
    """The system's reason and the remedy; nothing half-written stays."""

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(SampleUnavailable, match=r"No space left on device.*SWATH_SAMPLE_DIR"):
        make_once(tmp_path / "sample", full)
    assert not list(tmp_path.glob("*.part"))


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SampleUnavailable, match="SWATH_SAMPLE_DIR"):
        make_once(tmp_path / "cache" / "sample", fill)
