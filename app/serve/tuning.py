"""How should the interpreter and the C library behave in a worker?"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

SWITCH_S = 0.001
"""How long a thread keeps the interpreter when others want it: the event loop, which answers probes and refuses, would
wait for the threads that draw five times as long with Python's 5 ms."""

ARENAS = 4
"""Heaps of the C library: it would make up to eight for each core, of which each keeps what its threads have freed."""
MAPPED_BYTES = 4 * 2**20
"""Blocks of memory from this size on are given back as soon as they are free: those of large pictures would stay, in
pieces. Smaller ones, those of tiles, are used again."""

SPARE_BYTES = 32 * 2**20
"""So much at the end of a heap is kept: with 128 KiB, the default, each tile would give it back and ask again."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h


def tune() -> None:
    """Set them for this process."""
    sys.setswitchinterval(SWITCH_S)
    with suppress(OSError, AttributeError):  # another C library than glibc
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_M_ARENA_MAX, ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, SPARE_BYTES)
