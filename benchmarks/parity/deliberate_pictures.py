"""Differences of pixels that are meant."""

from __future__ import annotations

from benchmarks.parity.difference import Deliberate

PICTURES = {
    "jpg-type": Deliberate(
        title="`image/jpeg`",
        why="The type of a `.jpg` is `image/jpeg`, the registered one; TiTiler writes `image/jpg`.",
        covers=("type",),
        told="^image/jpg and image/jpeg$",
    ),
    "longitude-first": Deliberate(
        title="CRS84, not EPSG:4326",
        why="Where coordinates have longitude first, `Content-Crs` and `boundingBox` name CRS84; EPSG:4326 has "
        "latitude first. Numbers are the same.",
        covers=("header content-crs", "json /boundingBox/crs"),
        told="(EPSG/0/4326|EPSG/0/4258|OGC/0/CRS84).* and .*CRS84",
    ),
    "some-bands": Deliberate(
        title="Some of the bands",
        why="Of a raster with several bands, nodata or a mask, of which an overview is read, GDAL warps a part of "
        "the bands to the grid of the file first and picks pixels from that: up to one pixel of the overview "
        "beside the place. Swath reads them where it reads all bands, and there TiTiler has the same pixels.",
        covers=("pixels", "mask"),
        where=r"tiles/WebMercatorQuad/(9|10)/.*made/(counts|rgb)\.tif&bidx",
    ),
    "jpeg-sources": Deliberate(
        title="Sources compressed with JPEG",
        why="Their chroma is spread over pixels by another decoder than GDAL's: a few digital numbers at borders "
        "of colours.",
        covers=("pixels", "values"),
        where="noaa|cog_hirise_mars|rasterio_cogeo",
        told=r"by up to ([0-9]|1[0-9]|2[0-9])$|value: ",
    ),
    "statistics-of-jpeg": Deliberate(
        title="Statistics of such sources",
        why="They are of those values: means differ by less than one in 10 000.",
        covers=("json /b[1-3]/*",),
        where=r"statistics\?url=.*(cog_hirise_mars|rasterio_cogeo)",
    ),
    "jp2": Deliberate(
        title="JPEG 2000",
        why="It is without loss here; TiTiler's loses, of the alpha band, too.",
        covers=("mask", "pixels"),
        where=r"\.jp2\?",
    ),
    "black-jpeg": Deliberate(
        title="Black in JPEG",
        why="JPEG has no mask: invalid pixels are black in Swath, and whatever the file holds there in TiTiler.",
        covers=("pixels",),
        where=r"/map\?.*rgb.*(jpg|image/jpeg)",
    ),
    "alpha-of-types": Deliberate(
        title="Alpha of floats and signed integers",
        why="TiTiler writes the lowest value of the dtype as the mask of invalid pixels, which turns into an "
        "alpha of 0 everywhere when the picture is brought to uint8: nothing is to be seen. Swath writes 0 "
        "and the highest value.",
        covers=("mask",),
        where=r"/[0-9]+(\.png|\.webp)?\?url=made/(heights|scaled)\.tif",
    ),
    "two-bands": Deliberate(
        title="Two bands as a picture",
        why="A picture has one or three bands. Of two Swath shows the first; TiTiler writes the mask as the blue "
        "of a PNG or WebP, and cannot write a JPEG.",
        covers=("shape", "status", "mask", "pixels"),
        where=r"tiles/WebMercatorQuad/10/555/361(\.png|\.jpg|\.webp)?\?url=made/scaled\.tif$|\.jp2.*scaled",
    ),
    "own-colours": Deliberate(
        title="Colour tables of files",
        why="A raster's own colour table paints pictures (PNG, JPEG, WebP, AVIF). Arrays and GeoTIFFs, `pngraw` "
        "and JPEG 2000 hold the values, which is why one asks for them; TiTiler paints these, too.",
        covers=("shape", "mask"),
        where=r"\.(npy|tif|jp2|pngraw)\?url=[^&]*(classes|_Map|cog_cmap)\.tif(&max_size=200)?$",
    ),
    "mask-of-data": Deliberate(
        title="The mask of an array tells of the data",
        why="In an array painted by `colormap=` the mask plane is 255 where the raster has data. TiTiler writes "
        "the alpha of the colour there, so what has no colour looks as if it were no data. Pictures have the "
        "same alpha.",
        covers=("mask",),
        where=r"\.(npy|tif)\?.*colormap=",
    ),
    "map-format": Deliberate(
        title="Maps without a format",
        why="`/map` without `f=` and with `Accept: */*` is a JPEG where every pixel is valid, and a PNG "
        "elsewhere, as tiles and previews are in both servers; TiTiler takes PNG here.",
        covers=("type",),
        where=r"/map\?",
        told="^image/png and image/jpeg$",
    ),
    "map-crs": Deliberate(
        title="Maps of items",
        why="A map without `crs=` is in the CRS of the data, for items as for rasters; TiTiler takes EPSG:4326 "
        "for items.",
        covers=("header *", "shape"),
        where=r"/stac/map\?",
    ),
    "promotion": Deliberate(
        title="Powers of integers",
        why="A power is float64, so that it cannot overflow; in TiTiler `b1**2` of uint16 is int32.",
        covers=("dtype",),
        where=r"b1\*\*2",
    ),
    "names": Deliberate(
        title="Names in expressions",
        why="Assets may be named in an expression, as TiTiler 0.1 to 1.x had it: `B08/B04`. TiTiler 2.4 knows "
        "positions only.",
        covers=("status",),
        where="asset_as_band",
        told="400 and 200",
    ),
    "margins": Deliberate(
        title="Hillshade and slope to the edge",
        why="They look at the pixels around a picture, so it has the size that was asked for and no seams; "
        "TiTiler cuts three pixels off each side (see [algorithms](algorithms.md)).",
        covers=("shape", "header content-bbox"),
        where="algorithm=(hillshade|slope)",
    ),
    "nan": Deliberate(
        title="NaN is no value",
        why="A pixel that is NaN is invalid, whatever nodata says; TiTiler takes it for data when the file or "
        "`nodata=` names another value, or none.",
        covers=("mask", "pixels"),
        where=r"heights.*nodata=900|rotated",
    ),
    "borders": Deliberate(
        title="Borders of the data",
        why="Whether a pixel on the border of the data is valid hangs on how a CRS is approximated: up to 3 in 10 "
        "000 pixels.",
        covers=("mask",),
        told=r"^0\.0[123]%",
    ),
}
