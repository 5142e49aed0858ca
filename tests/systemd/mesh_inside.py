"""Inside the machine: two brokers, eu with certificates and us with passwords, and the settings of
one agent and one aggregator, as an operator would lay them out."""

import os
import pathlib
import shutil
import subprocess

SOURCE = pathlib.Path("/source")
SETTINGS = pathlib.Path("/etc/echomesh")
SECRETS = SETTINGS / "secrets"
BROKERS = pathlib.Path("/etc/brokers")
UNITS = pathlib.Path("/run/systemd/system")
US_PORT, EU_PORT = 1883, 8883

BROKER_UNIT = """[Service]
ExecStart=/usr/sbin/mosquitto -c /etc/brokers/%i/mosquitto.conf
"""
# Shorter than an operator's, so that a test can wait for them; sanitizers cannot look for leaks
# where ptrace is refused.
IMPATIENT = """[Service]
WatchdogSec=3s
RestartSec=100ms
Environment=ASAN_OPTIONS=detect_leaks=0
"""
PROBE = """[Service]
Type=oneshot
ExecStart=
ExecStart=/usr/bin/python3 /source/tests/systemd/probe.py
Restart=no
StandardOutput=file:/run/probe
"""
MESH = 'slot = "1s"\n'  # five times as quick
AGENT = MESH + """location = "oregon"
[echo]
limit = "1s"
[[region]]
id = "eu"
url = "mqtts://eu.broker.test:8883"
ca_file = "/etc/echomesh/ca.crt"
cert_file = "client.crt"
key_file = "client.key"
password_file = "eu.password"
[[region]]
id = "us"
url = "mqtt://us.broker.test:1883"
password_file = "us.password"
"""
AGGREGATOR = MESH + """broker = "mqtt://us.broker.test:1883"
password_file = "aggregator.password"
region_of_broker = "us"
state_dir = "/var/lib/echomesh-aggregator/us"
[[region]]
id = "eu"
[[region]]
id = "us"
"""
BARE_AGGREGATOR = """broker = "mqtt://127.0.0.1:9"
state_dir = "/var/lib/echomesh-aggregator/bare"
[[region]]
id = "eu"
"""


def run(*command, limit=30):
    """Returns (status, output)."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
    return done.returncode, done.stdout.decode(errors="replace").strip()


def must(*command):
    status, output = run(*command)
    if status != 0:
        raise RuntimeError(f"{command}: status {status}: {output}")
    return output


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lay_out_brokers():
    with open("/etc/hosts", "a", encoding="ascii") as hosts:
        hosts.write("\n127.0.0.1 eu.broker.test us.broker.test\n")
    for name, port in (("us", US_PORT), ("eu", EU_PORT)):
        command = [SOURCE / "scripts/broker-config", "--dir", BROKERS / name, "--agents", "oregon",
                   "--port", port]
        if name == "eu":
            certificates = BROKERS / "certificates"
            must(SOURCE / "scripts/make-certs", certificates, "--name", "eu.broker.test",
                 "--client", "oregon")
            for file in certificates.iterdir():
                file.chmod(0o644)  # the broker's user reads them
            command += ["--certfile", certificates / "server.crt", "--keyfile",
                        certificates / "server.key", "--cafile", certificates / "ca.crt",
                        "--require-certificate"]
        must(*command)
    write(UNITS / "broker@.service", BROKER_UNIT)


def lay_out_programs():
    write(SETTINGS / "agent.toml", AGENT)
    write(SETTINGS / "aggregator-us.toml", AGGREGATOR)
    write(SETTINGS / "aggregator-bare.toml", BARE_AGGREGATOR)
    write(SETTINGS / "aggregator-wrong.toml", "broker = 1\n")
    certificates = BROKERS / "certificates"
    shutil.copy(certificates / "ca.crt", SETTINGS / "ca.crt")
    secrets = {
        "agent/client.crt": certificates / "client.crt",
        "agent/client.key": certificates / "client.key",
        "agent/eu.password": BROKERS / "eu/passwords/oregon.password",
        "agent/us.password": BROKERS / "us/passwords/oregon.password",
        "aggregator-us/aggregator.password": BROKERS / "us/passwords/aggregator.password",
    }
    for name, origin in secrets.items():
        place = SECRETS / name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(origin, place)
        place.chmod(0o600)
    for unit in ("echomesh-agent", "echomesh-aggregator@"):
        write(UNITS / f"{unit}.service.d/impatient.conf", IMPATIENT)
    write(UNITS / "echomesh-probe.service", installed_unit("echomesh-agent.service").read_text())
    write(UNITS / "echomesh-probe.service.d/probe.conf", PROBE)


def installed_unit(name):
    for folder in ("/usr/local/lib/systemd/system", "/usr/lib/systemd/system"):
        path = pathlib.Path(folder, name)
        if path.exists():
            return path
    raise RuntimeError(f"{name} is not installed where systemd looks")


def heard(topic, limit):
    """The next message on a topic of the us broker, retained or not; '' if none came."""
    password = (BROKERS / "us/passwords/viewer.password").read_text().strip()
    return run("mosquitto_sub", "-h", "127.0.0.1", "-p", US_PORT, "-u", "viewer", "-P", password,
               "-t", topic, "-C", "1", "-W", limit)[1]


def properties(unit, *names):
    text = must("systemctl", "show", unit, *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in text.splitlines())


def main_pid(unit):
    pid = int(properties(unit, "MainPID")["MainPID"])
    if pid == 0:  # which, to kill(), is ourselves
        raise RuntimeError(f"{unit} does not run")
    return pid


def process_status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


def credentials_folder(pid):
    environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    values = dict(entry.split(b"=", 1) for entry in environment if b"=" in entry)
    return pathlib.Path(os.fsdecode(values[b"CREDENTIALS_DIRECTORY"]))
