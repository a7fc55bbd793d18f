"""One request that is meant to hurt: how much memory, how long, and is the server still there meanwhile?"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import click
import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds

from benchmarks.guards.clients import Answer, ask, run
from benchmarks.guards.probes import probing
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import BOUNDS, RGB, Stage
from tests.hostile_tiff import DEFLATE, deflate_bomb, hostile_blocks, hostile_tiffs, tiff

MEMORY_MB = 256
TILE_S, CROP_S = 15, 30
LIVEZ_MS = 200
PATIENCE_S = 60
ITEM_BYTES = 8 * 2**20 - 100
WORLD = "-180,-85,180,85"


@dataclass(frozen=True, slots=True)
class Blow:
    """One hostile request."""

    name: str
    path: str
    limit_s: float = CROP_S


def hostile_files() -> list[tuple[str, bytes]]:
    """What the requests name: documents and rasters that are not what they seem."""
    documents = {
        "deep": b"[" * ITEM_BYTES,
        "objects": b"[" + b"{}," * (ITEM_BYTES // 3) + b"{}]",
        "nested": b"[" + b'{"":[]},' * (ITEM_BYTES // 8) + b"0]",
        "numbers": b'{"id":"n","assets":{},"properties":{"n":[' + b"9," * (ITEM_BYTES // 2 - 50) + b"0]}}",
        "digits": b'{"id":"d","assets":{},"properties":' + b"9" * (ITEM_BYTES - 100) + b"}",
        "assets": _item({str(number): "a.tif" for number in range(9_000)}),
        "giants": _item({f"g{number}": f"./giant.tif?{number}" for number in range(16)}),
    }
    rasters = {
        "giant": _blank(8192, 8192),
        "strip": _blank(12_000, 1, blocks=False),
        "sparse": _sparse(200_000),
        "sparse-small-blocks": _sparse(60_000, 64),
        "loop": tiff(64, 64, next_directory=8),
        "bomb": tiff(20_000, 20_000, tile=20_000 // 16 * 16, compression=DEFLATE, data=deflate_bomb(), pixel_scale=1),
    }
    liars = {**hostile_tiffs(), **hostile_blocks()}
    return [
        *((f"{name}.json", body) for name, body in documents.items()),
        *((f"{name}.tif", body) for name, body in {**rasters, **liars}.items()),
        ("gzip-bomb", gzip.compress(bytes(1_000_000_000), 1)),
        ("deflate-bomb", zlib.compress(b'{"id":"' + b"a" * 500_000_000, 1)),
    ]


def _item(assets: dict[str, str]) -> bytes:
    hrefs = {name: {"href": href} for name, href in assets.items()}
    return json.dumps({"type": "Feature", "id": "hostile", "assets": hrefs}).encode()


def _blank(side: int, block: int, *, blocks: bool = True) -> bytes:
    """A raster without overviews whose blocks are large, and small in the file."""
    layout = {"tiled": True, "blockxsize": block, "blockysize": block} if blocks else {"blockysize": side}
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint16", "compress": "deflate"}
    place = {"crs": "EPSG:4326", "transform": from_bounds(-180, -85, 180, 85, side, side)}
    with MemoryFile() as file:
        with file.open(**profile, **layout, **place) as dataset:
            dataset.write(np.ones((1, side, side), "uint16"))
        return bytes(file.read())


def _sparse(side: int, block: int = 512) -> bytes:
    """A raster of which hardly a block is there, and no overview."""
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "uint8", "compress": "deflate"}
    layout = {"tiled": True, "blockxsize": block, "blockysize": block, "sparse_ok": True}
    place = {"crs": "EPSG:4326", "transform": from_bounds(-180, -85, 180, 85, side, side)}
    with MemoryFile() as file:
        with file.open(**profile, **layout, **place):
            pass
        return bytes(file.read())


def blows(stage: Stage) -> Iterator[Blow]:
    """Every hostile request; prepares the upstream for those that need it."""
    item = quote(stage.item(), safe="")
    tile = "/stac/tiles/WebMercatorQuad/8/150/105"
    yield Blow("the whole world at the data's resolution", f"/stac/bbox/{WORLD}.png?url={item}&{RGB}")
    yield Blow("the whole scene, four bands, as an array", f"/stac/bbox/{BOUNDS}.npy?url={item}&assets=B02,B03,B04,B08")
    yield Blow("20000 x 20000 pixels", f"/stac/bbox/{BOUNDS}/20000x20000.png?url={item}&{RGB}")
    yield Blow("2^31 pixels a side", f"/stac/preview/2147483647x2147483647.png?url={item}&{RGB}")
    yield Blow("max_size=1000000", f"/stac/preview.png?url={item}&{RGB}&max_size=1000000")
    yield Blow("the largest array allowed", f"/stac/bbox/{BOUNDS}/4096x2000.npy?url={item}&assets=B02,B03,B04,B08")
    yield Blow("the largest picture allowed, lanczos",
               f"/stac/bbox/{BOUNDS}/2048x2048.png?url={item}&{RGB}&resampling=lanczos&reproject=lanczos")  # fmt: skip
    yield Blow("the largest WebP allowed", f"/stac/bbox/{BOUNDS}/2048x2048.webp?url={item}&{RGB}")
    yield Blow("the largest AVIF allowed", f"/stac/bbox/{BOUNDS}/2048x2048.avif?url={item}&{RGB}")
    yield Blow("the largest sums allowed", f"/stac/bbox/{BOUNDS}/512x512.npy?url={item}&assets=B04,B08&reproject=sum")
    yield Blow("the largest tile, buffer and padding",
               f"{tile}@4x.png?url={item}&{RGB}&buffer=128&padding=128&resampling=cubic", TILE_S)  # fmt: skip
    for name, text in _expressions().items():
        yield Blow(name, f"{tile}@4x.png?url={item}&expression={quote(text)}&rescale=0,1", TILE_S)
    colours = quote(json.dumps({str(n): [n % 256, 0, 0, 255] for n in range(256)}, separators=(",", ":")))
    yield Blow("a colormap of 256 entries", f"{tile}.png?url={item}&assets=B04&colormap={colours}", TILE_S)
    formula = quote("Gamma RGB 1.1 " * 400)
    yield Blow("a colour formula of 400 steps", f"{tile}.png?url={item}&{RGB}&color_formula={formula}", TILE_S)
    yield Blow("5000 parameters", f"{tile}.png?url={item}" + "&a=1" * 4000, TILE_S)
    yield Blow("a URL of 60 kB", f"{tile}.png?url={item}&assets={'x' * 60_000}", TILE_S)
    for name in ("deep", "objects", "nested", "numbers", "digits", "assets"):
        document = quote(stage.source.url(f"/{name}.json"), safe="")
        yield Blow(f"an item of 8 MB: {name}", f"{tile}.png?url={document}&assets=a", TILE_S)
    every = ",".join(f"g{number}" for number in range(16))
    giants = quote(stage.source.url("/giants.json"), safe="")
    yield Blow("16 assets with blocks of 128 MB", f"/stac/preview.npy?url={giants}&assets={every}")
    yield from _unwell_documents(stage)
    yield from _rasters(stage)


def _expressions() -> dict[str, str]:
    return {
        "a tower of powers": "B04*" + "9**" * 60 + "9",
        "200 operations": "+".join(["B04*B08"] * 30),
        "6 outputs of 30 operations": ";".join(["+".join(["B04/B08"] * 7)] * 6),
        "deep brackets": "(" * 900 + "B04" + ")" * 900,
    }


def _unwell_documents(stage: Stage) -> Iterator[Blow]:
    """Answers that are bombs, endless, slow, or lead in a circle; as an item and as a raster."""
    ways = {
        "gzip bomb of 1 GB": {"file": "/gzip-bomb", "headers": {"Content-Encoding": "gzip"}},
        "deflate bomb of 500 MB": {"file": "/deflate-bomb", "headers": {"Content-Encoding": "deflate"}},
        "endless": {"file": "/item.json", "endless": True, "ignore_range": True},
        "dripping": {"file": "/item.json", "drip_s": 0.2},
        "a redirect to itself": {"redirect": "?again"},
        "a header of 500 kB": {"file": "/item.json", "headers": {"X-Long": "x" * 500_000}},
    }
    for name, how in ways.items():
        path = f"/~unwell/{quote(name)}"
        stage.source.fault(path.replace("%20", " "), **how)
        url = quote(stage.source.url(path), safe="")
        yield Blow(f"{name}, as an item", f"/stac/tiles/WebMercatorQuad/8/150/105.png?url={url}&assets=B04", TILE_S)
        yield Blow(f"{name}, as a raster", f"/cog/preview.png?url={url}")


def _rasters(stage: Stage) -> Iterator[Blow]:
    for name in sorted(path.stem for path in stage.folder.glob("*.tif")):
        if name in ("B02", "B03", "B04", "B08", "visual", "strips"):
            continue
        url = quote(stage.source.url(f"/{name}.tif"), safe="")
        yield Blow(f"{name}.tif, its preview", f"/cog/preview.png?url={url}")
        yield Blow(f"{name}.tif, tile 0/0/0", f"/cog/tiles/WebMercatorQuad/0/0/0.png?url={url}", TILE_S)


@dataclass(frozen=True, slots=True)
class Wound:
    """What a request did."""

    blow: Blow
    answer: Answer
    memory_mb: float
    livez_ms: float

    @property
    def survived(self) -> bool:
        """Whether it was answered, and not as a bug."""
        return self.answer.status not in (0, 500)

    def __str__(self) -> str:
        told = re.search(rb'"detail": ?"(.{1,60})', self.answer.body) if self.answer.status != 200 else None
        figures = f"{self.answer}, {self.memory_mb:.0f} MB, {self.answer.seconds:.1f} s, /livez {self.livez_ms:.0f} ms"
        return f"{self.blow.name}: {figures}" + (f" ({told[1].decode('latin-1')})" if told else "")


def measure(stage: Stage) -> list[Row]:
    """Every request alone; memory is the sum over both workers of the peak above what was resident before."""
    wounds = []
    with serving(stage.source.hosts) as server:
        run(_warm(server, stage))
        for blow in blows(stage):
            wounds.append(wound := _strike(server, blow))
            click.echo(f"    {wound}", err=True)
    memory, livez = max(wounds, key=lambda each: each.memory_mb), max(wounds, key=lambda each: each.livez_ms)
    late = max(wounds, key=lambda each: each.answer.seconds / each.blow.limit_s)
    fatal = [wound for wound in wounds if not wound.survived]
    details = tuple(str(wound) for wound in wounds if wound.memory_mb > MEMORY_MB)
    return [
        Row(demand=f"any of {len(wounds)} hostile requests: memory", demanded=f"<= {MEMORY_MB} MB more",
            seen=f"{memory.memory_mb:.0f} MB ({memory.blow.name})", held=memory.memory_mb <= MEMORY_MB,
            details=details),
        Row(demand="the same: time", demanded=f"<= {TILE_S} s, crops {CROP_S} s",
            seen=f"{late.answer.seconds:.1f} s of {late.blow.limit_s:g} ({late.blow.name})",
            held=late.answer.seconds <= late.blow.limit_s + 0.5),
        Row(demand="the same: /livez meanwhile", demanded=f"<= {LIVEZ_MS} ms",
            seen=f"{livez.livez_ms:.0f} ms ({livez.blow.name})", held=livez.livez_ms <= LIVEZ_MS),
        Row(demand="the same: answers", demanded="each, none 500",
            seen=", ".join(f"{wound.blow.name}: {wound.answer}" for wound in fatal) or "each, none 500",
            held=not fatal),
    ]  # fmt: skip


async def _warm(server: Server, stage: Stage) -> None:
    for _ in range(8):
        await ask(server.base, stage.cold_tile())


def _strike(server: Server, blow: Blow) -> Wound:
    before = server.memory_mb()
    server.forget_peaks()
    with probing(server.base) as probes:
        answer = run(ask(server.base, blow.path, PATIENCE_S))
    return Wound(blow, answer, server.grown_mb(before), probes.worst_ms)
