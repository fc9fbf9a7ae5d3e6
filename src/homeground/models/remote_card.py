"""What is known of a model elsewhere before it is asked. Nothing is connected to, and no key is shown."""

from __future__ import annotations

from dataclasses import dataclass

from homeground.errors import ConfigError
from homeground.models.keys import find_key, missing_key
from homeground.models.prices import Price, context_window, price
from homeground.models.remote_name import SERVER, remote_name
from homeground.settings import RemoteSettings


@dataclass(frozen=True, slots=True)
class RemoteCard:
    """The card of a model elsewhere. ``price`` is None where nobody knows; ``key`` says in words where it is from."""

    name: str
    provider: str
    model: str
    destination: str
    address: str
    max_tokens: int
    price: Price | None
    key: str
    has_key: bool


def remote_card(name: str, settings: RemoteSettings) -> RemoteCard | None:
    """The card of a model elsewhere; None when the name is that of a model on this machine.

    Raises:
        ConfigError: when the name has a mistake.
    """
    found = remote_name(name, settings)
    if found is None:
        return None
    try:
        key = find_key(found, settings)
        words = key.source if key else f"none: {missing_key(found)}"
        if key is None and found.provider == SERVER:
            words = f"none; if the server wants one, {missing_key(found)}"
    except ConfigError as error:
        key, words = None, f"none: {error}"
    return RemoteCard(
        name=found.given,
        provider=found.provider,
        model=found.model,
        destination=found.destination,
        address=found.address,
        max_tokens=context_window(found, settings),
        price=price(found, settings),
        key=words,
        has_key=key is not None,
    )
