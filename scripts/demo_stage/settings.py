"""The settings files of the demo's agents and aggregators, as an operator would write them."""

from __future__ import annotations

from pathlib import Path

from places import REGIONS, Place, Region


def _text(value: str | Path) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def agent_toml(place: Place, ports: dict[str, int], brokers: Path, state_dir: Path) -> str:
    """`ports`: by region, where the way to its broker begins; `brokers`: their folders."""
    lines = [
        f"location = {_text(place.id)}",
        f"name = {_text(place.name)}",
        f"area = {_text(place.area)}",
        f"latitude = {place.latitude}",
        f"longitude = {place.longitude}",
        f"state_dir = {_text(state_dir)}",
    ]
    for region in REGIONS:
        password_file = brokers / region.id / "passwords" / f"{place.id}.password"
        lines += [
            "",
            "[[region]]",
            f"id = {_text(region.id)}",
            f'url = "mqtt://127.0.0.1:{ports[region.id]}"',
            f"username = {_text(place.id)}",
            f"password_file = {_text(password_file)}",
        ]
    return "\n".join(lines) + "\n"


def aggregator_toml(region: Region, port: int, broker: Path, state_dir: Path) -> str:
    lines = [
        f'broker = "mqtt://127.0.0.1:{port}"',
        f"region_of_broker = {_text(region.id)}",
        'username = "aggregator"',
        f"password_file = {_text(broker / 'passwords' / 'aggregator.password')}",
        f"state_dir = {_text(state_dir)}",
    ]
    for known in REGIONS:
        lines += [
            "",
            "[[region]]",
            f"id = {_text(known.id)}",
            f"name = {_text(known.name)}",
            f"latitude = {known.latitude}",
            f"longitude = {known.longitude}",
        ]
    return "\n".join(lines) + "\n"
