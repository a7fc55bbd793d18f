"""Tile matrix sets by name: all of morecantile's, and those of a folder of the operator's."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from fastapi import Request
from morecantile import TileMatrixSet
from morecantile import tms as library
from rasterio.errors import CRSError

from app.errors import BadRequest
from app.settings import Settings

WEB_MERCATOR = "WebMercatorQuad"
ZOOM_MAX = 30
FILE_BYTES_MAX = 1024 * 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._\-]{0,63}")


class MatrixSets:
    """What ``tms`` may name; each set is read when it is first asked for, and kept.

    Args:
        own: Sets besides those of the library.
    """

    def __init__(self, own: Mapping[str, TileMatrixSet] | None = None) -> None:
        self._sets = dict(own or {})
        self.names = sorted({*library.list(), *self._sets})

    @classmethod
    def from_settings(cls, settings: Settings) -> MatrixSets:
        """With those of ``SWATH_TMS_FOLDER``.

        Raises:
            ValueError: Files that are no tile matrix sets; the message names each, and what is wrong with it.
        """
        return cls(read_folder(settings.tms_folder) if settings.tms_folder else {})

    def find(self, name: str) -> TileMatrixSet:
        """Look a tile matrix set up.

        Raises:
            BadRequest: No such set; the message names the ones there are.
        """
        kept = self._sets.get(name)
        if kept is not None:
            return kept
        if name not in self.names:
            near = difflib.get_close_matches(name[:80], self.names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.names)}"
            raise BadRequest.of("tms", name, f"is not a tile matrix set; {hint}")
        return self._sets.setdefault(name, library.get(name))


def matrix_sets(request: Request) -> MatrixSets:
    """The tile matrix sets of this server."""
    sets: MatrixSets = request.app.state.matrix_sets
    return sets


def find_tms(request: Request, name: str) -> TileMatrixSet:
    """Look a tile matrix set up, as ``MatrixSets.find``."""
    return matrix_sets(request).find(name)


def read_folder(folder: Path) -> dict[str, TileMatrixSet]:
    """Read every ``*.json`` of a folder as a tile matrix set, by its own id.

    Raises:
        ValueError: As ``MatrixSets.from_settings``.
    """
    sets: dict[str, TileMatrixSet] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            found = read_file(path)
            _require_new(str(found.id), sets)
            sets[str(found.id)] = found
        except ValueError as err:
            faults.append(f"{path.name} {err}")
    if faults:
        raise ValueError(f"SWATH_TMS_FOLDER: {'; '.join(faults)}")
    return sets


def read_file(path: Path) -> TileMatrixSet:
    """Read one tile matrix set of OGC 17-083r4, and see that tiles of it can be made.

    Raises:
        ValueError: What is wrong, as the end of a sentence that begins with the file's name.
    """
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
    except OSError:
        raise ValueError("cannot be read") from None
    if len(text) > FILE_BYTES_MAX:
        raise ValueError(f"is larger than {FILE_BYTES_MAX // 1024} KiB")
    try:
        found = TileMatrixSet.model_validate_json(text)
    except Exception as err:
        raise ValueError(f"is not a tile matrix set of OGC 17-083r4 ({type(err).__name__})") from err
    _require_usable(found)
    return found


def _require_new(name: str, sets: Iterable[str]) -> None:
    if name in library.list():
        raise ValueError(f"has the id {name}, which is a set of OGC's or morecantile's; give it another")
    if name in sets:
        raise ValueError(f"has the id {name}, as a file before it")


def _require_usable(found: TileMatrixSet) -> None:
    """Tiles are asked for by zoom, so matrices are numbered without gaps; and GDAL must know the CRS."""
    if not _NAME.fullmatch(str(found.id)):
        raise ValueError("has no id of letters, digits, dots, hyphens and underscores, at most 64")
    ids = [matrix.id for matrix in found.tileMatrices]
    zooms = [int(each) for each in ids if re.fullmatch(r"0|[1-9][0-9]?", each)]
    if not ids or len(zooms) < len(ids) or zooms != list(range(zooms[0], zooms[0] + len(ids))) or zooms[-1] > ZOOM_MAX:
        raise ValueError(f"has matrices whose ids are not whole numbers in a row, within 0 to {ZOOM_MAX}")
    try:
        crs = found.rasterio_crs
    except CRSError:
        raise ValueError("has a CRS that GDAL does not know") from None
    if not (crs.is_geographic or crs.is_projected):
        raise ValueError("has a CRS that is not one of maps")
