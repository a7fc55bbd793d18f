"""Run the real server in this process, on a loopback port of its own."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from starlette.types import ASGIApp

from app.main import create_app
from app.serve.config import configure
from app.serve.drain import Drain, Server
from app.settings import Settings

AT_ONCE = Drain(pause_s=0, flight_s=1)


@contextmanager
def serving(settings: Settings, app: ASGIApp | None = None, drain: Drain = AT_ONCE) -> Iterator[str]:
    """Serve an application, made with these settings, while inside; gives its base URL without a trailing slash."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = Server(configure(lambda: app or create_app(settings), settings), drain)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


def free_port() -> int:
    """A port of the loopback that nothing listens on, for a server that is a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(base: str, process: subprocess.Popen[str]) -> None:
    """Return when the server that is started by ``process`` answers ``/readyz``; fail if it ends before."""
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            if requests.get(f"{base}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server did not become ready in a minute")
