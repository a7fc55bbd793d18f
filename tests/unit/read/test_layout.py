"""What the directories of a TIFF say of its blocks, and what is left to the general driver."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest
from rasterio.io import MemoryFile

from app.read.cog.declined import Declined
from app.read.cog.layout import read_layout
from app.settings import Settings
from tests.reading import reading


def test_floats_of_8_bits_are_declined(tmp_path: Path) -> None:
    """TIFF has no such samples; a file may say so nevertheless."""
    whole, floats = (struct.pack("<2HIH", 339, 3, 1, kind) for kind in (1, 3))
    with MemoryFile() as file:
        with file.open(driver="GTiff", width=128, height=128, count=1, dtype="uint8", tiled=True):
            pass
        body = file.read()
    assert body.count(whole) == 1
    (tmp_path / "tiny.tif").write_bytes(body.replace(whole, floats))

    async def read() -> None:
        async with reading(Settings(data_root=tmp_path)) as room:
            opened = await room.store.open(room.locator.locate("tiny.tif", home="http://swath.test"))
            try:
                await read_layout(opened)
            finally:
                opened.close()

    with pytest.raises(Declined, match="its samples have 8 bits"):
        asyncio.run(read())
