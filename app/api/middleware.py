"""What every request passes, as plain ASGI: limits of the request line, slashes, HEAD, access, CORS, its id, bugs."""

from __future__ import annotations

import re
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.access import Access, Visit
from app.api.departure import Departure
from app.api.problems import problem
from app.api.witness import server_timing, template_of, witnessing
from app.errors import InternalError, SwathError, UrlTooLong
from app.observe.record import Record

URL_MAX = 16 * 1024
_OF_SEARCH = re.compile(r"(?P<before>.*/search)/(?P<id>[0-9a-f]{64})/(?P<rest>(?!items$).+)")
EXPOSED = (
    "Accept-Ranges, Content-Bbox, Content-Crs, Content-Disposition, Content-Range, ETag, RateLimit, RateLimit-Policy, "
    "Retry-After, Server-Timing, X-Cache, X-Ignored-Params, X-Items, X-Items-Left-Out, X-Items-Matched, X-Items-Used, "
    "X-Request-Id, X-Rescale, X-Tile, X-Truncated"
)
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
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
        with witnessing(scope) as record:
            answer = _Answer(send, record, head_only=scope["method"] == "HEAD")
            await self._answer(scope, receive, answer)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Answer what needs no application, and pass the rest on."""
        if scope["method"] == "OPTIONS":
            await _preflight(answer)
        elif (length := len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])) > URL_MAX:
            error = UrlTooLong(f"The URL has {length} characters, {URL_MAX} are read at most; shorten it.")
            await problem(error, answer.record.id)(scope, receive, answer.send)
        elif self._access is None:
            await self._pass(_tidy(scope), receive, answer)
        else:
            await self._admit(self._access, _tidy(scope), receive, answer)

    async def _admit(self, access: Access, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Pass on whom ``access`` lets in."""
        answer.visit = Visit()
        refusal: SwathError | None = None
        try:
            access.admit(scope, answer.visit)
        except SwathError as error:
            refusal = error
        answer.record.key_id = answer.visit.key_id  # of one who has used his allowance, too
        if refusal is None:
            await self._pass(scope, receive, answer)
        else:
            await problem(refusal, answer.record.id)(scope, receive, answer.send)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Run the application; FastAPI answers a bug with a problem and raises it again; it is on the record."""
        try:
            async with Departure(scope, receive) as departure:
                await self._app(_search_in_query(scope), departure.receive, answer.send)
        except Exception as error:
            answer.record.fail(InternalError.slug, error)
            if not answer.record.answered:
                raise
        finally:
            answer.record.route = template_of(scope)


class _Answer:
    """Adds the common headers when the answer starts, and drops the body of a HEAD."""

    def __init__(self, send: Send, record: Record, *, head_only: bool) -> None:
        self._send = send
        self._head_only = head_only
        self.record = record
        self.visit: Visit | None = None

    async def send(self, message: Message) -> None:
        """Pass a message of the answer on."""
        if message["type"] == "http.response.start":
            self.record.status = message["status"]
            self._add_headers(MutableHeaders(raw=message["headers"]))
        elif message["type"] == "http.response.body":
            self.record.answered = not message.get("more_body", False)
            message = {**message, "body": b""} if self._head_only else message
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        headers["X-Request-Id"] = self.record.id
        headers["Server-Timing"] = server_timing(self.record)
        for name, value in {**HARMLESS, **CORS}.items():
            headers.setdefault(name, value)
        if self.visit is not None:
            self.visit.finish(headers)


def _tidy(scope: Scope) -> dict[str, Any]:
    """Collapse duplicate slashes (the 2020 notebook asks for ``//stac/...``) and treat HEAD as GET."""
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return {**scope, "method": method, "path": re.sub(r"/{2,}", "/", scope["path"])}


def _search_in_query(scope: Scope) -> Scope:
    """Make ``/search/{id}/tiles/…`` the ``/search/tiles/…?search={id}`` that it stands for, as for other datasets.

    ``/search/{id}/timeseries/…`` stands for ``/timeseries/…?search={id}``.
    """
    path: str = scope["path"]
    if "/search/" not in path or (match := _OF_SEARCH.fullmatch(path)) is None:
        return scope
    query = b"&".join(filter(None, (scope["query_string"], b"search=" + match["id"].encode())))
    before, rest = match["before"], match["rest"]
    if rest.startswith("timeseries/"):
        before = before.removesuffix("/search")
    return {**scope, "path": f"{before}/{rest}", "query_string": query}


async def _preflight(answer: _Answer) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in PREFLIGHT.items()]
    await answer.send({"type": "http.response.start", "status": 204, "headers": headers})
    await answer.send({"type": "http.response.body", "body": b""})
