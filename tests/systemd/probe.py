#!/usr/bin/python3
"""Tries, in the place of the agent and within its unit, what the agent never needs; and what it
does. Prints a line `what | how it went`."""

import mmap
import os
import socket
import time


def attempt(what, call):
    try:
        call()
        print(what, "|", "allowed", flush=True)
    except OSError as error:
        print(what, "|", f"refused: {error.strerror or error}", flush=True)


def set_clock():
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))


attempt("name", lambda: socket.getaddrinfo("eu.broker.test", 8883, type=socket.SOCK_STREAM))
attempt("tcp6", lambda: socket.socket(socket.AF_INET6).close())
attempt("state", lambda: open("/var/lib/echomesh-agent/probe", "w").close())
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("shadow", lambda: open("/etc/shadow").close())
attempt("root's home", lambda: os.listdir("/root"))
attempt("secrets of others", lambda: os.listdir("/etc/echomesh/secrets"))
attempt("write to /etc", lambda: open("/etc/probe", "w").close())
attempt("write to /usr", lambda: open("/usr/probe", "w").close())
attempt("executable memory",
        lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
attempt("clock", set_clock)
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))
attempt("other processes", lambda: os.stat("/proc/1"))
