"""Reflectance of pure surfaces in B02, B03, B04 and B08, as Sentinel-2 numbers (reflectance times 10 000)."""

from __future__ import annotations

BANDS = ("B02", "B03", "B04", "B08")

Spectrum = tuple[float, float, float, float]

PALE_SAND: Spectrum = (1950, 2750, 3600, 4350)
DUNE_SAND: Spectrum = (2000, 2980, 4050, 4900)
GRAVEL: Spectrum = (1480, 1980, 2500, 3050)
ROCK: Spectrum = (1020, 1260, 1530, 1880)
SALT_FLAT: Spectrum = (2500, 2950, 3300, 3500)
REEDS: Spectrum = (380, 650, 500, 2700)
DEEP_WATER: Spectrum = (330, 400, 210, 90)
SHALLOW_WATER: Spectrum = (820, 1150, 720, 260)
POND: Spectrum = (620, 800, 560, 330)
CANAL: Spectrum = (560, 760, 520, 300)
ROOFS: Spectrum = (1350, 1620, 1900, 2350)
ASPHALT: Spectrum = (900, 1030, 1150, 1400)
TRACK: Spectrum = (1900, 2550, 3250, 3900)
LANE: Spectrum = (780, 1120, 1350, 2400)
TREES: Spectrum = (330, 560, 420, 2900)

CLAY: Spectrum = (860, 1190, 1560, 2350)
TILLED_SAND: Spectrum = (1450, 2080, 2760, 3500)
GREEN_CROP: Spectrum = (260, 640, 310, 4800)
ORCHARD: Spectrum = (400, 680, 540, 2950)
STRAW: Spectrum = (1150, 1700, 2300, 3350)
CLOUD: Spectrum = (6900, 6700, 6600, 7000)
