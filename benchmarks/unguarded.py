"""Swath as it would be without its guards, to see what they cost: ``python -m benchmarks.unguarded unguarded serve``.

What judges, limits, lines up, shares and watches is replaced by nothing; what finds, reads and draws stays. With the
word ``silent`` there is no id, no line of the log and no number of a request either; with ``guarded`` all is there.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Self

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api import middleware
from app.api.routers import crops, points, tilejson, tiles
from app.cache.flight import Collapse
from app.cli import main
from app.limits.admission import Admission
from app.limits.limits import Limits
from app.limits.workers import Workers
from app.observe.record import Record
from app.pipeline import image
from app.serve import config, work


class Unwatched:
    """In the place of ``Departure``: nobody looks whether the caller leaves."""

    def __init__(self, _scope: Scope, receive: Receive) -> None:
        self.receive = receive

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was begun."""


@contextmanager
def untold(scope: Scope) -> Iterator[Record]:
    """In the place of ``witnessing``: no id, no log, no numbers."""
    yield Record("", scope["method"])


@asynccontextmanager
async def endless(*_: object) -> AsyncIterator[None]:
    """In the place of ``allowance`` and of a place: no deadline, no budget, no line."""
    yield


async def run_at_once(workers: Workers, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """In the place of the line before a thread."""
    call = partial(contextvars.copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(workers._pool, call)  # noqa: SLF001 -- without its line


async def call_alone(_: object, _key: str, call: Callable[[], Awaitable[Any]]) -> Any:
    """In the place of ``Collapse``: equal calls are made each."""
    return await call()


def remove_guards() -> None:
    """Take all of them out of this process, and of those that it forks."""
    replaced: tuple[tuple[Any, str, Any], ...] = (
        (middleware, "Departure", Unwatched),
        *((router, "allowance", endless) for router in (crops, points, tilejson, tiles)),
        (image, "charge_picture", lambda _: None),
        (Collapse, "run", call_alone),
        (Limits, "check", lambda *_: None),
        (Admission, "place", endless),
        (Workers, "refuse_long_wait", lambda _: None),
        (Workers, "run", run_at_once),
        (config, "patient", lambda _: HttpToolsProtocol),
        (work, "tune", lambda: None),
    )
    for owner, name, substitute in replaced:
        _replace(owner, name, substitute)


def remove_telling() -> None:
    """Take what is told of each request out as well."""
    _replace(middleware, "witnessing", untold)


def _replace(owner: Any, name: str, substitute: Any) -> None:
    getattr(owner, name)  # what was renamed is noticed
    setattr(owner, name, substitute)


FORMS = {"guarded": (), "unguarded": (remove_guards,), "silent": (remove_guards, remove_telling)}
"""What is removed by the first word of the command; nothing, to compare with what was started in the same way."""

if __name__ == "__main__":
    for remove in FORMS[sys.argv.pop(1)]:
        remove()
    main()
