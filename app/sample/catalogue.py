"""The sample catalogue as the server sees it: generated once, then found by path, by id and by search."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from app.errors import NotFound, shorten
from app.model.location import FileLocation
from app.sample import links
from app.sample.folder import default_parent, make_once
from app.sample.generate import Progress, generate
from app.sample.recipe import COLLECTION, Recipe
from app.sample.search.parse import MAX_LIMIT, parse_search
from app.sample.search.query import SearchQuery
from app.sample.search.run import run, select_fields
from app.settings import Settings

Document = dict[str, Any]


class SampleCatalogue:
    """The generated catalogue in the folder ``root``; call ``ensure`` once before anything else.

    Args:
        parent: Folder in which the catalogue gets a folder of its own.
        recipe: What to generate.
    """

    def __init__(self, parent: Path, recipe: Recipe | None = None) -> None:
        self._recipe = recipe or Recipe()
        self.root = (parent / self._recipe.name).resolve()
        self._items: dict[str, Document] = {}
        self._collection: Document = {}
        self._catalog: Document = {}
        self._paths: Mapping[str, Path] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> SampleCatalogue:
        """The catalogue in ``settings.sample_dir``, else in the user's cache folder."""
        return cls(settings.sample_dir or default_parent())

    def ensure(self, progress: Progress | None = None) -> None:
        """Generate what is missing (about 15 s) and read the documents.

        Args:
            progress: Called with ``(scenes done, scenes in all)`` while generating; not called when all is there.

        Raises:
            SampleUnavailable: The folder cannot be written, or the disk is full.
        """
        make_once(self.root, lambda folder: generate(folder, self._recipe, progress))
        home = self.root / COLLECTION
        self._catalog, self._collection = _read(self.root / "catalog.json"), _read(home / "collection.json")
        documents = [_read(home / scene.id / f"{scene.id}.json") for scene in self._recipe.scenes]
        self._items = {document["id"]: document for document in documents}
        self._paths = self._known_paths()

    @property
    def collection_id(self) -> str:
        """Id of the one collection."""
        return COLLECTION

    @property
    def showcase_id(self) -> str:
        """Id of the item to show first: the newest without clouds."""
        clear = (i for i in self.item_ids if self._items[i]["properties"]["eo:cloud_cover"] < 1)
        return next(clear, self.item_ids[0])

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of all items, newest first."""
        return tuple(reversed(self._items))

    def locate(self, path: str) -> FileLocation | None:
        """Find the file behind a path of this server: below ``/samples``, or an item or collection of ``/v0``.

        Args:
            path: Path of a URL below the server's base, percent-encoded or not; repeated slashes count as one.

        Returns:
            A file of the catalogue, or None: nothing else is ever found.
        """
        clean = "/".join(part for part in unquote(path).split("/") if part)
        found = self._paths.get(clean)
        return FileLocation(self.root, found) if found else None

    def search(self, query: SearchQuery, base_url: str) -> Document:
        """Answer a search with one page as a GeoJSON FeatureCollection; hrefs begin with ``base_url``."""
        found = run(query, list(self._items.values()))
        features = [select_fields(links.item(item, base_url), query) for item in found.items]
        return {
            "type": "FeatureCollection",
            "stac_version": self._catalog["stac_version"],
            "stac_extensions": [],
            "context": {"page": query.page, "limit": query.limit, "matched": found.matched, "returned": len(features)},
            "numberMatched": found.matched,
            "numberReturned": len(features),
            "features": features,
            "links": links.page(query, found.matched, base_url),
        }

    def answer(self, path: str, body: Mapping[str, Any], base_url: str) -> Document | None:
        """Answer what the API at ``/v0`` is asked from inside this process; None for any other path.

        Args:
            path: Below the server's base, percent-decoded.
            body: Of a search.

        Raises:
            SwathError: The search cannot be read, or there is no such collection.
        """
        match [part for part in path.split("/") if part]:
            case ["v0"]:
                return self.landing(base_url)
            case ["v0", "search"]:
                return self.search(parse_search(body), base_url)
            case ["v0", "collections", collection_id]:
                return self.collection(collection_id, base_url)
            case ["v0", "collections", collection_id, "items"]:
                self._require_collection(collection_id)
                return self.search(parse_search({**body, "limit": MAX_LIMIT}), base_url)
        return None

    def href_of(self, location: FileLocation, base_url: str) -> str | None:
        """Give the URL below ``/samples`` of a file of the catalogue; None for others."""
        if location.root != self.root:
            return None
        return f"{base_url}/samples/{location.path.relative_to(self.root).as_posix()}"

    def item(self, collection_id: str, item_id: str, base_url: str) -> Document:
        """The item with absolute hrefs, or ``NotFound``."""
        self._require_collection(collection_id)
        if item_id not in self._items:
            ids = self.item_ids
            known = f"the newest of {len(ids)} is '{ids[0]}'"
            raise NotFound(f"There is no item '{shorten(item_id)}' in '{COLLECTION}'; {known}.")
        return links.item(self._items[item_id], base_url)

    def collection(self, collection_id: str, base_url: str) -> Document:
        """The collection with absolute links, or ``NotFound``."""
        self._require_collection(collection_id)
        return links.collection(self._collection, base_url)

    def collections(self, base_url: str) -> Document:
        """The list of collections: there is one."""
        return {
            "collections": [links.collection(self._collection, base_url)],
            "links": [links.link("self", f"{base_url}/v0/collections"), links.link("root", f"{base_url}/v0")],
        }

    def landing(self, base_url: str) -> Document:
        """The landing page of the API at ``/v0``."""
        return links.landing(self._catalog, base_url)

    def _require_collection(self, collection_id: str) -> None:
        if collection_id != COLLECTION:
            raise NotFound(f"There is no collection '{shorten(collection_id)}'; there is '{COLLECTION}'.")

    def _known_paths(self) -> dict[str, Path]:
        """Every path that is served, without its first slash, and its real file."""
        files = [path for path in self.root.rglob("*") if path.is_file()]
        paths = {f"samples/{path.relative_to(self.root).as_posix()}": path for path in files}
        api = f"v0/collections/{COLLECTION}"
        paths[api] = self.root / COLLECTION / "collection.json"
        for item_id in self._items:
            paths[f"{api}/items/{item_id}"] = self.root / COLLECTION / item_id / f"{item_id}.json"
        return paths


def _read(path: Path) -> Document:
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    return document
