"""What a caller asked for, in one dialect: every older spelling has been translated before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rasterio.crs import CRS

from app.model.algorithm import Algorithm
from app.model.expression import Expression
from app.model.grid import Frame
from app.model.mosaic import Mosaic
from app.model.shape import Shape

Rgba = tuple[int, int, int, int]
ColormapTable = dict[int, Rgba] | dict[float | int, Rgba] | Sequence[tuple[tuple[float | int, float | int], Rgba]]
"""Either value to colour, or a list of ``((low, high), colour)`` with ``low <= value < high`` (rio-tiler's forms)."""


Ranges = tuple[tuple[float, float], ...]
"""``(low, high)`` per band."""


class Format(StrEnum):
    """Encodings of an image or array; the value is how a caller writes it."""

    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"
    AVIF = "avif"
    TIFF = "tif"
    NPY = "npy"
    NPZ = "npz"
    PNGRAW = "pngraw"
    JP2 = "jp2"

    @property
    def media_type(self) -> str:
        """Content type; ``.npy`` has none registered, ``application/x-binary`` is what TiTiler sends."""
        return _MEDIA_TYPES[self]

    @property
    def extension(self) -> str:
        """How the name of such a file ends, without the dot."""
        return "png" if self is Format.PNGRAW else self.value

    @property
    def is_picture(self) -> bool:
        """Whether it is made to be looked at, rather than to be computed with."""
        return self not in (Format.TIFF, Format.NPY, Format.NPZ, Format.JP2)

    @property
    def is_painted(self) -> bool:
        """Whether it shows the colours that the file itself gives to its values, rather than the values."""
        return self.is_picture and self is not Format.PNGRAW


_MEDIA_TYPES = {
    Format.PNG: "image/png",
    Format.JPEG: "image/jpeg",
    Format.WEBP: "image/webp",
    Format.AVIF: "image/avif",
    Format.TIFF: "image/tiff; application=geotiff",
    Format.NPY: "application/x-binary",
    Format.NPZ: "application/x-npz",
    Format.PNGRAW: "image/png",
    Format.JP2: "image/jp2",
}


class Motion(StrEnum):
    """Encodings of an animation; the value is how a caller writes it."""

    GIF = "gif"
    WEBP = "webp"
    APNG = "apng"
    MP4 = "mp4"

    @property
    def media_type(self) -> str:
        """Content type."""
        return "video/mp4" if self is Motion.MP4 else f"image/{self.value}"

    @property
    def extension(self) -> str:
        """How the name of such a file ends, without the dot; programs know an animated PNG as a PNG."""
        return "png" if self is Motion.APNG else self.value


class DatasetKind(StrEnum):
    """What is shown: a STAC item, a single raster, or the scenes of a search."""

    STAC = "stac"
    COG = "cog"
    SEARCH = "search"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRef:
    """The dataset of a request.

    Attributes:
        url: As the caller wrote it; of a search its id.
        home: Base URL of this server, without a trailing slash; a ``url`` or href below it that names the sample
            catalogue is answered inside the process.
        mosaic: What is made of the scenes; None of an item or a raster.
    """

    kind: DatasetKind
    url: str
    home: str
    mosaic: Mosaic | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChoice:
    """One asset that the caller named, with the options written behind it.

    Attributes:
        name: Key or alias.
        indexes: Bands of this asset, from 1; None for ``bands``, else the request's ``bidx``, else all.
        bands: The same by the names that the item gives its bands.
        expression: Band math on this asset's own bands (``b1`` ...), or None.
    """

    name: str
    indexes: tuple[int, ...] | None = None
    bands: tuple[str, ...] = ()
    expression: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    """Which pixels are not wanted: those to which the first band of an asset gives one of some values.

    Attributes:
        name: Key or alias of the asset; of a single raster ``b{n}``, one of its own bands.
        values: Values, or None where bits are looked at.
        bits: Numbers of bits, from 0 for the lowest, of which any that is set counts.
        keep: What is named is wanted, and all the rest is not.
    """

    name: str
    values: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()
    keep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to read.

    Attributes:
        assets: In the order asked; empty for a single raster, or when the expression names them.
        indexes: ``bidx``, applied to every source without bands of its own.
        bands: Names of bands, applied in the same way and before ``indexes``.
        expression: Band math over the selected bands, or None.
        nodata: Value that takes the place of the files' own nodata (NaN allowed).
        unscale: Apply scale and offset: the file's own, else those that the item tells.
        resampling: Name of ``rasterio.enums.Resampling``, from read window to output.
        reproject: The same, while warping.
        padding: Pixels read around the picture and cut off again.
        algorithm: What makes other bands of those read, or of the expression's results; None: they stay.
        masks: What makes pixels invalid, before anything is computed with them.
    """

    assets: tuple[AssetChoice, ...] = ()
    indexes: tuple[int, ...] | None = None
    bands: tuple[str, ...] = ()
    expression: Expression | None = None
    nodata: float | None = None
    unscale: bool = False
    resampling: str = "nearest"
    reproject: str = "nearest"
    padding: int = 0
    algorithm: Algorithm | None = None
    masks: tuple[MaskRule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Style:
    """How to show it.

    Attributes:
        rescale: ``(low, high)`` pairs: one for all bands, or one per band; empty for none.
        auto: Percentiles ``(p, q)`` between which to rescale, measured on the whole dataset; None for ``rescale``.
        color_formula: rio-color operations, or None.
        colormap: Table of colours, or None.
        return_mask: Add the mask (alpha channel, last plane of an array).
    """

    rescale: Ranges = ()
    auto: tuple[float, float] | None = None
    color_formula: str | None = None
    colormap: ColormapTable | None = None
    return_mask: bool = True

    @cached_property
    def key(self) -> str:
        """Text that is equal where the styles are."""
        return repr((self.rescale, self.color_formula, self.colormap, self.return_mask))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """A tile, a crop or a preview: they differ only by ``frame``.

    Attributes:
        format: Encoding, or None to choose JPEG where every pixel is valid and PNG elsewhere.
        shape: What is outside of it is invalid; ``frame`` is then the box around it.
    """

    dataset: DatasetRef
    selection: Selection
    frame: Frame
    style: Style = field(default_factory=Style)
    format: Format | None = None
    shape: Shape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimationRequest:
    """Pictures of many scenes, one after the other.

    Attributes:
        image: Of each frame; its dataset is the search.
        fps: Frames a second.
        by: Period whose scenes make one frame, a name of ``app.compute.periods.PERIODS``; None: each makes its own.
        labelled: Write the date, or the period, on each frame.
    """

    image: ImageRequest
    format: Motion
    fps: float
    by: str | None = None
    labelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What to count of the values of each band.

    Attributes:
        percentiles: Whole numbers 0 to 100.
        bins: How many of equal width, or the edges of all.
        range: Of the bins; None: from the lowest value to the highest.
        categorical: Count each value by itself, instead of bins.
        categories: The values to count; empty for all that occur.
        cover_scale: Into how many cells a side a pixel is taken apart, to find how much of it a shape covers.
    """

    percentiles: tuple[int, ...] = (2, 98)
    bins: int | tuple[float, ...] = 10
    range: tuple[float, float] | None = None
    categorical: bool = False
    categories: tuple[float, ...] = ()
    cover_scale: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRequest:
    """Values at one point, ``x`` and ``y`` in ``crs``."""

    dataset: DatasetRef
    selection: Selection
    x: float
    y: float
    crs: CRS
