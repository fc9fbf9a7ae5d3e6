"""A generator elsewhere: a provider's API or a server that speaks as OpenAI does, by pydantic-ai. The only door out.

Nothing connects before the first `generate`. One thread with an event loop, owned by the generator, carries all its
requests; each ends by itself: at the latest when [remote] timeout_s is over.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from homeground.errors import ConfigError, ModelError
from homeground.models.estimate import estimate_messages, estimate_tools
from homeground.models.generator import Message, Sampling
from homeground.models.keys import Key, find_key
from homeground.models.prices import context_window
from homeground.models.remote_call import Call, RemoteGeneration
from homeground.models.remote_client import check_installed, http_client, remote_model
from homeground.models.remote_name import FORMS, RemoteName, remote_name
from homeground.models.remote_request import check_schema
from homeground.settings import RemoteSettings

if TYPE_CHECKING:
    from homeground.models.generator import Generation


def load_remote(name: str, settings: RemoteSettings) -> RemoteGenerator:
    """The generator that a name of [models] stands for. Nothing is asked yet, not even for the key.

    Raises:
        ConfigError: when it is no name of a model elsewhere, or may not be asked.
        ModelError: when the libraries of providers are not installed.
    """
    found = remote_name(name, settings)
    if found is None:
        raise ConfigError(f"{name!r} is no model elsewhere: that is {FORMS}")
    check_installed(found)
    return RemoteGenerator(found, settings)


class RemoteGenerator:
    """A `Generator`. Its name is that of the settings; it has no digest, for nobody can check what runs elsewhere."""

    def __init__(self, name: RemoteName, settings: RemoteSettings) -> None:
        self.name, self.digest, self.destination = name.given, "", name.destination
        self.context_tokens = context_window(name, settings)
        self._at, self._settings = name, settings
        self._lock = threading.Lock()
        self._door: _Door | None = None

    def __repr__(self) -> str:
        return f"RemoteGenerator({self.name!r})"

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """At most as many tokens as the prompt has: an estimate, see `estimate_tokens`. Nothing is sent for it."""
        return estimate_messages(messages)

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> Generation:
        """See `Generator.generate`. The request is on its way when this returns.

        Raises:
            ModelError: when prompt and answer do not fit into the model's window.
            ConfigError: when there is no key, or the file of keys is open to others.
        """
        counted = estimate_messages(messages) + estimate_tools(sampling.tools)
        if counted + sampling.max_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt has up to {counted} tokens and the answer may have {sampling.max_tokens}: more than the "
                f"{self.context_tokens} of {self.name}. If it takes more, say so: context_tokens in [remote]."
            )
        with self._lock:
            if self._door is None or not self._door.alive():
                self._door = _Door(self._at, self._settings)
                weakref.finalize(self, self._door.end).atexit = False  # for those who never close
            door = self._door
        call = Call(self._at, door.key, self._settings, door.model, tuple(messages), sampling, counted)
        check_schema(call)
        generation = RemoteGeneration(call, door.loop, door.alive)
        door.begin(generation)
        return generation

    def close(self) -> None:
        """Ends what is running and closes every connection."""
        with self._lock:
            door, self._door = self._door, None
        if door is not None:
            door.close()


class _Door:
    """The event loop in its thread, the client with its connections, and the model that uses it."""

    def __init__(self, name: RemoteName, settings: RemoteSettings) -> None:
        self.key: Key | None = find_key(name, settings)
        self._http = http_client(name, self.key, settings)
        self.model: Any = remote_model(name, self.key, settings, self._http)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="homeground-remote", daemon=True)
        self._thread.start()

    def alive(self) -> bool:
        """Whether requests are still carried."""
        return self._thread.is_alive()

    def begin(self, generation: RemoteGeneration) -> None:
        """Lets a request run. ModelError when the generator was closed meanwhile."""
        try:
            self.loop.call_soon_threadsafe(generation.start)
        except RuntimeError:
            raise ModelError("The model was closed") from None

    def end(self) -> None:
        """Lets all requests, the connections and the thread end. Does not wait for it."""
        with suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self.loop.stop)

    def close(self) -> None:
        """Ends all requests, the connections and the thread."""
        self.end()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(self._http.aclose())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()
