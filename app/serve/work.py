"""What one worker does: it serves one application on a socket of its own."""

from __future__ import annotations

import sys
from contextlib import suppress

from app.serve.address import Address
from app.settings import Settings


def work(address: Address) -> None:
    """Serve in this process."""
    # Metrics are imported with these, after the folder for them was named.
    from app.main import create_app  # noqa: PLC0415
    from app.serve.config import configure  # noqa: PLC0415
    from app.serve.drain import Drain, Server  # noqa: PLC0415

    settings = Settings()
    server = Server(configure(create_app, settings), Drain.from_settings(settings))
    with address.bind() as listener, suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)
