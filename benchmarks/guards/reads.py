"""Files of this machine and addresses of its network: nothing is read, nothing is connected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from benchmarks.guards.clients import Caller, run
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage
from tests.hostile_hrefs import FILES, HOSTS, OTHER_SCHEMES
from tests.witnesses import listening, watching

MISSING = "is-not-there"


def measure(stage: Stage) -> list[Row]:
    """Each href as ``url`` of a raster and of an item, and as the href of an asset."""
    with TemporaryDirectory() as name, listening() as (port, visits):
        folder = Path(name)
        root, secrets = folder / "root", folder / "secrets"
        root.mkdir()
        secrets.mkdir()
        (secrets / "a.tif").write_bytes((stage.folder / "B04.tif").read_bytes())
        (secrets / "item.json").write_bytes((stage.folder / "item.json").read_bytes())
        before = sorted(secrets.iterdir())
        allowed = stage.source.hosts
        with serving(allowed, DATA_ROOT=str(root), CACHE_ITEMS_MB="0") as server, watching(secrets) as opened:
            count, served = run(_ask_all(stage, server, list(_hrefs(root, secrets, port))))
            told = run(_twins(server, secrets))
        written = sorted(secrets.iterdir()) != before
    seen = f"{len(opened)} reads, {int(written)} writes, {len(visits)} connections"
    return [
        Row(demand=f"local files, private addresses: {count} requests", demanded="0 reads, 0 writes, 0 connections",
            seen=seen + (f"; answered with 200: {served}" if served else ""),
            held=not (opened or visits or written or served)),
        Row(demand="existing and missing paths", demanded="the same answer", seen="the same" if told else "different",
            held=told),
    ]  # fmt: skip


def _hrefs(root: Path, secrets: Path, port: int) -> Iterator[str]:
    for written in (*FILES, *OTHER_SCHEMES):
        yield written.format(root=root, secrets=secrets, port=port)
    for host in HOSTS:
        yield f"http://{host}:{port}/a.tif"
        yield f"https://{host}:{port}/a.tif"


async def _ask_all(stage: Stage, server: Server, hrefs: list[str]) -> tuple[int, list[str]]:
    """How many requests were made, and the hrefs that were answered with 200."""
    caller, served, count = Caller(server.base), [], 0
    for number, href in enumerate(hrefs):
        item = {"type": "Feature", "id": "it", "assets": {"a": {"href": href}}}
        path = f"/~href{number}/item.json"
        stage.source.fault(path, body=json.dumps(item))
        asked, web = quote(href, safe=""), quote(stage.source.url(path), safe="")
        for target in (
            f"/cog/preview.png?url={asked}",
            f"/stac/preview.png?url={asked}&assets=a",
            f"/stac/preview.png?url={web}&assets=a",
            f"/stac/info?url={web}",
        ):
            answer = await caller.get(target)
            count += 1
            if answer.status == 200:
                served.append(href[:60])
    caller.leave()
    return count, served


async def _twins(server: Server, secrets: Path) -> bool:
    """Whether a file that is there and one that is not are answered alike, but for the request's id."""
    caller, answers = Caller(server.base), []
    for name in ("a.tif", MISSING):
        answer = await caller.get(f"/cog/preview.png?url={quote(f'{secrets}/{name}', safe='')}")
        answers.append((answer.status, re.sub(rb'"instance": ?"[^"]*"', b"", answer.body)))
    caller.leave()
    return answers[0] == answers[1]
