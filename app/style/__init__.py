"""Numbers become colours: rescale, colour formula, colormap. Pure; masks pass through untouched."""
