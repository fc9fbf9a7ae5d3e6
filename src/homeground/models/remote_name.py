"""Names of models elsewhere, ``openai:gpt-5-mini`` or ``http://127.0.0.1:11434/v1#qwen3:4b``, and where they lead."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from homeground.errors import ConfigError
from homeground.settings import RemoteSettings

Provider = Literal["openai", "azure", "anthropic", "google", "server"]
SERVER: Provider = "server"  # any that speaks as OpenAI does: Ollama, vLLM, llama.cpp, OVMS
PROVIDERS: tuple[Provider, ...] = tuple(each for each in get_args(Provider) if each != SERVER)
FORMS = "openai:MODEL, azure:DEPLOYMENT, anthropic:MODEL, google:MODEL, or URL#MODEL for a server"

_ADDRESSES: dict[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
_URL = re.compile(r"https?:", re.I)
_PREFIX = re.compile(r"([a-z][a-z0-9_-]+):(?![\\/])(.*)", re.S)  # two letters at least: C:\models is a folder
_MODEL = re.compile(r"[\w.:/@+-]{1,200}")


@dataclass(frozen=True, slots=True)
class RemoteName:
    """A model elsewhere. ``given`` is how the settings name it, ``model`` how its provider does.

    ``address`` is the URL that requests go below; ``usual`` says that it is the provider's own.
    """

    given: str
    provider: Provider
    model: str
    address: str
    usual: bool

    @property
    def destination(self) -> str:
        """Host, or host:port where the address names one."""
        parts = urlsplit(self.address)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        return f"{host}:{parts.port}" if parts.port else host

    @property
    def loopback(self) -> bool:
        """Whether it runs on this machine."""
        return is_loopback(urlsplit(self.address).hostname or "")


def remote_name(name: str, settings: RemoteSettings) -> RemoteName | None:
    """What a name of [models] means; None when it is that of a model on this machine.

    Raises:
        ConfigError: when it is meant to be one elsewhere and has a mistake, or may not be asked.
    """
    if _URL.match(name):
        address, _, model = name.partition("#")
        found = RemoteName(name, SERVER, _model(name, model), address.rstrip("/"), True)
    elif prefixed := _PREFIX.fullmatch(name):
        provider = next((each for each in PROVIDERS if each == prefixed[1]), None)
        if provider is None and Path(name).exists():
            return None
        if provider is None:
            raise ConfigError(f"{name!r}: there is no provider {prefixed[1]!r}. A model elsewhere is {FORMS}")
        address, usual = _address(provider, settings)
        found = RemoteName(name, provider, _model(name, prefixed[2]), address, usual)
    else:
        return None
    _check(found, settings)
    return found


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone; nothing is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _model(name: str, model: str) -> str:
    if not _MODEL.fullmatch(model):
        raise ConfigError(f"{name!r} names no model: write {FORMS}")
    return model


def _address(provider: Provider, settings: RemoteSettings) -> tuple[str, bool]:
    """Where the provider is reached, and whether that is its usual address."""
    given = dict(each.split("=", 1) for each in settings.addresses)
    if address := given.get(provider):
        return address.rstrip("/"), provider == "azure"
    if provider == "azure":
        address = os.environ.get("AZURE_OPENAI_ENDPOINT", "").rstrip("/")
        if not address:
            raise ConfigError(
                'azure: put your resource into [remote]: addresses = ["azure=https://NAME.openai.azure.com"]'
            )
        return address, True
    return _ADDRESSES[provider], True


def _check(name: RemoteName, settings: RemoteSettings) -> None:
    try:
        parts = urlsplit(name.address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError(f"{name.address!r} is no address") from None
    if not host or not re.fullmatch(r"[\w.:%-]+", host):
        raise ConfigError(f"{name.address!r} is no address")
    if "@" in parts.netloc or parts.query:
        raise ConfigError(f"The address of {host} must be bare: keys go into the environment or [remote] key_file")
    if parts.scheme.lower() != "https" and not name.loopback and host not in settings.http_hosts:
        raise ConfigError(
            f"{host} would be asked without encryption: use https, or allow it: [remote] http_hosts = [{host!r}]"
        )
