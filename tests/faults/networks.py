"""Networks of a test's own: places in namespaces around a hub, whose ways can be cut.

    place --veth or wan--> hub (routes, drops what it is told to) <--veth or wan-- place

Every place is a network namespace with one address; nothing of it can be reached from outside.
Names carry the pid of the test and when that began. A guard of its own session takes everything
away when the test ends, however it ends; what a killed guard left goes at the next start.
"""

import contextlib
import ctypes
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

FAULTS = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(FAULTS), str(FAULTS.parent / "blackbox")]
os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", "")

import mesh  # noqa: E402  (found by the line above)
from mesh import Mesh, Process, wait_until  # noqa: E402
from wan import Wan  # noqa: E402

CLONE_NEWNET = 0x40000000
PREFIX = "echomesh-faults"
NAMED = pathlib.Path("/run/netns")
ETC = pathlib.Path("/etc/netns")
PORT = 1883
_libc = ctypes.CDLL(None, use_errno=True)


def why_not():
    """Why this machine cannot run such tests, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    missing = [name for name in ("ip", "iptables-restore", "dnsmasq") if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return None


def require():
    """To be called from setUpModule."""
    if why_not():
        raise unittest.SkipTest(why_not())
    sweep()


def began(pid):
    """When a process began, in ticks since the machine did; None if there is none."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rsplit(")", 1)[1].split()[19]


def remove(prefix):
    for named in sorted(NAMED.glob(prefix + "-*")) if NAMED.exists() else []:
        subprocess.run(["ip", "netns", "del", named.name], stderr=subprocess.DEVNULL, check=False)
    for folder in ETC.glob(prefix + "-*") if ETC.exists() else []:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        ETC.rmdir()


def sweep():
    """Removes what tests left that are no more."""
    found = [*NAMED.glob(PREFIX + "-*-*-*")] + [*ETC.glob(PREFIX + "-*-*-*")]
    for pid, start in {tuple(each.name[len(PREFIX) + 1:].split("-")[:2]) for each in found}:
        if began(pid) != start:
            remove(f"{PREFIX}-{pid}-{start}")


def guard(prefix, folder):
    """Waits for the end of its input, that is of the test, and takes everything away."""
    sys.stdin.buffer.read()
    remove(prefix)
    if not os.environ.get("ECHOMESH_KEEP_LOGS"):
        shutil.rmtree(folder, ignore_errors=True)


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{text or ''}")
    return done.stdout


