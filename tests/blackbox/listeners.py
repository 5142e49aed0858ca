"""One mosquitto with many listeners, each with settings of its own; peers that are no brokers."""

import getpass
import pathlib
import socket
import threading

from mesh import Broker, free_port


class Listeners(Broker):
    """`listeners`: name -> lines of settings. `port` is that of the first."""

    def __init__(self, folder, name, listeners, log="error warning notice"):
        super().__init__(folder, name)
        self.ports = {each: free_port() for each in listeners}
        self.port = next(iter(self.ports.values()))
        lines = [f"user {getpass.getuser()}", "per_listener_settings true", "set_tcp_nodelay true"]
        lines += [f"log_type {kind}" for kind in log.split()]
        for each, settings in listeners.items():
            lines += [f"listener {self.ports[each]} 127.0.0.1", *settings]
            if not any(line.startswith("allow_anonymous") for line in settings):
                lines.append("allow_anonymous true")
        (pathlib.Path(folder) / f"{name}.conf").write_text("\n".join(lines) + "\n")

    def with_newest_tls(self, version):
        """Nothing newer is spoken; mosquitto's own setting sets the oldest."""
        config = self.log_path.with_suffix(".openssl")
        config.write_text("openssl_conf = all\n[all]\nssl_conf = modules\n[modules]\n"
                          f"system_default = limits\n[limits]\nMaxProtocol = {version}\n")
        self.arguments = ["/usr/bin/env", f"OPENSSL_CONF={config}", *self.arguments]
        return self


class Silent:
    """Takes connections and never answers, or closes them at once."""

    def __init__(self, test, closes=False):
        self.closes = closes
        self.taken = []
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    def end(self):
        self.listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self.listening.close()
        for each in self.taken:
            each.close()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listening.accept()
            except OSError:
                return
            if self.closes:
                peer.close()
            else:
                self.taken.append(peer)


class Full:
    """A port whose queue of connections is full: the kernel drops every further SYN."""

    def __init__(self, test):
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listening.getsockname()[1]
        self.queued = []
        add = test.addClassCleanup if isinstance(test, type) else test.addCleanup
        add(self.end)

    def fill(self):
        """True once a connect is not answered any more."""
        for _ in range(8):
            peer = socket.socket()
            peer.settimeout(0.3)
            self.queued.append(peer)
            try:
                peer.connect(("127.0.0.1", self.port))
            except TimeoutError:
                return True
        return False

    def end(self):
        for each in [*self.queued, self.listening]:
            each.close()
