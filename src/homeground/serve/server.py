"""uvicorn's server, with an end of our own: in order after the first signal, at once after the second."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from uvicorn.config import Config

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """Calls ``on_ready`` once it takes connections, and ``on_stop`` once it takes no more.

    A signal that it was told to stop by is not raised again afterwards: an end in order is exit code 0.
    """

    def __init__(self, config: Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready, self._on_stop = on_ready, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn has it."""
        self._on_stop()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks for an end; the second one does not ask."""
        if self.should_exit:
            os._exit(128 + sig)
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """From now on, and to the end of the process: what ends after the server must not be cut off either."""
        if threading.current_thread() is threading.main_thread():
            for each in _SIGNALS:
                signal.signal(each, self.handle_exit)
        yield