class Place:
    """A network namespace with an address."""

    def __init__(self, name, space, number):
        self.name = name
        self.space = space
        self.number = number
        self.address = f"10.83.{number}.2"
        self.gateway = f"10.83.{number}.1"
        self.wan = None  # where the way to the hub is one

    @property
    def url(self):
        return f"mqtt://{self.address}:{PORT}"

    @contextlib.contextmanager
    def entered(self):
        """Within, sockets and children of this thread, and threads it starts, are in this place."""
        with open("/proc/thread-self/ns/net") as own, open(NAMED / self.space) as other:
            self._enter(other)
            try:
                yield self
            finally:
                self._enter(own)

    @staticmethod
    def _enter(space):
        if _libc.setns(space.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def inside(self, arguments):
        """The command that runs another one here, with the /etc of this place; same pid."""
        return ["ip", "netns", "exec", self.space, *arguments]

    def etc(self, name, text):
        """What programs here find as /etc/`name`. REQUIRES: no process started here yet."""
        folder = ETC / self.space
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def unplug(self):
        """The device itself goes down: programs here are told that there is no network."""
        run(["ip", "-n", self.space, "link", "set", "uplink", "down"])

    def plug(self):
        run(["ip", "-n", self.space, "-batch", "-"],
            f"link set uplink up\nroute replace default via {self.gateway} dev uplink\n")

    def add_address(self, host):
        """One more address of this place, 10.83.N.`host`."""
        address = f"10.83.{self.number}.{host}"
        run(["ip", "-n", self.space, "addr", "add", f"{address}/32", "dev", "lo"])
        return address


class Broker(mesh.Broker):
    """Mosquitto that all places reach."""

    def __init__(self, folder, place, **changes):
        super().__init__(folder, f"broker-{place.name}")
        self.place, self.port = place, PORT
        config = pathlib.Path(self.arguments[-1])
        lines = [line for line in config.read_text().splitlines()
                 if line.split()[0] not in ("listener", *changes)]
        lines.insert(1, f"listener {PORT} 0.0.0.0")
        lines += [f"{key} {value}" for key, value in changes.items()]
        config.write_text("\n".join(lines) + "\n")

    @property
    def url(self):
        return self.place.url

    def start(self):
        with self.place.entered():
            return super().start()


class Network(Mesh):
    """Places, the ways between them, and the programs that run there."""

    made = itertools.count(1)

    def __init__(self, test):
        super().__init__(test)
        self.prefix = f"{PREFIX}-{os.getpid()}-{began(os.getpid())}-{next(self.made)}"
        self.guard = subprocess.Popen(
            [sys.executable, "-B", __file__, self.prefix, str(self.folder)], start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.numbers = itertools.count(1)
        self.hub = Place("hub", self._namespace("hub"), 0)
        with self.hub.entered():
            pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def end(self):
        super().end()
        self.guard.stdin.close()
        self.guard.wait()

    def _namespace(self, name):
        space = f"{self.prefix}-{name}"
        run(["ip", "netns", "add", space])
        run(["ip", "-n", space, "link", "set", "lo", "up"])
        return space

    def place(self, name, delay_ms=None):
        """A place at the hub; with `delay_ms` by a wide-area line of so much each way."""
        number = next(self.numbers)
        place = Place(name, self._namespace(name), number)
        at_hub = f"to{number}"
        if delay_ms is None:
            run(["ip", "-n", self.hub.space, "link", "add", at_hub, "type", "veth", "peer",
                 "name", "uplink", "netns", place.space])
        else:
            place.wan = self.run(Wan(self.folder / f"wan-{name}.log", place.space, "uplink",
                                     self.hub.space, at_hub))
            place.wan.delay("both", delay_ms)
        hub = place.gateway
        run(["ip", "-n", self.hub.space, "-batch", "-"],
            f"addr add {hub} peer {place.address} dev {at_hub}\nlink set {at_hub} up\n"
            f"route add 10.83.{number}.0/24 via {place.address} dev {at_hub}\n")
        run(["ip", "-n", place.space, "-batch", "-"],
            f"addr add {place.address} peer {hub} dev uplink\nlink set uplink up\n"
            f"route add default via {hub} dev uplink\n")
        return place

    def _rules(self, place, table, rules):
        with place.entered():
            run(["iptables-restore", "--noflush", "--wait"],
                f"*{table}\n" + "".join(rule + "\n" for rule in rules) + "COMMIT\n")

    def black_hole(self, *pairs, answer="DROP"):
        """From now on nothing passes between the two of each pair (a place or an address; None:
        everybody), and nobody is told; with `answer` a REJECT, the sender is. Undone by heal() of
        the same."""
        self._rules(self.hub, "filter", self._drops("-I", pairs, answer))

    def heal(self, *pairs, answer="DROP"):
        self._rules(self.hub, "filter", self._drops("-D", pairs, answer))

    @staticmethod
    def _drops(verb, pairs, answer):
        def side(flag, end):
            return f"{flag} {end.address if isinstance(end, Place) else end} " if end else ""
        return [f"{verb} FORWARD {side('-s', a)}{side('-d', b)}-j {answer}"
                for one, other in pairs for a, b in ((one, other), (other, one))]

    def refuse(self, place, address):
        """TCP to this address of `place` is answered with RST."""
        self._rules(place, "filter",
                    [f"-I INPUT -d {address} -p tcp -j REJECT --reject-with tcp-reset"])

    def broker(self, place, **changes):
        return self.run(Broker(self.folder, place, **changes))

    def agent(self, place, location, regions, start=True, **settings):
        """`regions`: id -> url, or id -> dict of keys."""
        process = super().agent(location, regions, start=False, **settings)
        process.arguments = place.inside(process.arguments)
        return process.start() if start else process

    def aggregator(self, broker, regions, **settings):
        process = super().aggregator(broker, regions, start=False, **settings)
        process.arguments = broker.place.inside(process.arguments)
        return process.start()

    def names(self, place, hosts, asks=None):
        """A DNS server in `place`: name -> addresses, in the order that it answers them; of the
        names in `asks` it asks another server, name -> address."""
        file = self.folder / f"hosts-{place.name}"
        file.write_text("".join(f"{address} {name}\n" for name, addresses in hosts.items()
                                for address in addresses))
        server = Process(
            place.inside(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                          "--no-hosts", "--user=root", "--pid-file=", "--log-queries",
                          "--no-round-robin", f"--addn-hosts={file}", "--bind-interfaces",
                          f"--listen-address={place.address}",
                          *(f"--server=/{name}/{other}" for name, other in (asks or {}).items())]),
            self.folder / f"dns-{place.name}")
        self.run(server)
        wait_until(lambda: "read " in server.log(), 10, server.log)
        return server


def use_names(place, server_address):
    """Programs in `place` ask that server for names, and look nowhere else."""
    place.etc("resolv.conf", f"nameserver {server_address}\n")
    place.etc("nsswitch.conf", "hosts: files dns\n")
    place.etc("hosts", "127.0.0.1 localhost\n")


if __name__ == "__main__":
    guard(sys.argv[1], sys.argv[2])
