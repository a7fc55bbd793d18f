"""What will be read: a value that limits judge and a reader executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rasterio.crs import CRS

from app.model.algorithm import Algorithm
from app.model.expression import Expression
from app.model.grid import Grid
from app.model.location import hosts_of
from app.model.request import MaskRule
from app.model.shape import Shape
from app.model.source import Header, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRead:
    """One source, and how it will be read onto the plan's grid.

    Attributes:
        indexes: Bands that will be read, from 1.
        overview: Index into ``header.overviews`` that GDAL's rule predicts, or None for full resolution.
        pixels: Source pixels under the grid, at that resolution.
        step: Such pixels per output pixel, along the longer way.
    """

    source: Source
    header: Header
    indexes: tuple[int, ...]
    overview: int | None = None
    pixels: float = 0
    step: float = 1

    @property
    def level_wh(self) -> tuple[int, int]:
        """Width and height of the level that will be read."""
        return self.header.level_wh(self.overview)

    @property
    def key(self) -> tuple[object, ...]:
        """What decides the values read, and their descriptions."""
        source = self.source
        own = source.expression and source.expression.text
        scaling = source.unscale and self.scaling
        return (self.header.version, self.indexes, source.prefix, source.nodata, scaling, own)

    @property
    def scaling(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Scale and offset of each band read that ``unscale`` applies: the item's where the file itself has none."""
        header, source = self.header, self.source
        told = list(zip(header.scales, header.offsets, strict=True))
        if not any(each != (1, 0) for each in told):
            known = list(zip(source.scales, source.offsets, strict=True))[: len(told)]
            told[: len(known)] = known
        picked = [told[index - 1] for index in self.indexes]
        return tuple(scale for scale, _ in picked), tuple(offset for _, offset in picked)

    @property
    def own_bands(self) -> dict[str, int]:
        """Names that the source's own expression knows, to their position among the bands read."""
        return {f"b{index}": position for position, index in enumerate(self.indexes)}

    @property
    def band_count(self) -> int:
        """Bands that this read adds to the stack: those read, or the outputs of the source's own expression."""
        own = self.source.expression
        return len(own.descriptions) if own else len(self.indexes)

    @property
    def descriptions(self) -> tuple[str, ...]:
        """One text per band, by the header: rio-tiler repeats the last one where a file has several."""
        return tuple(self.source.prefix + self.header.describe(index) for index in self.indexes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMask:
    """A rule, and the read of the one band that it looks at."""

    read: PlannedRead
    rule: MaskRule


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """All reads of one request, on one grid; compared by identity.

    Attributes:
        whole: The grid is exactly the source's own pixels, perhaps fewer: nothing is warped.
        expression: Band math over the stack of all bands read, or None.
        bands: Identifier of the expression to its position in that stack, from 0.
        resampling: rasterio name of the resampling from a read window to the output.
        reproject: rasterio name of the resampling while warping.
        padding: Pixels read around the grid and cut off again, so that resampling meets no edge.
        algorithm: What makes other bands of the results, or None.
        inner: The grid of the answer, where it is smaller by the pixels that the algorithm wants around it.
        shape: In the CRS of the grid: what is outside of it is invalid; None: nothing is.
        masks: What makes pixels invalid, before anything is computed with them.
    """

    grid: Grid
    reads: tuple[PlannedRead, ...]
    whole: bool = False
    expression: Expression | None = None
    bands: Mapping[str, int] = field(default_factory=dict)
    resampling: str = "nearest"
    reproject: str = "nearest"
    padding: int = 0
    algorithm: Algorithm | None = None
    inner: Grid | None = None
    shape: Shape | None = None
    masks: tuple[PlannedMask, ...] = ()

    @property
    def all_reads(self) -> tuple[PlannedRead, ...]:
        """Those of the masks, too."""
        return (*self.reads, *(mask.read for mask in self.masks))

    @property
    def veil(self) -> Plan | None:
        """The reads of the masks: each pixel as it is, as their values are names; None without masks."""
        if not self.masks:
            return None
        reads = tuple(mask.read for mask in self.masks)
        bounds = self.reads[0].header.bounds
        whole = self.whole and all((r.header.crs, r.header.bounds) == (self.grid.crs, bounds) for r in reads)
        return Plan(grid=self.grid, reads=reads, whole=whole)

    @property
    def shown(self) -> Grid:
        """The grid of the answer."""
        return self.inner or self.grid

    @property
    def computed_bytes(self) -> int:
        """Bytes per pixel of what band math and the algorithm make: 8 a value where nothing is known."""
        results = len(self.expression.descriptions) if self.expression else 0
        if self.algorithm is None:
            return 8 * results
        bands = results or sum(read.band_count for read in self.reads)
        return 8 * results + self.algorithm.bytes_made(bands)

    @property
    def measured_bands(self) -> int:
        """Bands that are read, or those that band math and the algorithm make of them, whichever are more."""
        return max(sum(read.band_count for read in self.reads), self.computed_bytes // 8)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Where it is read from; none for local files."""
        return hosts_of(read.source.location for read in self.all_reads)

    @property
    def is_nearest(self) -> bool:
        """Whether each output pixel shows one source pixel, whatever lies around it."""
        return self.resampling == self.reproject == "nearest" and not self.padding

    @cached_property
    def key(self) -> str:
        """Text that is equal where the values read are: it names the versions of the files, too."""
        grid = self.grid
        lattice = (grid.crs.to_wkt() if grid.crs else None, grid.bounds, grid.width, grid.height, self.whole)
        how = (self.resampling, self.reproject, self.padding)
        computed = self.expression and self.expression.written(self.bands)
        algorithm = self.algorithm and (self.algorithm, self.inner)
        cut = self.shape and self.shape.key
        hidden = [(mask.read.key, mask.rule) for mask in self.masks]
        return repr((lattice, how, computed, algorithm, cut, [read.key for read in self.reads], hidden))


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePlan:
    """All reads of one point, ``x`` and ``y`` in ``crs``; ``expression`` and ``bands`` as in ``Plan``.

    The values are a raster of one pixel, so that they go the way of every other.

    Attributes:
        places: The point in the CRS of each read's source.
        mask_places: The same for each mask.
    """

    x: float
    y: float
    crs: CRS
    reads: tuple[PlannedRead, ...]
    places: tuple[tuple[float, float], ...]
    expression: Expression | None = None
    bands: Mapping[str, int] = field(default_factory=dict)
    masks: tuple[PlannedMask, ...] = ()
    mask_places: tuple[tuple[float, float], ...] = ()

    @property
    def all_reads(self) -> tuple[PlannedRead, ...]:
        """Those of the masks, too."""
        return (*self.reads, *(mask.read for mask in self.masks))

    @property
    def veil(self) -> SamplePlan | None:
        """The reads of the masks, or None without masks."""
        if not self.masks:
            return None
        reads = tuple(mask.read for mask in self.masks)
        return SamplePlan(x=self.x, y=self.y, crs=self.crs, reads=reads, places=self.mask_places)

    @property
    def hosts(self) -> frozenset[str]:
        """Where it is read from; none for local files."""
        return hosts_of(read.source.location for read in self.all_reads)

    @property
    def grid(self) -> Grid:
        """One pixel, without extent."""
        return Grid(crs=self.crs, bounds=(self.x, self.y, self.x, self.y), width=1, height=1)
