"""What one worker does: it serves one application on a socket of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from app.main import create_app
from app.serve.address import Address
from app.serve.config import configure
from app.serve.drain import Drain, Server
from app.settings import Settings


def work(address: Address, beat: Callable[[], None], retire: Callable[[], None]) -> None:  # noqa: ARG001
    """Serve in this process until a signal comes.

    Args:
        beat: Called while the event loop turns.
        retire: Asks for a successor.
    """
    settings = Settings()
    server = Server(configure(partial(create_app, settings), settings), Drain.from_settings(settings), beat)
    with address.bind() as listener, suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
