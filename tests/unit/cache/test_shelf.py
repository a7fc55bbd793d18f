"""Texts in a folder: found by every worker, whole or not at all, and never too many."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from app.cache.shelf import Shelf
from app.model.search import id_of


def shelf(folder: Path, texts_max: int = 100, bytes_max: float = 1e6) -> Shelf:
    return Shelf(folder, id_of, texts_max=texts_max, bytes_max=bytes_max)


def put(kept: Shelf, text: str) -> str:
    return asyncio.run(kept.put(text))


def get(kept: Shelf, name: str) -> str | None:
    return asyncio.run(kept.get(name))


def test_what_one_worker_keeps_another_one_finds(tmp_path):
    name = put(shelf(tmp_path / "new"), "text")
    assert name == id_of("text")
    assert get(shelf(tmp_path / "new"), name) == "text"
    assert get(shelf(tmp_path / "new"), id_of("other")) is None


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 31, "G" * 64, "a" * 64 + "/..", "a" * 64 + "\n"])
def test_a_name_that_is_none_leads_nowhere(tmp_path, name):
    (tmp_path / "secret").write_text("secret")
    assert get(shelf(tmp_path / "in"), name) is None


def test_a_text_that_was_changed_is_as_good_as_none(tmp_path):
    name = put(shelf(tmp_path), "text")
    (tmp_path / name).write_text("else")
    assert get(shelf(tmp_path), name) is None
    put(shelf(tmp_path), "text")
    assert get(shelf(tmp_path), name) == "text"


def test_the_oldest_go_when_there_are_too_many(tmp_path):
    kept = shelf(tmp_path, texts_max=3)
    names = []
    for n, text in enumerate(("one", "two", "three", "four")):
        if n == 3:
            assert get(kept, names[0]) == "one"  # asked for again, so that the second is now the oldest
        names.append(put(kept, text))
        os.utime(tmp_path / names[-1], (n, n))
    assert [get(kept, name) for name in names] == ["one", None, "three", "four"]


def test_the_oldest_go_when_they_take_too_many_bytes(tmp_path):
    kept = shelf(tmp_path, bytes_max=1000)
    for n in range(10):
        name = put(kept, str(n) * 300)
        os.utime(tmp_path / name, (n, n))
    assert len(list(tmp_path.iterdir())) == 3
    assert get(kept, id_of("9" * 300))


def test_what_a_killed_worker_left_behind_is_removed_in_its_turn(tmp_path):
    draft = tmp_path / ".draft-left"
    draft.write_text("x" * 900)
    os.utime(draft, (0, 0))
    put(shelf(tmp_path, bytes_max=1000), "y" * 300)
    assert not draft.exists()


def test_other_files_of_the_folder_are_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("x" * 5000)
    put(shelf(tmp_path, bytes_max=1000), "y" * 300)
    assert (tmp_path / "notes.txt").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        put(shelf(tmp_path / "file"), "text")
