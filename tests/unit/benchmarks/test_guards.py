"""The instruments of the guards: what they count must be right before it is believed."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator

import pytest

from benchmarks.guards.clients import Caller, ask, ask_for, run, until
from benchmarks.guards.probes import probing
from benchmarks.guards.server import sockets, tcp
from benchmarks.guards.source import Source, source
from benchmarks.report import tables
from benchmarks.soak import slope_per_hour
from tests.serving import free_port


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("source")
    (folder / "item.json").write_text('{"id": 1}')
    with source(folder) as running:
        yield running


def fetch(running: Source, path: str, host: int = 1, timeout_s: float = 5):
    return run(ask(running.url("", host), path, timeout_s))


def test_a_path_has_as_many_names_as_one_likes_on_as_many_hosts(running):
    for path, host in (("/item.json", 1), ("/~a/item.json", 2), ("/~b-1/item.json", 62)):
        assert json.loads(fetch(running, path, host).body) == {"id": 1}
    assert [asked.path for asked in running.take()] == ["/item.json", "/~a/item.json", "/~b-1/item.json"]
    assert running.take() == []


def test_a_pattern_misbehaves_and_others_do_not(running):
    running.fault("/~bad*", status=503, headers={"Retry-After": "2"})
    answer = fetch(running, "/~bad-1/item.json")
    assert (answer.status, answer.retry_after_s) == (503, 2)
    assert fetch(running, "/~good/item.json").status == 200


def test_requests_that_hang_are_counted_until_their_client_leaves(running):
    running.fault("/~hung*", hang_at=3)

    async def story() -> tuple[int, float]:
        caller = Caller(running.url(""))
        task = asyncio.create_task(caller.get("/~hung/item.json"))
        await asyncio.sleep(0.3)
        held = running.unanswered()
        task.cancel()
        caller.leave()
        return held, await until(lambda: not running.unanswered(), 5)

    held, after_s = run(story())
    assert held == 1
    assert after_s < 2


def test_no_answer_has_status_0_and_says_why(running):
    running.fault("/~cut*", cut_at=-1)
    running.fault("/~late*", delay_s=30)
    assert str(fetch(running, "/~cut/item.json")) == "IncompleteReadError"
    assert str(fetch(running, "/~late/item.json", timeout_s=0.2)) == "TimeoutError"
    assert str(run(ask(f"http://127.0.0.1:{free_port()}", "/"))) == "ConnectionRefusedError"


def test_a_polite_client_waits_as_it_is_told_and_a_rude_one_does_not(running):
    running.fault("/~busy*", status=503, headers={"Retry-After": "1"})
    asked = {rude: run(ask_for(running.url(""), lambda: "/~busy/item.json", 0.5, rude=rude)) for rude in (False, True)}
    assert len(asked[False]) == 1
    assert len(asked[True]) > 5


def test_a_probe_without_an_answer_took_for_ever():
    with probing(f"http://127.0.0.1:{free_port()}") as probes:
        threading.Event().wait(0.2)
    assert probes.worst_ms == float("inf")


def test_sockets_are_known_while_a_process_has_them():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listener.accept()
            [row] = [row for row in tcp() if (row.local_port, row.remote_port) == (port, client.getsockname()[1])]
            assert row.inode in sockets(os.getpid())
            accepted.close()
            [row] = [row for row in tcp() if (row.local_port, row.remote_port) == (port, client.getsockname()[1])]
            assert row.inode == 0


def test_a_slope_is_told_per_hour_with_its_error():
    """3 MB an hour, and a saw of 1 MB."""
    at_s = [float(second) for second in range(0, 7200, 5)]
    slope, error = slope_per_hour(at_s, [100 + 3 * second / 3600 + second % 2 for second in at_s])
    assert abs(slope - 3) < 2 * error + 0.01
    assert 0 < error < 0.2


def test_rows_are_shown_with_their_verdict():
    row = {"demand": "calm", "demanded": "<= 1 s", "seen": "2 s", "held": False, "details": ()}
    assert "| calm   | <= 1 s   | 2 s  | NO   |" in tables({"guards": [row]})
