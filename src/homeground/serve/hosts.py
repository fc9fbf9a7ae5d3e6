"""By which names the service may be called: a page of another site must not reach it under that site's name.

Such a site can let its name lead here (DNS rebinding), and a browser then takes our answers for its own.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from homeground.serve.exposure import host_name, is_loopback

if TYPE_CHECKING:
    from homeground.settings import ServeSettings


class Hosts:
    """The names that count. Bound to loopback without a proxy, those of this machine and of [serve] hosts; else those
    of [serve] hosts, this machine's and addresses, or any where [serve] hosts has none."""

    def __init__(self, settings: ServeSettings) -> None:
        self._named = {name.lower().rstrip(".") for name in settings.hosts}
        self._alone = is_loopback(settings.host) and not settings.behind_proxy
        self._here = settings.host.strip("[]").lower()

    def __contains__(self, header: object) -> bool:
        """Whether a Host header names this service; one that is missing or no host never does."""
        if not isinstance(header, str):
            return False
        name = host_name(header).lower().rstrip(".")
        if not name or any(one in name for one in "/\\@?# \t,"):
            return False
        if is_loopback(name) or name in self._named or name == self._here:
            return True
        return not self._alone and (not self._named or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
