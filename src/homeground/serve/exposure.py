"""Who can reach the service, and whether it is made for that."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from homeground.errors import ConfigError

if TYPE_CHECKING:
    from homeground.access.people import People
    from homeground.settings import ServeSettings


def check_exposure(settings: ServeSettings, people: People) -> None:
    """ConfigError when others could reach the service and nobody would be asked who they are, or in the clear."""
    outside = not is_loopback(settings.host)
    where = f"[serve] host {settings.host}" if outside else "[serve] behind_proxy"
    if (outside or settings.behind_proxy) and not people.any():
        raise ConfigError(
            f"{where}: others can reach it, so it must know who asks. Add people first: "
            "homeground people add NAME --role owner"
        )
    if outside and "none" in (settings.tls_certificate, settings.tls_key) and not settings.behind_proxy:
        raise ConfigError(
            f"{where}: others can reach it, so it needs TLS. Set tls_certificate and tls_key, or behind_proxy = true "
            "where a proxy does TLS."
        )


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own and nobody else's."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_name(header: str) -> str:
    """The name in a Host header, without the port."""
    if header.startswith("["):
        return header.partition("]")[0].lstrip("[")
    return header.rpartition(":")[0] if ":" in header else header
