"""Where the pixels are: a STAC item, or a single raster, becomes an ordered list of sources."""
