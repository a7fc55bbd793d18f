"""Ways to show a scene, in the words of the STAC render extension."""

from __future__ import annotations

from typing import Any

NATURAL = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"

RENDERS: dict[str, dict[str, Any]] = {
    "true_color": {
        "title": "True colour",
        "assets": ["B04", "B03", "B02"],
        "color_formula": NATURAL,
        "resampling": "bilinear",
        "minmax_zoom": [8, 14],
    },
    "false_color": {
        "title": "False colour (vegetation in red)",
        "assets": ["B08", "B04", "B03"],
        "color_formula": NATURAL,
        "resampling": "bilinear",
        "minmax_zoom": [8, 14],
    },
    "ndvi": {
        "title": "Vegetation index (NDVI)",
        "assets": ["B08", "B04"],
        "expression": "(B08-B04)/(B08+B04)",
        "rescale": [[-1, 1]],
        "colormap_name": "viridis",
        "resampling": "nearest",
        "minmax_zoom": [8, 14],
    },
    "visual": {"title": "Ready-made picture", "assets": ["visual"], "resampling": "bilinear", "minmax_zoom": [8, 14]},
}
