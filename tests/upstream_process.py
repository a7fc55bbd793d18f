"""The misbehaving web server of ``tests.upstream`` as a process: ``python -m tests.upstream_process FOLDER PORT``.

Requests under ``/-/`` steer it: ``POST /-/fault`` takes ``{"path": ..., "how": {...}}``, ``GET /-/log`` gives and
forgets the requests so far, ``GET /-/state`` tells what is open now and the most at once since it was asked before.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.upstream import Upstream, routes


def main() -> None:
    """Serve a folder until terminated."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--addresses", type=int, default=1, help="listen on so many: 127.0.0.1, 127.0.0.2, ...")
    asked = parser.parse_args()
    asyncio.run(_serve(asked.folder, asked.port, [f"127.0.0.{n}" for n in range(1, asked.addresses + 1)]))


async def _serve(folder: Path, port: int, addresses: list[str]) -> None:
    server = Upstream(folder)
    server.port = port
    app = web.Application()
    app.add_subapp("/-/", _control(server))
    app.add_routes(routes(server))
    server.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await server.runner.setup()
    for address in reversed(addresses):  # the first one, which is asked whether all listen, comes last
        await web.TCPSite(server.runner, address, port).start()
    await asyncio.Event().wait()


def _control(server: Upstream) -> web.Application:
    async def fault(request: web.Request) -> web.Response:
        asked = await request.json()
        server.fault(asked["path"], **_with_bytes(asked["how"]))
        return web.json_response({})

    async def log(_: web.Request) -> web.Response:
        taken = [asdict(asked) for asked in server.log]
        server.log.clear()
        return web.json_response(taken)

    async def state(_: web.Request) -> web.Response:
        peaks, server.most_at_once = server.most_at_once, type(server.most_at_once)()
        return web.json_response(
            {"connections": server.connections, "unanswered": +server.unanswered, "most_at_once": peaks}
        )

    app = web.Application()
    app.add_routes([web.post("/fault", fault), web.get("/log", log), web.get("/state", state)])
    return app


def _with_bytes(how: dict[str, Any]) -> dict[str, Any]:
    """Bodies travel as text, a character for each byte."""
    return how | {"body": how["body"].encode("latin-1")} if how.get("body") is not None else how


if __name__ == "__main__":
    main()
