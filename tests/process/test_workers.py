"""Several workers: they share connections, are replaced when they end or are stuck, and end together."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from tests.serving import free_port, wait_until_ready
from tests.upstream import upstream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

LISTENS = "0A"
"""TCP_LISTEN in include/net/tcp_states.h."""

SWATH = Path(sys.executable).with_name("swath")


class Server:
    """``swath serve --workers 2`` in a process of its own, with files of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        command = [str(SWATH), "serve", "--port", str(self.port), "--workers", "2"]
        env = {**os.environ, "SWATH_DATA_ROOT": str(folder), "SWATH_DRAIN_PAUSE_S": "0", "SWATH_DRAIN_S": "2"}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def workers(self) -> list[int]:
        """Process ids."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def listeners(self) -> int:
        """Sockets on which workers take connections."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(f":{self.port:04X}") and row[3] == LISTENS for row in rows)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        wait_until_ready(server.base, server.process)
        eventually(lambda: server.listeners() == 2, "both listen")
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def sockets(pid: int) -> int:
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return sum(link.startswith("socket:") for link in links)


def test_two_workers_share_the_connections(server):
    """Of 40, each has at least 5: dealt out by chance, one server of a million has fewer."""
    eventually(lambda: len(server.workers()) == 2, "two workers")
    time.sleep(1)  # the other one listens, too
    before = {pid: sockets(pid) for pid in server.workers()}
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        eventually(lambda: sum(map(sockets, before)) >= sum(before.values()) + 40, "all connections accepted")
        assert all(sockets(pid) - count >= 5 for pid, count in before.items())


def test_a_worker_that_ends_is_replaced_while_the_other_answers(server):
    eventually(lambda: len(server.workers()) == 2, "two workers")
    first, second = server.workers()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(server.workers()) == 2 and first not in server.workers(), "a new worker")
    assert second in server.workers()
    assert requests.get(f"{server.base}/livez", timeout=10).ok


def test_metrics_are_those_of_all_workers(server, tmp_path):
    """Each request comes on a connection of its own, so both workers have counted."""
    place = from_origin(0, 1, 0.1, 0.1)
    profile = {"driver": "COG", "dtype": "uint8", "count": 1, "height": 10, "width": 10, "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "mine.tif", "w", transform=place, **profile) as dataset:
        dataset.write(np.full((1, 10, 10), 7, np.uint8))
    before = counted(server)
    for _ in range(40):
        answer = requests.get(f"{server.base}/cog/point/0.5,0.5", params={"url": "mine.tif"}, timeout=10)
        assert answer.json()["values"] == [7]
    assert {counted(server) for _ in range(10)} == {before + 40}


def counted(server: Server) -> float:
    text = requests.get(f"{server.base}/metrics", timeout=10).text
    match = re.search(r'swath_reads_total\{driver="cog",reason=""\} ([0-9.]+)', text)
    assert match is not None, text
    return float(match[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_workers_and_the_server_without_a_fault(server, number):
    eventually(lambda: len(server.workers()) == 2, "two workers")
    workers = server.workers()
    server.process.send_signal(number)
    assert server.process.wait(timeout=20) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_workers_end_when_their_supervisor_is_killed(server):
    """Nobody would end them later, and the port would stay taken."""
    eventually(lambda: len(server.workers()) == 2, "two workers")
    workers = server.workers()
    server.process.kill()
    server.process.wait(timeout=10)
    eventually(lambda: not any(is_running(pid) for pid in workers), "no worker left")


def is_running(pid: int) -> bool:
    """Whether a process is there and has not ended, unless nobody has asked for its status."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def test_when_all_workers_are_killed_the_server_is_back_in_5_seconds(server):
    eventually(lambda: len(server.workers()) == 2, "two workers")
    killed = server.workers()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    started = time.monotonic()
    eventually(lambda: not set(killed) & set(server.workers()) and server.listeners() == 2, "two new ones")
    assert time.monotonic() - started < 5
    assert requests.get(f"{server.base}/readyz", timeout=5).ok


def test_a_worker_that_is_stuck_is_killed_and_replaced(server):
    stuck, other = server.workers()
    os.kill(stuck, signal.SIGSTOP)
    started = time.monotonic()
    eventually(lambda: stuck not in server.workers() and server.listeners() == 2, "a new one")
    assert 9 < time.monotonic() - started < 15
    assert other in server.workers()
    assert requests.get(f"{server.base}/livez", timeout=5).ok
    server.process.terminate()
    _, told = server.process.communicate(timeout=20)
    assert f"Worker {stuck} does nothing any more, and is killed." in told


def test_a_worker_that_is_stuck_does_not_keep_the_server(server):
    """Its supervisor waits as long as a draining worker may take."""
    stuck, _ = server.workers()
    os.kill(stuck, signal.SIGSTOP)
    server.process.terminate()
    assert server.process.wait(timeout=10) == 1
    assert not is_running(stuck)


FAILS = """
import sys, time
from app.serve.supervisor import Supervisor
def work(*_):
    sys.exit(3)
sys.exit(Supervisor(work, 2, 1).run())
"""


def test_workers_that_never_get_ready_are_given_up():
    """Whatever keeps this program running should know that it cannot work."""
    run = subprocess.run([sys.executable, "-c", FAILS], capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 1
    assert 5 <= run.stderr.count("ended with status 3") <= 10


RETIRES = """
import sys, threading
from functools import partial
from pathlib import Path
from app.serve import Address
from app.serve.supervisor import Supervisor
from app.serve.work import work
port, marker = int(sys.argv[1]), Path(sys.argv[2])
def once_retires(beat, retire):
    try:
        marker.touch(exist_ok=False)
        threading.Timer(1.5, retire).start()
    except FileExistsError:
        pass
    work(Address(host="127.0.0.1", port=port), beat, retire)
sys.exit(Supervisor(once_retires, 1, 20).run())
"""


def test_a_worker_that_retires_has_a_successor_first_and_answers_what_it_began(tmp_path):
    """One worker: if it went first, connections would be refused; its last request waits for an upstream."""
    (tmp_path / "a.json").write_text("{}")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with upstream(tmp_path) as data:
        env = {**os.environ, "SWATH_ALLOW_HOSTS": data.host, "SWATH_DRAIN_PAUSE_S": "0.5"}
        command = [sys.executable, "-c", RETIRES, str(port), str(tmp_path / "marker")]
        process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        try:
            wait_until_ready(base, process)
            data.fault("/a.json", delay_s=4)
            with ThreadPoolExecutor(1) as pool:
                begun = pool.submit(requests.get, f"{base}/stac/info?url={data.url('/a.json')}", timeout=20)
                statuses = []
                while not begun.done():
                    statuses.append(requests.get(f"{base}/livez", timeout=5).status_code)
                    time.sleep(0.02)
            assert begun.result().status_code == 424, "the document is no item, and it has been read"
            assert set(statuses) == {200}
        finally:
            process.terminate()
            _, told = process.communicate(timeout=30)
    assert re.search(r"Worker (\d+) retires; worker (?!\1)\d+ takes its place", told), told
    assert process.returncode == 0
