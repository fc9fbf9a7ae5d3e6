"""Starts the service on an address, and ends it in order."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.errors import ConfigError

if TYPE_CHECKING:
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


def serve(workspace: Workspace, settings: ServeSettings) -> None:
    """Serve until told to stop. ConfigError when the address cannot be used, or not safely."""
    import uvicorn

    from homeground.serve.app import create_app

    check_exposure(settings)
    options = uvicorn.Config(
        create_app(workspace, settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        ssl_certfile=_file(settings.tls_certificate),
        ssl_keyfile=_file(settings.tls_key),
        timeout_graceful_shutdown=settings.stop_s,
    )
    listening = _listen(settings)
    with listening:
        uvicorn.Server(options).run(sockets=[listening])


def check_exposure(settings: ServeSettings) -> None:
    """ConfigError when others could reach the service and it is not made for that."""
    if is_loopback(settings.host):
        return
    if "none" in (settings.tls_certificate, settings.tls_key) and not settings.behind_proxy:
        raise ConfigError(
            f"[serve] host {settings.host}: others can reach it, so it needs TLS. Set tls_certificate and tls_key, "
            "or behind_proxy = true where a proxy does TLS."
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(settings: ServeSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host.strip("[]"), settings.port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(f"[serve] {settings.host} port {settings.port}: {error.strerror}") from None


def _file(named: str) -> str | None:
    if named == "none":
        return None
    if not Path(named).is_file():
        raise ConfigError(f"[serve] there is no file {named}")
    return named
