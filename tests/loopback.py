"""The loopback of a test run whose network is cut."""

from __future__ import annotations

import socket
import struct

import pytest


def lift() -> None:
    """`make test` cuts the network by a name space of its own, whose loopback is down: root may lift it there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            socket.create_connection(server.getsockname(), timeout=2).close()
            return
        except OSError:
            pass
    try:
        import fcntl

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
    except (OSError, ImportError):
        pytest.skip("this system has no loopback, not even for tests")
