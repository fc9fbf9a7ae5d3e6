"""Starts the service on an address, and ends it in order."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from homeground.errors import ConfigError
from homeground.serve.exposure import check_exposure

if TYPE_CHECKING:
    from homeground.serve.service import Service
    from homeground.settings import ServeSettings
    from homeground.workspace import Workspace


def serve(workspace: Workspace, settings: ServeSettings, on_ready: Callable[[str], None] = lambda url: None) -> None:
    """Serve until SIGTERM or Ctrl-C. ``on_ready`` is called with the address once connections are taken.

    The first signal lets answers under way end, for stop_s at most, and hands jobs on to the next start; the second
    one ends everything at once. ConfigError when the address cannot be used, or not safely.
    """
    import uvicorn

    from homeground.serve.app import create_app
    from homeground.serve.connections import MOST_HEAD, guarded
    from homeground.serve.server import Server

    check_exposure(settings, workspace.people)
    app = create_app(workspace, settings)
    app.state.service.sso  # noqa: B018  what is wrong with its settings is said now
    options = uvicorn.Config(
        app,
        http=guarded(settings),
        ws="none",
        h11_max_incomplete_event_size=MOST_HEAD,
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
    service: Service = app.state.service
    with _listen(settings) as listening:
        scheme = "http" if options.ssl_certfile is None else "https"
        port = listening.getsockname()[1]
        name = f"[{settings.host}]" if ":" in settings.host.strip("[]") else settings.host
        Server(options, lambda: on_ready(f"{scheme}://{name}:{port}"), service.jobs.interrupt).run([listening])


def _listen(settings: ServeSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        made = socket.create_server((settings.host.strip("[]"), settings.port), family=family, backlog=2048)
        # asyncio sends without delay only on sockets that say they are TCP, which create_server's do not: the body of a
        # response then waited 40 ms for the client to acknowledge its headers.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, made.detach())
    except OSError as error:
        raise ConfigError(f"[serve] {settings.host} port {settings.port}: {error.strerror}") from None


def _file(named: str) -> str | None:
    if named == "none":
        return None
    if not Path(named).is_file():
        raise ConfigError(f"[serve] there is no file {named}")
    return named
