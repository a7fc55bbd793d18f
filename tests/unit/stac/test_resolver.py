"""What a request means, decided once and remembered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from app.errors import LimitExceeded
from app.model.request import AssetChoice, DatasetKind, DatasetRef, Selection
from app.settings import Settings
from app.stac.resolver import Resolver
from tests.reading import reading

ALL = Selection(assets=(AssetChoice(name=":all:"),))
ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "scene",
    "properties": {},
    "geometry": None,
    "links": [],
    "assets": {key: {"href": f"./{key}.tif", "type": "image/tiff; application=geotiff"} for key in "abc"},
}


def test_what_may_be_described_is_not_therefore_read(tmp_path: Path) -> None:
    """``/info`` describes more assets than a picture may read; what it remembers does not lift the picture's limit."""
    (tmp_path / "item.json").write_text(json.dumps(ITEM))
    settings = Settings(data_root=tmp_path, assets_max=2)
    dataset = DatasetRef(kind=DatasetKind.STAC, url="item.json", home="http://127.0.0.1:8000")

    async def run() -> None:
        async with reading(settings) as room:
            resolver = Resolver(room.locator, room.store, settings)
            item = await resolver.item(dataset)
            described = resolver.choice(dataset, item, ALL, assets_max=64)
            assert len(described.sources) == 3
            with pytest.raises(LimitExceeded, match="These are 3 assets, 2 are read at once"):
                resolver.choice(dataset, item, ALL)

    asyncio.run(run())
