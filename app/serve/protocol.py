"""uvicorn's HTTP protocol for clients who may be slow, endless, deaf or many: it has patience, and then no more.

uvicorn bounds the time between two requests and nothing else. Here every connection has one timer, which looks
twice a second at what the connection waits for; a request only notes the time when its head or body begins.
"""

from __future__ import annotations

import asyncio
import uuid
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.api.middleware import CORS, HARMLESS
from app.api.problems import problem
from app.errors import BodyTooLarge, HeadersTooLarge, MalformedRequest, Overloaded, RequestTooSlow, SwathError
from app.observe.metrics import REFUSED, shed
from app.serve.patience import KIB, Patience
from app.settings import Settings

LOOK_S = 0.5
"""How often a connection is looked at, at least."""

PROGRESS = 64 * KIB
"""Bytes of a waiting answer that a client takes in its time, if he reads at all."""

LINGER_S = 0.5
"""A refused client may go on sending for so long, unread: closing at once would reset the connection, and could take
the answer back (RFC 9112, 9.6)."""


class Phase(Enum):
    """What a connection waits for."""

    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    """Or, once it is complete, for the next request: that is uvicorn's timer."""
    REFUSED = auto()


class _RefusedError(Exception):
    """Leaves the parser, which then reads no further."""


class PatientProtocol(HttpToolsProtocol):
    """One connection.

    Args:
        patience: How long it may keep us waiting.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patience: Patience,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._patience = patience
        self._every_s = min(LOOK_S, patience.head_s / 8, patience.body_s / 8, patience.unread_s / 8)
        self._phase = Phase.HEAD
        self._since = 0.0
        self._fed = 0
        """Bytes that came since the head began."""
        self._part = 0
        """Bytes of the part that is read now, which may hold several requests."""
        self._body_bytes = 0
        self._refusal: SwathError | None = None
        self._unread = 0
        """Bytes of answers that the client had not taken at ``_unread_since``."""
        self._unread_since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def _answering(self) -> RequestResponseCycle | None:
        """The last request that came, while its answer is not complete."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's annotation leaves the None out
        return None if cycle is None or cycle.response_complete else cycle

    # What comes.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a request, unless there are too many who do."""
        if len(self.connections) >= self._patience.connections:
            self.transport = transport
            shed("connections")
            transport.write(_too_many(self._patience.connections))
            transport.close()
            return
        super().connection_made(transport)
        self._begin(Phase.HEAD)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Read on, but for a client who was refused."""
        if self._phase is Phase.REFUSED:
            return
        if self._phase is Phase.ANSWER and self._answering is None:
            self._begin(Phase.HEAD)
        self._part = len(data)
        self._fed += self._part
        super().data_received(data)
        if self._phase is Phase.HEAD and self._fed > self._patience.head_bytes:
            self._refuse(self._head_too_large())

    def on_message_begin(self) -> None:
        """Note when a request begins that was sent behind another one."""
        super().on_message_begin()
        if self._phase is not Phase.HEAD:
            self._begin(Phase.HEAD)

    def on_headers_complete(self) -> None:
        """Judge the head; a task for the request begins only behind that."""
        if max(self._fed, self._part) > self._patience.head_bytes:
            self._judge_head()
        if self.parser.get_method() not in (b"GET", b"HEAD"):  # their bodies, which are rare, are counted as they come
            self._judge_length()
        super().on_headers_complete()
        if self.app_state.get("draining"):
            self.cycle.keep_alive = False
        self._begin(Phase.BODY)

    def on_body(self, body: bytes) -> None:
        """Count, and take."""
        self._body_bytes += len(body)
        if self._body_bytes > self._patience.body_bytes:
            self._refusal = self._body_too_large()
            raise _RefusedError
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the answer."""
        super().on_message_complete()
        self._phase = Phase.ANSWER

    # What is refused.

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's words
        """Answer what the parser did not read to its end, as uvicorn asks for."""
        self._refuse(self._refusal or MalformedRequest("What came is not a request of HTTP/1.1, and was not read."))

    def end_after_answer(self) -> None:
        """Close after the answer that is being made, and say so in its headers."""
        if (cycle := self._answering) is not None:
            cycle.keep_alive = False

    def give_up(self) -> None:
        """End the request in flight, if there is one: whoever works on it sees the client leave."""
        if self._answering is not None:
            self._refuse(Overloaded("The server ends, and this took too long for it; ask again, another one answers."))

    def _judge_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._patience.head_bytes:
            self._refusal = self._head_too_large()
            raise _RefusedError

    def _judge_length(self) -> None:
        length = next((value for name, value in self.headers if name == b"content-length"), b"0")
        if int(length) > self._patience.body_bytes:
            self._refusal = self._body_too_large()
            raise _RefusedError

    def _head_too_large(self) -> SwathError:
        limit = self._patience.head_bytes // KIB
        return HeadersTooLarge(f"Request line and headers have more than {limit} KiB (SWATH_HEAD_MAX_KB); send less.")

    def _body_too_large(self) -> SwathError:
        limit = self._patience.body_bytes / KIB**2
        return BodyTooLarge(f"The body has more than {limit:g} MiB (SWATH_BODY_MAX_MB); send a smaller one.")

    def _refuse(self, error: SwathError) -> None:
        """Answer with a problem where no other answer is due or begun, read nothing more, and close."""
        REFUSED.labels(error.slug).inc()
        is_answerable = self._is_answerable()
        self._leave()
        self._begin(Phase.REFUSED)
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if is_answerable:
            self.flow.resume_reading()  # to see the end
            self.transport.write(_answer(error))
            self.transport.write_eof()
        else:
            self.transport.close()

    def _is_answerable(self) -> bool:
        if self._phase is Phase.HEAD:
            return self._answering is None
        return not (self.pipeline or self.cycle.response_started)

    def _leave(self) -> None:
        """Tell those who work on answers that the client left; what they send goes nowhere."""
        if (cycle := self._answering) is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()  # what was sent behind a request that is at work is not begun any more

    # The timer.

    def _begin(self, phase: Phase) -> None:
        self._phase = phase
        self._since = self.loop.time()
        self._fed = self._body_bytes = 0

    def _look_later(self) -> None:
        self._timer = self.loop.call_later(self._every_s, self._look)

    def _look(self) -> None:
        """Has this client used up our patience?"""
        self._look_later()
        now = self.loop.time()
        if not self._reads(now):
            self.transport.abort()
        elif not self.transport.is_closing():
            self._judge_wait(now - self._since)

    def _reads(self, now: float) -> bool:
        """Whether the client takes what was sent: all of it, or enough of it since the last time that he did."""
        unread = self.transport.get_write_buffer_size()
        if not (self._unread and unread) or self._unread - unread >= PROGRESS:
            self._unread, self._unread_since = unread, now
        self._unread = max(self._unread, unread)
        return now - self._unread_since <= self._patience.unread_s

    def _judge_wait(self, waited_s: float) -> None:
        if self._phase is Phase.HEAD and self._answering is None and waited_s > self._patience.head_s:
            self._end_wait("headers", self._patience.head_s, "SWATH_HEAD_TIMEOUT_S")
        elif self._phase is Phase.BODY and waited_s > self._patience.body_s and not self.flow.read_paused:
            self._end_wait("body", self._patience.body_s, "SWATH_BODY_TIMEOUT_S")
        elif (self._phase is Phase.REFUSED and waited_s > LINGER_S) or self._is_forgotten():
            self.transport.close()

    def _end_wait(self, part: str, limit_s: float, setting: str) -> None:
        if self._phase is Phase.HEAD and not self._fed:  # a connection that a browser opened and did not need
            self.transport.close()
            return
        self._refuse(RequestTooSlow(f"The {part} did not come within {limit_s:g} s ({setting}); send them faster."))

    def _is_forgotten(self) -> bool:
        """Whether uvicorn has no timer for the time after an answer: it loses it when a body ends after the answer."""
        return self._phase is Phase.ANSWER and self._answering is None and self.timeout_keep_alive_task is None


def patient(settings: Settings) -> type[asyncio.Protocol]:
    """Make the protocol with the limits of these settings, as uvicorn takes it."""
    patience = Patience.from_settings(settings)

    class Configured(PatientProtocol):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop, patience=patience)

    return Configured


def _answer(error: SwathError) -> bytes:
    """Write a whole answer, with the headers that the door would add."""
    request_id = uuid.uuid4().hex
    response = problem(error, request_id)
    response.headers.update({**HARMLESS, **CORS, "X-Request-Id": request_id, "Connection": "close"})
    head = b"".join(b"%s: %s\r\n" % header for header in response.raw_headers)
    return STATUS_LINE[error.status] + head + b"\r\n" + bytes(response.body)


@lru_cache(maxsize=1)
def _too_many(limit: int) -> bytes:
    return _answer(Overloaded(f"This worker has {limit} connections open already (SWATH_CONNECTIONS_MAX); try again."))
