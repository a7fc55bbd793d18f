"""What happens when memory runs short, or threads do not come back?"""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from app.limits.admission import Admission
from app.limits.governor import Governor
from app.observe.memory import Memory


class Process:
    """A process of which ``used`` percent of the memory are in use, ``kept`` of them by caches."""

    def __init__(self, used: float, kept: float = 0, lost: float = 0) -> None:
        self.used, self.kept, self.lost = used, kept, lost
        self.sheds = 0
        self.retired: list[str] = []
        self.admission = Admission(10, 1)
        memory = Memory(100, lambda: self.used)
        self.governor = Governor(
            memory, self.admission, shed=self._shed, lost_share=lambda: self.lost, retire=self.retired.append
        )

    def _shed(self) -> None:
        self.sheds += 1
        self.used, self.kept = self.used - self.kept, 0


def test_with_memory_to_spare_nothing_happens():
    process = Process(used=79)
    process.governor.look()
    assert (process.sheds, process.admission.closed, process.retired) == (0, "", [])


def test_caches_are_emptied_first():
    process = Process(used=95, kept=20)
    assert not process.governor.look()
    assert (process.sheds, process.admission.closed, process.retired) == (1, "", [])


def test_then_nobody_is_admitted_until_there_is_memory_again():
    process = Process(used=85)
    process.governor.look()
    assert "no memory left" in process.admission.closed
    process.used = 70
    process.governor.look()
    assert process.admission.closed == ""
    assert process.retired == []


def test_a_worker_that_stays_full_asks_for_another_one_once():
    process = Process(used=95, kept=1)
    assert all(process.governor.look() for _ in range(3))
    assert len(process.retired) == 1
    assert "94%" in process.retired[0]


@pytest.mark.parametrize(("lost", "asks"), [(0.25, 0), (0.3, 1)])
def test_a_worker_whose_threads_do_not_come_back_asks_for_another_one(lost, asks):
    process = Process(used=10, lost=lost)
    process.governor.look()
    process.governor.look()
    assert len(process.retired) == asks


GIVES_BACK = """
import ctypes, time
from app.limits import governor
from app.limits.admission import Admission
from app.observe.memory import Memory, resident_bytes

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
pieces = [libc.malloc(size) for _ in range(640) for size in (100_000, 1_000)]
for piece in pieces[::2]:
    ctypes.memset(piece, 1, 100_000)
for piece in pieces[::2]:
    libc.free(piece)
governor.GIVE_BACK_S = 0.0
held, end = resident_bytes(), time.monotonic() + 10
memory = Memory(100, lambda: 10)
governor.Governor(memory, Admission(10, 1), shed=print, lost_share=lambda: 0, retire=print).look()
while resident_bytes() > held - 32 * 2**20 and time.monotonic() < end:
    time.sleep(0.01)
print(held - resident_bytes())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is given back is glibc's")
def test_what_is_free_between_pieces_in_use_is_given_back_now_and_then():
    """The C library would keep it until what lies above is free; in a process whose heap has no other holes."""
    run = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, timeout=60, check=True)
    assert int(run.stdout) >= 32 * 2**20
