"""Where a generator's prompts go: to this machine, or away from it."""

from __future__ import annotations

import ipaddress


def split(destination: str) -> tuple[str, str]:
    """Host (lower case, no brackets) and port (empty when none is said) of ``host``, ``host:port`` or ``[v6]:port``."""
    text = destination.strip().casefold()
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.removeprefix(":")
    if text.count(":") > 1:  # an IPv6 address without brackets
        return text, ""
    host, _, port = text.partition(":")
    return host.removesuffix("."), port


def stays_here(destination: str) -> bool:
    """Whether what is sent there stays on this machine: in this process (empty), or on the loopback address.

    A proxy or a tunnel that listens there may pass it on: only its owner can know.
    """
    host, _ = split(destination)
    if not destination.strip() or host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name: it may be anywhere, whatever it resolves to just now
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
