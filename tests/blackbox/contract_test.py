#!/usr/bin/python3
"""A small mesh with troubles, each of its messages judged by the contract.

ECHOMESH_SCHEMA_CHECK names the judge, schema-check.
"""

import pathlib
import signal
import subprocess
import time
import unittest

from mesh import Mesh, program, wait_until
from relay import Relay
from watcher import Watcher

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "proto" / "schema"
REGIONS = ("eu", "us", "ap")
LOCATIONS = ("london", "tokyo", "lima", "perth")
REQUIRED = ["echo", "report", "agent-info", "aggregator-info", "heartbeat", "location-summary",
            "timeline", "rtt-24h", "live", "region-summary", "location-state", "region-state",
            "rtt-ms", "availability"]
CALM, TROUBLE, HEALED = 15, 15, 15


class Contract(unittest.TestCase):
    def test_every_message_of_a_mesh_is_allowed(self):
        judge = program("ECHOMESH_SCHEMA_CHECK")
        mesh = Mesh(self)
        brokers = {region: mesh.broker(region) for region in REGIONS}
        relays = {region: Relay(self, broker.port) for region, broker in brokers.items()}
        topics = ["echomesh/#", "echomesh-probe/#", "echomesh-report/#"]
        watchers = [Watcher(self, brokers[region].port, topics) for region in REGIONS]
        for region in REGIONS:
            mesh.aggregator(brokers[region], REGIONS, name=f"aggregator-{region}",
                            region_of_broker=region, slot="1s")
        agents = {location: mesh.agent(
            location, {region: relay.url for region, relay in relays.items()}, slot="1s",
            area="Somewhere", echo={"limit": "2s"}) for location in LOCATIONS}
        state = "echomesh/v1/region/eu/location/london/state"
        watchers[1].wait_text(state, "accessible", 25)
        time.sleep(CALM)
        relays["eu"].hold = lambda echo, _: {"london": None, "tokyo": 1.2, "lima": 2.5}.get(
            echo["location"], 0.0)
        agents["perth"].send(signal.SIGSTOP)
        time.sleep(TROUBLE)
        agents["perth"].send(signal.SIGCONT)
        relays["eu"].hold = lambda echo, _: 0.0
        relays["us"].drop()
        agents["lima"].kill()
        time.sleep(HEALED)

        lines = [f"{message.topic}\t{message.text}\n"
                 for watcher in watchers for message in list(watcher.messages)]
        record = mesh.folder / "messages.tsv"
        record.write_text("".join(lines))
        done = subprocess.run([judge, SCHEMAS, record, "--require", ",".join(REQUIRED)],
                              capture_output=True, text=True, timeout=60)
        print(done.stdout[-6000:])
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr)
        seen = {message.text for message in watchers[1].on(state)}
        self.assertLessEqual({"accessible", "inaccessible"}, seen)
        self.assertIn("slow", {m.text for m in watchers[1].on(state.replace("london", "tokyo"))})
        wait_until(lambda: watchers[1].last("echomesh/v1/agent/lima/availability").text
                   == "offline", 5, "the will of lima")


if __name__ == "__main__":
    unittest.main(verbosity=2)
