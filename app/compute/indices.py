"""Which formula has which name? Spectral indices over the common names of bands (STAC's EO extension).

Formulas are those of the papers; the catalogue of Awesome Spectral Indices, the one behind spyndex,
holds over two hundred, of which these are in daily use.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Index:
    """A spectral index.

    Attributes:
        expression: Band math over common names, such as ``(nir-red)/(nir+red)``.
        about: What it shows: vegetation, water, burn, snow, soil or urban.
        reference: Where it was published.
        of_reflectance: The formula has constants that hold for reflectances (0 to 1), not for stored integers.
    """

    name: str
    title: str
    expression: str
    about: str
    reference: str
    of_reflectance: bool = False


def _doi(doi: str) -> str:
    return f"https://doi.org/{doi}"


_ALL = (
    Index("ndvi", "Normalized Difference Vegetation Index", "(nir-red)/(nir+red)", "vegetation",
          "https://ntrs.nasa.gov/citations/19740022614"),
    Index("gndvi", "Green Normalized Difference Vegetation Index", "(nir-green)/(nir+green)", "vegetation",
          _doi("10.1016/S0034-4257(96)00072-7")),
    Index("ndre", "Normalized Difference Red Edge Index", "(nir-rededge)/(nir+rededge)", "vegetation",
          _doi("10.1016/1011-1344(93)06963-4")),
    Index("evi", "Enhanced Vegetation Index", "2.5*(nir-red)/(nir+6*red-7.5*blue+1)", "vegetation",
          _doi("10.1016/S0034-4257(96)00112-5"), of_reflectance=True),
    Index("evi2", "Two-Band Enhanced Vegetation Index", "2.5*(nir-red)/(nir+2.4*red+1)", "vegetation",
          _doi("10.1016/j.rse.2008.06.006"), of_reflectance=True),
    Index("savi", "Soil-Adjusted Vegetation Index", "1.5*(nir-red)/(nir+red+0.5)", "vegetation",
          _doi("10.1016/0034-4257(88)90106-X"), of_reflectance=True),
    Index("osavi", "Optimized Soil-Adjusted Vegetation Index", "(nir-red)/(nir+red+0.16)", "vegetation",
          _doi("10.1016/0034-4257(95)00186-7"), of_reflectance=True),
    Index("msavi", "Modified Soil-Adjusted Vegetation Index", "0.5*(2*nir+1-sqrt((2*nir+1)**2-8*(nir-red)))",
          "vegetation", _doi("10.1016/0034-4257(94)90134-1"), of_reflectance=True),
    Index("arvi", "Atmospherically Resistant Vegetation Index", "(nir-2*red+blue)/(nir+2*red-blue)", "vegetation",
          _doi("10.1109/36.134076")),
    Index("vari", "Visible Atmospherically Resistant Index", "(green-red)/(green+red-blue)", "vegetation",
          _doi("10.1016/S0034-4257(01)00289-9")),
    Index("ndmi", "Normalized Difference Moisture Index", "(nir-swir16)/(nir+swir16)", "vegetation",
          _doi("10.1016/S0034-4257(01)00318-2")),
    Index("ndwi", "Normalized Difference Water Index", "(green-nir)/(green+nir)", "water",
          _doi("10.1080/01431169608948714")),
    Index("mndwi", "Modified Normalized Difference Water Index", "(green-swir16)/(green+swir16)", "water",
          _doi("10.1080/01431160600589179")),
    Index("ndti", "Normalized Difference Turbidity Index", "(red-green)/(red+green)", "water",
          _doi("10.1016/j.rse.2006.07.012")),
    Index("nbr", "Normalized Burn Ratio", "(nir-swir22)/(nir+swir22)", "burn", _doi("10.3133/ofr0211")),
    Index("nbr2", "Normalized Burn Ratio 2", "(swir16-swir22)/(swir16+swir22)", "burn",
          "https://www.usgs.gov/landsat-missions/landsat-normalized-burn-ratio-2"),
    Index("ndsi", "Normalized Difference Snow Index", "(green-swir16)/(green+swir16)", "snow",
          _doi("10.1109/IGARSS.1994.399618")),
    Index("ndbi", "Normalized Difference Built-Up Index", "(swir16-nir)/(swir16+nir)", "urban",
          _doi("10.1080/01431160304987")),
    Index("bsi", "Bare Soil Index", "(swir16+red-nir-blue)/(swir16+red+nir+blue)", "soil",
          "Rikimaru, Roy, Miyatake (2002), Tropical Ecology 43(1)"),
)  # fmt: skip

INDICES = {index.name: index for index in _ALL}
"""By name, in lower case."""
