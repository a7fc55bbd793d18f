"""An upstream that fails: which status does the caller get?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from benchmarks.guards.clients import ask, run
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage
from benchmarks.process import free_port
from tests.upstream_faults import ASSET_FAULTS, ITEM_FAULTS

TILE = "/stac/tiles/WebMercatorQuad/8/150/105.png"


def measure(stage: Stage) -> list[Row]:
    """Every fault of items and assets, and one 503 that a second try heals."""
    with serving(stage.source.hosts + f",127.0.0.1:{(closed := free_port())}", UPSTREAM_TIMEOUT_S="1") as server:
        seen = list(_statuses(stage, server, closed))
        healed = {name: _healed(stage, server, name) for name in ("item.json", "B04.tif")}
    wrong = [told for told, right in seen if not right]
    return [
        Row(demand=f"{len(seen)} upstream faults of items and assets", demanded="the status of each, never 500",
            seen=f"{len(seen) - len(wrong)} right" + "".join(f"; {told}" for told in wrong), held=not wrong,
            details=tuple(told for told, _ in seen)),
        Row(demand="one 503 of an item, of an asset", demanded="healed by a second try",
            seen=", ".join(f"{name}: {status}" for name, status in healed.items()),
            held=set(healed.values()) == {200}),
    ]  # fmt: skip


def _statuses(stage: Stage, server: Server, closed: int) -> Iterator[tuple[str, bool]]:
    """What was seen for each fault, and whether it is what is demanded; each on a host of its own, for the breakers."""
    host = 0
    for kind, faults in (("item.json", ITEM_FAULTS), ("B04.tif", ASSET_FAULTS)):
        for name, (how, expected) in faults.items():
            host += 1
            item = stage.item(f"fault{host}", host % 60 + 1)
            path = item[item.index("/~") :].removesuffix("item.json")
            stage.source.fault(path + kind, **in_json(how))
            answer = run(ask(server.base, f"{TILE}?url={quote(item, safe='')}&assets=B04&rescale=0,3000"))
            yield f"{kind}: {name}: {answer} (demanded {expected})", answer.status == expected
    away = {"refused": f"http://127.0.0.1:{closed}", "DNS": "http://nowhere.invalid",
            "TLS": stage.source.url("").replace("http:", "https:")}  # fmt: skip
    for name, base in away.items():
        answer = run(ask(server.base, f"{TILE}?url={quote(base + '/item.json', safe='')}&assets=B04"))
        yield f"item: {name}: {answer} (demanded 502)", answer.status == 502


def in_json(how: dict[str, Any]) -> dict[str, Any]:
    """Bodies travel as text."""
    return json.loads(json.dumps(how, default=lambda body: body.decode("latin-1")))


def _healed(stage: Stage, server: Server, name: str) -> int:
    item = stage.item("healed")
    path = item[item.index("/~") :].removesuffix("item.json")
    stage.source.fault(path + name, status=503, times=1)
    return run(ask(server.base, f"{TILE}?url={quote(item, safe='')}&assets=B04&rescale=0,3000")).status
