"""Ports for servers that cannot be told to choose one themselves."""

import os
import socket
from itertools import count

#: Below what the kernel gives to outgoing connections: nobody takes such a port while its server restarts.
#: Each process counts from a place of its own.
_FIRST, _LAST = 10_000, 30_000
_next = count(os.getpid() * 67)


def free_port() -> int:
    """A port that nobody listens on, another at each call."""
    while True:
        port = _FIRST + next(_next) % (_LAST - _FIRST)
        with socket.socket() as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                opened.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
