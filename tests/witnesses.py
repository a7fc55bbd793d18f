"""Who opened a file, who connected? The kernel's word, whichever process it was."""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def listening() -> Iterator[tuple[int, list[Any]]]:
    """A port on every loopback address, IPv4 and IPv6, with a list of who came."""
    server = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    visits: list[Any] = []

    def accept() -> None:
        while True:
            try:
                visitor, address = server.accept()
            except OSError:
                return
            visits.append(address)
            visitor.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield server.getsockname()[1], visits
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


@contextmanager
def watching(folder: Path) -> Iterator[list[str]]:
    """Names of files of a folder that anybody opens or reads, by the kernel's word (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, os.fsencode(folder), 0x1 | 0x20) >= 0  # IN_ACCESS, IN_OPEN
    seen: list[str] = []
    try:
        yield seen
        while select.select([watch], [], [], 0)[0]:
            events = os.read(watch, 1 << 16)
            while events:
                _, _, _, length = struct.unpack_from("iIII", events)
                seen.append(events[16 : 16 + length].rstrip(b"\0").decode())
                events = events[16 + length :]
    finally:
        os.close(watch)
