"""Real programs and brokers for one test: started on free loopback ports, gone when it ends.

The programs come from the environment: ECHOMESH_AGENT, ECHOMESH_AGGREGATOR. Each child dies with
this process (PR_SET_PDEATHSIG) and is ended by its own pid.
"""

import ctypes
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1
STOP_LIMIT = 5.0
MOSQUITTO = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
_libc = ctypes.CDLL(None, use_errno=True)


def program(variable):
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError(f"{variable} must name a program, got {path!r}")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_true, limit, what):
    """Returns the first true value, or fails after `limit` seconds."""
    end = time.monotonic() + limit
    while True:
        value = is_true()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Process:
    """A child with a log. Ended by the test's cleanups, whatever happens."""

    def __init__(self, arguments, log):
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = pathlib.Path(log)
        self.child = None

    def start(self):
        log = open(self.log_path, "ab")
        self.child = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        log.close()
        return self

    def send(self, number):
        if self.child and self.child.poll() is None:
            self.child.send_signal(number)

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        return self.wait(STOP_LIMIT)

    def kill(self):
        self.send(signal.SIGKILL)
        return self.wait(STOP_LIMIT)

    def wait(self, limit):
        return self.child.wait(limit)

    def running(self):
        return self.child is not None and self.child.poll() is None

    def end(self):
        if self.child:
            self.send(signal.SIGKILL)
            self.child.wait()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""


class Broker(Process):
    """Mosquitto without persistence: killed and started again, it has forgotten everything."""

    def __init__(self, folder, name="broker"):
        if MOSQUITTO is None:
            raise RuntimeError("mosquitto is not installed")
        self.port = free_port()
        config = pathlib.Path(folder) / f"{name}.conf"
        # Its own user: a change of user would make it forget to die with this process.
        config.write_text(
            f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "set_tcp_nodelay true\nmax_queued_messages 100000\nlog_type error\nlog_type warning\n")
        super().__init__([MOSQUITTO, "-c", config], pathlib.Path(folder) / f"{name}.log")

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        super().start()
        wait_until(self._accepts, 10, lambda: f"broker on port {self.port}: {self.log()}")
        return self

    def _accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(each) for each in value) + "]"
    return str(value)


def toml(settings):
    """Plain keys first, then tables (dict) and arrays of tables (list of dict)."""
    plain, tables = [], []
    for key, value in settings.items():
        if isinstance(value, dict):
            tables.append(f"[{key}]\n" + toml(value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            tables.extend(f"[[{key}]]\n" + toml(each) for each in value)
        else:
            plain.append(f"{key} = {toml_value(value)}\n")
    return "".join(plain) + "".join(tables)


class Mesh:
    """A folder of settings and logs, and all that was started in it."""

    def __init__(self, test):
        """`test`: a TestCase class or instance that the end is bound to."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="echomesh-test-"))
        self.processes = []
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    def end(self):
        for process in reversed(self.processes):
            process.end()
        if os.environ.get("ECHOMESH_KEEP_LOGS"):
            print(f"logs in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, process):
        self.processes.append(process)
        return process.start()

    def broker(self, name="broker"):
        return self.run(Broker(self.folder, name))

    def agent(self, location, regions, start=True, file=None, **settings):
        """`regions`: id -> url, or id -> dict of keys. `file`: its settings and log, for a twin."""
        tables = [
            {"id": region, **(keys if isinstance(keys, dict) else {"url": keys})}
            for region, keys in regions.items()
        ]
        whole = {"location": location, "name": location.title(), "latitude": 1.5,
                 "longitude": -2.25, "state_dir": str(self.folder / f"state-{location}"),
                 **settings, "region": tables}
        return self._program("ECHOMESH_AGENT", file or f"agent-{location}", whole, start)

    def aggregator(self, broker, regions, start=True, name="aggregator", **settings):
        whole = {"broker": broker.url, "state_dir": str(self.folder / f"state-{name}"), **settings,
                 "region": [{"id": region, "name": region.upper()} for region in regions]}
        return self._program("ECHOMESH_AGGREGATOR", name, whole, start)

    def _program(self, variable, name, settings, start):
        path = program(variable)
        pathlib.Path(settings["state_dir"]).mkdir(exist_ok=True)
        config = self.folder / f"{name}.toml"
        config.write_text(toml(settings))
        process = Process([path, "--config", config], self.folder / f"{name}.log")
        if start:
            return self.run(process)
        self.processes.append(process)
        return process
