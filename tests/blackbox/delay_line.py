"""The delay line of tests/support as a child: TCP with a delay of its own each way."""

import os
import pathlib
import subprocess

from mesh import Process, program


class DelayLine(Process):
    """Obeys at once; every command is answered before the call returns."""

    def __init__(self, folder):
        super().__init__([program("ECHOMESH_DELAY_LINE")], pathlib.Path(folder) / "delay-line.log")

    def start(self):
        # Told by a pipe, which Process does not give: the end of it ends the child.
        self.child = subprocess.Popen(self.arguments, stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                      bufsize=1, env={**os.environ})
        return self

    def end(self):
        super().end()
        for pipe in (self.child.stdin, self.child.stdout):
            pipe.close()

    def tell(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline().strip()
        if not answer.startswith("ok"):
            raise AssertionError(f"delay-line: {command}: {answer!r}")
        return answer.split()[1:]

    def to(self, name, port, rtt_ms=0.0):
        """The URL of a way to that port which takes so long to and fro."""
        mine = self.tell(f"listen {name} 0 {port}")[-1]
        self.tell(f"delay {name} {rtt_ms / 2}")
        return f"mqtt://127.0.0.1:{mine}"
