"""Where the demo's agents and brokers stand, and how long light needs between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088
LIGHT_KM_PER_MS = 299.792458
# Cables bend and routers wait: measured internet paths are rarely below this.
DETOUR = 1.3
# Two machines in one city still have a switch or two between them.
LEAST_RTT_MS = 0.4


@dataclass(frozen=True)
class Place:
    """A location: where an agent runs."""

    id: str
    name: str
    area: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Region:
    """A monitored region; its broker listens on the base port plus `port_offset`."""

    id: str
    name: str
    latitude: float
    longitude: float
    port_offset: int


PLACES = (
    Place("london", "London", "Europe", 51.5074, -0.1278),
    Place("new-york", "New York", "Americas", 40.7128, -74.0060),
    Place("san-francisco", "San Francisco", "Americas", 37.7749, -122.4194),
    Place("sao-paulo", "Sao Paulo", "Americas", -23.5505, -46.6333),
    Place("johannesburg", "Johannesburg", "Africa", -26.2041, 28.0473),
    Place("dubai", "Dubai", "Middle East", 25.2048, 55.2708),
    Place("tokyo", "Tokyo", "Asia", 35.6762, 139.6503),
    Place("sydney", "Sydney", "Oceania", -33.8688, 151.2093),
)

REGIONS = (
    Region("eu", "Frankfurt", 50.1109, 8.6821, 1),
    Region("us", "N. Virginia", 39.0438, -77.4874, 2),
    Region("ap", "Singapore", 1.3521, 103.8198, 3),
)


def distance_km(a: Place | Region, b: Place | Region) -> float:
    """The great-circle distance, by the haversine formula."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = (lat_b - lat_a) / 2
    half_lon = math.radians(b.longitude - a.longitude) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def simulated_rtt_ms(place: Place, region: Region) -> float:
    """There and back at the speed of light, plus 30 %."""
    return max(LEAST_RTT_MS, 2 * distance_km(place, region) / LIGHT_KM_PER_MS * DETOUR)
