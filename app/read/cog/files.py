"""What is known of each file: its header and layout, kept for a while, loaded once for equal wishes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace

from app.cache.flight import together
from app.cache.memory import MemoryCache
from app.model.location import FileLocation, Location
from app.model.source import Header, Source
from app.net.ranges import HEAD_BYTES
from app.net.source import ByteSource
from app.net.store import ByteStore
from app.read.cog.declined import Declined
from app.read.cog.header import CogHeader
from app.read.cog.kin import Kin
from app.read.cog.layout import Layout, read_layout
from app.read.cog.likeness import likeness_of
from app.read.gdal import version_of
from app.read.reader import Reader, naming

Key = tuple[Location, object]
"""Place and version of a file."""


class Files:
    """Headers and layouts by location.

    Args:
        general: Reads headers: CRS, nodata and colours are exactly GDAL's.
        max_bytes: Memory for what is known.
        ttl_s: How long a file is taken as unchanged; a local file is looked at every time.
    """

    def __init__(self, store: ByteStore, general: Reader, *, max_bytes: float, ttl_s: float) -> None:
        self._store = store
        self._general = general
        self._headers: MemoryCache[Key, CogHeader] = MemoryCache(
            max_bytes=max_bytes, size_of=lambda header: header.weight, ttl_s=ttl_s, name="headers"
        )
        self._kin = Kin(ttl_s)

    def kept(self, sources: Sequence[Source]) -> list[CogHeader] | None:
        """Give what is known of the sources' files, if all of them are known."""
        headers = []
        for source in sources:
            if (header := self._headers.kept(_key(source))) is None:
                return None
            headers.append(header)
        return headers

    async def headers(self, sources: Sequence[Source]) -> list[CogHeader]:
        """Give what is known of the sources' files, or open them, all at the same time.

        Raises:
            SwathError: One cannot be read, or is not a raster.
        """
        return await together(self._load(source) for source in sources)

    def forget(self, source: Source) -> None:
        """Open the file anew next time: it has changed."""
        self._headers.forget(_key(source))

    def clear(self) -> None:
        """Forget all that is known."""
        self._headers.clear()
        self._kin.clear()

    async def _load(self, source: Source) -> CogHeader:
        with naming(source):
            return await self._headers.get_or_load(_key(source), lambda: self._open(source))

    async def _open(self, source: Source) -> CogHeader:
        opened = await self._store.open(source.location)
        try:
            [head] = await opened.ranges([(0, HEAD_BYTES)])
            likeness = likeness_of(head)
            if likeness is None:
                return await self._ask(source, opened)
            version = version_of(head, opened, source)
            if (made := self._kin.header(likeness, version)) is not None:
                return made
            header = await self._ask(source, opened)
            self._kin.keep(likeness, version, header)
            return header
        finally:
            opened.close()

    async def _ask(self, source: Source, opened: ByteSource) -> CogHeader:
        """Ask GDAL what the file is, and async-tiff where its blocks are."""
        [header], (layout, declined) = await asyncio.gather(self._general.headers([source]), _layout(opened))
        declined = declined or (_unfit(header, layout) if layout else "")
        if layout and header.nodata is not None:
            layout = replace(layout, levels=tuple(replace(level, fill=header.nodata) for level in layout.levels))
        known = {field.name: getattr(header, field.name) for field in fields(header)}
        return CogHeader(**known, layout=None if declined else layout, declined=declined)


async def _layout(opened: ByteSource) -> tuple[Layout | None, str]:
    try:
        return await read_layout(opened), ""
    except Declined as err:
        return None, str(err)


def _unfit(header: Header, layout: Layout) -> str:
    """Why the layout does not fit what GDAL says of the file, or an empty text."""
    first, *overviews = layout.levels
    if header.warped or (first.width, first.height) != (header.width, header.height):
        return "it is turned, or placed by ground control points"
    if tuple((level.width, level.height) for level in overviews) != header.overviews:
        return "its overviews are not in order"
    kinds = {(level.dtype, level.bands, level.planes) for level in layout.levels}
    sizes = [(level.width, level.height) for level in layout.levels]
    if len(kinds) > 1 or (layout.masks and [(mask.width, mask.height) for mask in layout.masks] != sizes):
        return "its levels do not fit together"
    if header.transform.b or header.transform.d or header.transform.a < 0:
        return "it is rotated or mirrored"
    if header.crs is None:
        return "it has no CRS"
    return ""


def _key(source: Source) -> Key:
    return source.location, _local_version(source.location)


def _local_version(location: Location) -> object:
    """Inode, size and time of a local file; None for a remote one, and for one that cannot be looked at."""
    if not isinstance(location, FileLocation):
        return None
    try:
        status = location.path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
