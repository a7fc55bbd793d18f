"""Has the caller left? Then nobody waits for the answer, and the work on it ends."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Message, Receive, Scope

from app.limits.cut import Cut

WATCH_AFTER_S = 0.1
"""Most answers are quicker than this; only for the others it is worth a task to watch the connection."""


class Departure:
    """Cancels the task that it is entered in when the caller closes the connection, and stops the cancellation there.

    Args:
        scope: Of the request.
        receive: Of the ASGI server, which tells of a caller's leaving only to those who receive.
    """

    __slots__ = ("_cut", "_is_read", "_receive", "_timer", "_watch")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self._is_read = scope["method"] in ("GET", "HEAD")
        """Nothing of the body is left to be read by the application."""
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._cut = Cut()
        self._begin_later()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        return self._cut.ends(kind)

    async def receive(self) -> Message:
        """Pass a message of the request on."""
        message = await self._receive()
        self._is_read = not message.get("more_body", False)
        return message

    def _begin_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self._begin)

    def _begin(self) -> None:
        if self._is_read:
            self._watch = asyncio.get_running_loop().create_task(self._wait())
        else:
            self._begin_later()

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._cut.make()
