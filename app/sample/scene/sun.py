"""Where the sun stands over the scene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

LATITUDE_DEG, LONGITUDE_DEG = 29.486, 30.848


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """Direction to the sun, degrees: azimuth clockwise from north, elevation above the horizon."""

    azimuth_deg: float
    elevation_deg: float

    @property
    def toward_en(self) -> tuple[float, float]:
        """Unit vector along the ground toward the sun, ``(east, north)``."""
        azimuth = math.radians(self.azimuth_deg)
        return math.sin(azimuth), math.cos(azimuth)

    @property
    def cotangent(self) -> float:
        """Length of the shadow of something one metre high, metres."""
        return 1 / math.tan(math.radians(self.elevation_deg))


def sun_at(moment: datetime) -> Sun:
    """Place the sun by the declination of the day and the hour angle, to about a degree."""
    day = moment.timetuple().tm_yday
    declination = math.radians(-23.44 * math.cos(2 * math.pi * (day + 10) / 365))
    solar_hour = moment.hour + moment.minute / 60 + LONGITUDE_DEG / 15
    angle = math.radians(15 * (solar_hour - 12))
    latitude = math.radians(LATITUDE_DEG)
    height = math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(declination) * math.cos(angle)
    elevation = math.asin(height)
    east = -math.cos(declination) * math.sin(angle)
    north = (math.sin(declination) - height * math.sin(latitude)) / math.cos(latitude)
    azimuth = math.degrees(math.atan2(east, north)) % 360
    return Sun(azimuth_deg=round(azimuth, 2), elevation_deg=round(math.degrees(elevation), 2))
