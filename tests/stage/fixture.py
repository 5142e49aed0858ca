"""Finds the demo's modules, and builds a mesh that has been told something."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "demo_stage"))

from mesh import Mesh  # noqa: E402

LOCATIONS = ["london", "tokyo"]
REGIONS = ["eu", "us", "ap"]
LATER_MS = 4_000_000_000_000


def new_mesh() -> Mesh:
    return Mesh(REGIONS, LOCATIONS)


def beat(mesh: Mesh, broker: str, now: float) -> None:
    mesh.sources[broker].hear("echomesh/v1/aggregator/heartbeat", "{}", False, now)


def tell(mesh: Mesh, broker: str, region: str, states: dict[str, str], now: float,
         slot: int | None = None) -> None:
    """As an aggregator would: states, the region's state and summary, and live."""
    source = mesh.sources[broker]
    base = f"echomesh/v1/region/{region}"
    for location, state in states.items():
        source.hear(f"{base}/location/{location}/state", state, True, now)
    gone = [location for location, state in states.items() if state == "inaccessible"]
    state = "major_outage" if len(gone) == len(states) else "operational"
    source.hear(f"{base}/state", state, True, now)
    summary = {
        "valid_until_ms": LATER_MS, "state": state, "locations": len(states),
        "judging": sum(s != "unknown" for s in states.values()), "inaccessible": len(gone),
        "scope": f"{len(gone)} of {len(states)} locations cannot reach {region}",
    }
    source.hear(f"{base}/summary", json.dumps(summary), True, now)
    if slot is not None:
        live = {"slot": slot, "locations": {name: [s, 1.0] for name, s in states.items()}}
        source.hear(f"{base}/live", json.dumps(live), False, now)
