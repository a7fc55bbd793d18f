"""What the headers of an answer tell."""

from __future__ import annotations

import pytest
from rasterio.crs import CRS

from app.api import responses


@pytest.mark.parametrize(
    ("crs", "uri"),
    [
        ("EPSG:32636", "http://www.opengis.net/def/crs/EPSG/0/32636"),
        ("EPSG:4326", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ("OGC:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
        ("ESRI:102001", "http://www.opengis.net/def/crs/ESRI/0/102001"),
        ("+proj=laea +lat_0=17 +lon_0=3", None),
    ],
)
def test_a_crs_is_named_by_its_authority(crs: str, uri: str | None):
    assert responses._crs_uri(CRS.from_string(crs)) == uri
