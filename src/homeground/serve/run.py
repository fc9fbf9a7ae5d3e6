"""Starts the service on an address, and ends it in order."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.errors import ConfigError
from homeground.serve.exposure import check_exposure

if TYPE_CHECKING:
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


def serve(workspace: Workspace, settings: ServeSettings) -> None:
    """Serve until told to stop. ConfigError when the address cannot be used, or not safely."""
    import uvicorn

    from homeground.serve.app import create_app

    check_exposure(settings, workspace.people)
    app = create_app(workspace, settings)
    app.state.service.sso  # noqa: B018  what is wrong with its settings is said now
    options = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        server_header=False,
        proxy_headers=settings.behind_proxy,
        forwarded_allow_ips=list(settings.proxies),
        ssl_certfile=_file(settings.tls_certificate),
        ssl_keyfile=_file(settings.tls_key),
        timeout_graceful_shutdown=settings.stop_s,
    )
    listening = _listen(settings)
    with listening:
        uvicorn.Server(options).run(sockets=[listening])


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
