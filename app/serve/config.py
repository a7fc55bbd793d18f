"""How uvicorn is set up, in a worker as in tests."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from app.serve.protocol import patient
from app.settings import Settings

BACKLOG = 2048
"""Connections that wait to be accepted."""


def configure(make_app: Callable[[], ASGIApp], settings: Settings) -> uvicorn.Config:
    """Set uvicorn up to serve what ``make_app`` gives, with limited patience."""
    return uvicorn.Config(
        make_app,
        factory=True,
        http=patient(settings),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # app/api/origin.py reads them, from trusted proxies only
        backlog=BACKLOG,
        timeout_keep_alive=settings.idle_timeout_s,  # type: ignore[arg-type]  # a call_later takes fractions, too
    )
