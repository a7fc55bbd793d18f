"""What every request passes, as plain ASGI: limits of the request line, slashes, HEAD, access, CORS, its id, bugs."""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access import Access, Visit
from app.api.departure import Departure
from app.api.problems import problem
from app.errors import SwathError, UrlTooLong

log = logging.getLogger("swath")

URL_MAX = 16 * 1024
EXPOSED = (
    "Content-Bbox, Content-Crs, ETag, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, X-Cache, "
    "X-Ignored-Params, X-Request-Id, X-Tile"
)
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*, Authorization",  # which the asterisk leaves out (Fetch, 4.10)
    "Access-Control-Max-Age": "86400",
    "Content-Length": "0",
}
HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Sent with images and data; pages bring a policy of their own."""


class Door:
    """The outermost layer; everything that goes wrong inside leaves as a problem.

    Args:
        access: Decides who may ask, or None: anyone may.
    """

    def __init__(self, app: ASGIApp, access: Access | None = None) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Prepare the scope, pass it on, and finish the headers of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, head_only=scope["method"] == "HEAD")
        if scope["method"] == "OPTIONS":
            await _preflight(answer)
        elif (length := len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])) > URL_MAX:
            error = UrlTooLong(f"The URL has {length} characters, {URL_MAX} are read at most; shorten it.")
            await problem(error, request_id)(scope, receive, answer.send)
        elif self._access is None:
            await self._pass(_tidy(scope), receive, answer)
        else:
            await self._admit(self._access, _tidy(scope), receive, answer)

    async def _admit(self, access: Access, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Pass on whom ``access`` lets in."""
        answer.visit = Visit()
        try:
            access.admit(scope, answer.visit)
        except SwathError as refusal:
            await problem(refusal, answer.request_id)(scope, receive, answer.send)
        else:
            await self._pass(scope, receive, answer)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Run the application; FastAPI answers a bug with a problem and raises it again, which is then ours to log."""
        try:
            async with Departure(scope, receive) as departure:
                await self._app(scope, departure.receive, answer.send)
        except Exception:
            log.exception("request %s failed", answer.request_id)
            if not answer.finished:
                raise


class _Answer:
    """Adds the common headers when the answer starts, and drops the body of a HEAD."""

    def __init__(self, send: Send, request_id: str, *, head_only: bool) -> None:
        self._send = send
        self._head_only = head_only
        self.request_id = request_id
        self.visit: Visit | None = None
        self.finished = False

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self._add_headers(MutableHeaders(raw=message["headers"]))
        elif message["type"] == "http.response.body":
            self.finished = not message.get("more_body", False)
            message = {**message, "body": b""} if self._head_only else message
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self.request_id
        for name, value in {**HARMLESS, **CORS}.items():
            headers.setdefault(name, value)
        if self.visit is not None:
            self.visit.finish(headers)


def _tidy(scope: Scope) -> dict[str, Any]:
    """Collapse duplicate slashes (the 2020 notebook asks for ``//stac/...``) and treat HEAD as GET."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return {**scope, "method": method, "path": re.sub(r"/{2,}", "/", scope["path"])}


def _request_id(headers: Headers) -> str:
    """The caller's ``X-Request-Id``, if it is a harmless word, else a new one."""
    given = headers.get("x-request-id", "")
    return given if re.fullmatch(r"[A-Za-z0-9._\-]{1,64}", given) else uuid.uuid4().hex


async def _preflight(answer: _Answer) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in PREFLIGHT.items()]
    await answer.send({"type": "http.response.start", "status": 204, "headers": headers})
    await answer.send({"type": "http.response.body", "body": b""})
