"""How a worker ends: it says so, goes on for a moment, lets requests in flight end, gives the rest up, and is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Self

import click
import uvicorn

from app.serve.protocol import PatientProtocol
from app.settings import Settings

ARRIVE_S = 0.3
"""A request may be on its way over a connection that was made just before; closed at once, it would be cut off."""

LEAVE_S = 1.0
"""What was given up may take so long to let go of its upstreams."""

CLOSE_S = 2.0
"""Then all must end: pools, the log, threads that do not come back."""

STEP_S = 0.05
BEAT_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """The times of an end.

    Attributes:
        pause_s: How long everything is still answered, so that load balancers see ``/readyz`` and send no more.
        flight_s: How long requests may then take.
    """

    pause_s: float
    flight_s: float

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the times."""
        return cls(pause_s=settings.drain_pause_s, flight_s=settings.drain_s)

    @property
    def hard_stop_s(self) -> float:
        """When the process is gone whatever happens."""
        return self.pause_s + self.flight_s + LEAVE_S + CLOSE_S


class Server(uvicorn.Server):
    """uvicorn, with an end of our own.

    Args:
        drain: The times of the end.
        beat: Called twice a second by the event loop while it turns, and before when the server is ready.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, beat: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._drain = drain
        self._beat = beat
        self._hurries = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- a signal handler
        """Begin to end; Ctrl-C for the second time ends at once."""
        if self.should_exit and sig == signal.SIGINT:
            os._exit(128 + sig)
        self._hurries = sig == signal.SIGINT and sys.stderr.isatty()
        if not self.should_exit:
            self.should_exit = True
            stop = threading.Timer(self._drain.hard_stop_s, _stop_hard)
            stop.daemon = True
            stop.start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and beat from now on."""
        await super().startup(sockets)
        self._beat_on()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End as ``Drain`` says."""
        self.lifespan.state["draining"] = True  # every request from now on has it in its scope
        self._announce()
        if not (self._hurries and not self.server_state.tasks):
            await asyncio.sleep(self._drain.pause_s)
        self._close_listeners(sockets or [])
        arrive_s = min(ARRIVE_S, self._drain.flight_s)
        await _within(arrive_s, self._is_empty)
        self._close_idle()
        await _within(self._drain.flight_s - arrive_s, self._is_empty)
        await self._give_up()
        await self.lifespan.shutdown()

    def _connections(self) -> list[PatientProtocol]:
        return [each for each in self.server_state.connections if isinstance(each, PatientProtocol)]

    def _announce(self) -> None:
        """Let answers that have not begun say that the connection ends with them."""
        for connection in self._connections():
            connection.end_after_answer()

    def _close_listeners(self, sockets: list[socket.socket]) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets:
            listener.close()

    def _is_empty(self) -> bool:
        return not (self.server_state.tasks or self.server_state.connections)

    def _close_idle(self) -> None:
        """Close connections that wait for a request, and others after their answer."""
        for connection in self._connections():
            connection.shutdown()

    async def _give_up(self) -> None:
        """Answer what is left with 503; its work ends as if the client had left, and what does not is cancelled."""
        for connection in self._connections():
            connection.give_up()
        await _within(LEAVE_S, lambda: not self.server_state.tasks)
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.sleep(0)

    def _beat_on(self) -> None:
        self._beat()
        asyncio.get_running_loop().call_later(BEAT_S, self._beat_on)


async def _within(limit_s: float, holds: Callable[[], bool]) -> None:
    """Wait until something holds, or for so long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while not holds() and loop.time() < end:  # noqa: ASYNC110 -- uvicorn keeps sets, which tell nobody
        await asyncio.sleep(STEP_S)


def _stop_hard() -> None:
    click.echo(f"Worker {os.getpid()} did not end in time, and is stopped.", err=True)
    os._exit(1)
