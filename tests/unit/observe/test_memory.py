"""How much memory is in use, and how much may be?"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pytest

from app.observe.memory import find_memory, resident_bytes

MIB = 2**20


@pytest.fixture
def container(tmp_path: Path) -> Path:
    (tmp_path / "memory.max").write_text(f"{100 * MIB}\n")
    (tmp_path / "memory.current").write_text(f"{90 * MIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {60 * MIB}\nfile {30 * MIB}\ninactive_file {20 * MIB}\n")
    return tmp_path


def test_a_container_counts_for_all_workers_and_without_files_that_are_only_cached(container):
    memory = find_memory(None, 8, cgroup=container)
    assert memory.limit_bytes == 100 * MIB
    assert memory.share() == 0.7


@pytest.mark.parametrize("text", ["max", "", "nonsense"])
def test_without_a_limit_of_a_container_it_is_the_machines(container, text):
    (container / "memory.max").write_text(text)
    memory = find_memory(None, 1, cgroup=container)
    assert memory.limit_bytes == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < memory.share() < 1


def test_the_operators_limit_comes_first_and_is_shared_by_the_workers(container):
    memory = find_memory(400 * MIB, 2, cgroup=container)
    assert memory.share() == pytest.approx(2 * resident_bytes() / (400 * MIB), rel=0.2)


def test_what_the_system_does_not_tell_is_no_reason_to_stop(tmp_path):
    assert find_memory(MIB, 1, proc=tmp_path).share() == 0


def test_what_is_allocated_is_seen():
    """Memory of its own, from the system: an array could lie where another one was."""
    before = resident_bytes()
    with mmap.mmap(-1, 64 * MIB) as held:
        held.write(b"x" * (64 * MIB))
        assert resident_bytes() - before > 50 * MIB
