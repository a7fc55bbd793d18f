"""What does a raster say of itself that no map needs, but a catalogue tells? Units, descriptions, dates."""

from __future__ import annotations

from rasterio.io import DatasetReader

from app.model.authoring import BandPortrait, Portrait
from app.net.source import BlockingSource


def portray(dataset: DatasetReader, _opened: BlockingSource) -> Portrait:
    """Collect it; dates and cloud cover from GDAL's domain ``IMAGERY``, else a date from the TIFF's own tag."""
    tags, imagery = dataset.tags(), dataset.tags(ns="IMAGERY")
    columns = zip(
        dataset.indexes,
        dataset.dtypes,
        dataset.scales,
        dataset.offsets,
        dataset.units,
        dataset.descriptions,
        dataset.colorinterp,
        strict=True,
    )
    return Portrait(
        bands=tuple(
            BandPortrait(
                name=f"b{number}",
                dtype=dtype,
                scale=scale,
                offset=offset,
                unit=unit,
                description=description,
                color=color.name,
            )
            for number, dtype, scale, offset, unit, description, color in columns
        ),
        nodata=dataset.nodata,
        sampling=tags.get("AREA_OR_POINT", "").lower(),
        acquired=imagery.get("ACQUISITIONDATETIME") or tags.get("TIFFTAG_DATETIME", ""),
        cloud_cover=imagery.get("CLOUDCOVER", ""),
    )
