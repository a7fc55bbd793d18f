"""Is a GeoTIFF cloud-optimised? What its directories tell of its layout, judged, and described as rio-cogeo does."""
