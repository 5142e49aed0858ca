"""A wide-area line between two namespaces: the program `wan`, told while it runs.

Each order is in force when it returns.
"""

import ctypes
import signal
import subprocess

from mesh import PR_SET_PDEATHSIG, Process, program

_libc = ctypes.CDLL(None)


class Wan(Process):
    def __init__(self, log, here, device, yonder, far_device):
        super().__init__([program("ECHOMESH_WAN"), here, device, yonder, far_device], log)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        self._answer("to be ready")
        return self

    def end(self):
        super().end()
        if self.child:
            self.child.stdin.close()
            self.child.stdout.close()

    def tell(self, order):
        self.child.stdin.write(order.encode() + b"\n")
        self.child.stdin.flush()
        return self._answer(order)

    def _answer(self, order):
        answer = self.child.stdout.readline().decode().strip()
        if not answer.startswith("ok"):
            raise RuntimeError(f"wan: {order}: {answer or self.log()}")
        return answer.split()[1:]

    # `way`: "there" (towards the hub), "back" or "both".

    def delay(self, way, ms, jitter_ms=0):
        self.tell(f"delay {way} {ms} {jitter_ms}")

    def loss(self, way, percent):
        self.tell(f"loss {way} {percent}")

    def cut(self, way="both"):
        self.tell(f"cut {way}")

    def heal(self, way="both"):
        self.tell(f"heal {way}")
