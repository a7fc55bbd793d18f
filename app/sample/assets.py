"""The six files of a scene, as STAC assets in the words of Earth Search v0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.sample.scene.ground import Ground

COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneAsset:
    """One file: its key, what it shows, and how many times wider than 10 m its pixels are."""

    key: str
    title: str
    role: str
    bands: tuple[dict[str, Any], ...] = ()
    factor: int = 1


def _band(name: str, common_name: str, centre_um: float, width_um: float) -> dict[str, Any]:
    return {"name": name, "common_name": common_name, "center_wavelength": centre_um, "full_width_half_max": width_um}


_BLUE, _GREEN = _band("B02", "blue", 0.4966, 0.098), _band("B03", "green", 0.56, 0.045)
_RED, _NIR = _band("B04", "red", 0.6645, 0.038), _band("B08", "nir", 0.8351, 0.145)

ASSETS = (
    SceneAsset(key="B02", title="Band 2 (blue)", role="data", bands=(_BLUE,)),
    SceneAsset(key="B03", title="Band 3 (green)", role="data", bands=(_GREEN,)),
    SceneAsset(key="B04", title="Band 4 (red)", role="data", bands=(_RED,)),
    SceneAsset(key="B08", title="Band 8 (nir)", role="data", bands=(_NIR,)),
    SceneAsset(key="SCL", title="Scene Classification Map", role="data", factor=2),
    SceneAsset(key="visual", title="True color image", role="overview", bands=(_RED, _GREEN, _BLUE)),
)


def asset_documents(ground: Ground) -> dict[str, Any]:
    """Describe every asset by its key; hrefs are relative to the item."""
    return {asset.key: _document(asset, ground) for asset in ASSETS}


def _document(asset: SceneAsset, ground: Ground) -> dict[str, Any]:
    size, transform = ground.size // asset.factor, ground.transform(asset.factor)
    document: dict[str, Any] = {
        "title": asset.title,
        "type": COG_TYPE,
        "roles": [asset.role],
        "href": f"./{asset.key}.tif",
        "gsd": round(transform.a, 6),
        "proj:shape": [size, size],
        "proj:transform": [*transform][:9],
        "raster:bands": _raster_bands(asset, transform.a),
    }
    if asset.bands:
        document["eo:bands"] = list(asset.bands)
    return document


def _raster_bands(asset: SceneAsset, pixel_m: float) -> list[dict[str, Any]]:
    if asset.key == "visual":
        return [{"data_type": "uint8", "spatial_resolution": pixel_m}] * 3
    if asset.key == "SCL":
        return [{"data_type": "uint8", "nodata": 0, "spatial_resolution": pixel_m}]
    numbers = {"data_type": "uint16", "nodata": 0, "scale": 0.0001, "offset": 0}
    return [{**numbers, "spatial_resolution": pixel_m}]
