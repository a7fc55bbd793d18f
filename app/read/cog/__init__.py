"""The fast driver: tiled GeoTIFFs read block by block, with a cache of decoded blocks and our own geometry."""
