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
from app.serve.tuning import tune
from app.settings import Settings


def work(address: Address, beat: Callable[[], None], retire: Callable[[], None]) -> None:
    """Serve in this process until a signal comes.

    Args:
        beat: Called while the event loop turns.
        retire: Asks for a successor.
    """
    tune()
    settings = Settings()
    make_app = partial(create_app, settings, lambda _reason: retire())  # who asks has said why in the log
    server = Server(configure(make_app, settings), Drain.from_settings(settings), beat)
    with address.bind() as listener, suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
