"""What an answer of a model elsewhere costs, and how long its prompts may be: tables of genai-prices, never fetched.

[remote] prices counts before the table. A server on this machine costs nothing; where nobody knows, it is None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from homeground.models.generator import Usage
from homeground.models.remote_name import SERVER, RemoteName, remote_name
from homeground.settings import RemoteSettings

UNSTATED_WINDOW = 4096  # tokens, of a model that is in no table: what Ollama gives a model unless told otherwise
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens read, written, and read from a cache. ``source`` says who says so."""

    input: float
    output: float
    cached: float
    source: str


def cost(name: RemoteName, usage: Usage, settings: RemoteSettings) -> float | None:
    """What the tokens of ``usage`` cost in US dollars; None when nobody knows."""
    if given := _given(name, settings):
        fresh = usage.input_tokens - usage.cached_tokens
        total = fresh * given.input + usage.cached_tokens * given.cached + usage.output_tokens * given.output
        return total / _MILLION
    if name.provider == SERVER:
        return 0.0 if name.loopback else None
    found = _looked_up(name, usage)
    return None if found is None else float(found)


def price_of(settings: RemoteSettings) -> Callable[[str, Usage], float | None]:
    """What tokens cost, of a model by its name in the settings; None when nobody knows."""

    def asked(model: str, usage: Usage) -> float | None:
        found = remote_name(model, settings)
        return None if found is None else cost(found, usage, settings)

    return asked


def price(name: RemoteName, settings: RemoteSettings) -> Price | None:
    """The price of a model as people compare it; None when nobody knows. Long prompts may cost more."""
    if given := _given(name, settings):
        return given
    if name.provider == SERVER:
        return Price(0.0, 0.0, 0.0, "it runs on this machine") if name.loopback else None
    kinds = (Usage(_MILLION, 0), Usage(0, _MILLION), Usage(_MILLION, 0, _MILLION))
    few = 1000  # tokens: the price of short prompts, where long ones have another
    found = [
        _looked_up(name, Usage(u.input_tokens // few, u.output_tokens // few, u.cached_tokens // few)) for u in kinds
    ]
    if any(each is None for each in found):
        return None
    amounts = [float(each * few) for each in found if each is not None]
    return Price(amounts[0], amounts[1], amounts[2], f"genai-prices {_version()}")


def context_window(name: RemoteName, settings: RemoteSettings) -> int:
    """Tokens that prompt and answer may have together: as set, as known, else `UNSTATED_WINDOW`."""
    if settings.context_tokens:
        return settings.context_tokens
    if name.provider == SERVER:
        return UNSTATED_WINDOW
    known = _known(name)
    return (known.context_window or UNSTATED_WINDOW) if known else UNSTATED_WINDOW


def _given(name: RemoteName, settings: RemoteSettings) -> Price | None:
    for each in settings.prices:
        model, _, amounts = each.rpartition("=")
        if model in (name.model, name.given):
            read, written, *cached = map(float, amounts.split("/"))
            return Price(read, written, cached[0] if cached else read, "[remote] prices")
    return None


def _known(name: RemoteName) -> Any:
    try:
        from genai_prices.data_snapshot import get_snapshot
    except ImportError:  # the providers' libraries are not installed: what cannot be asked has no window
        return None
    try:
        return get_snapshot().find_provider_model(name.model, None, name.provider, None)[1]
    except LookupError:
        return None


def _looked_up(name: RemoteName, usage: Usage) -> Decimal | None:
    try:
        import genai_prices
    except ImportError:
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, cache_read_tokens=usage.cached_tokens
    )
    try:
        return genai_prices.calc_price(counted, name.model, provider_id=name.provider).total_price
    except LookupError:
        return None


def _version() -> str:
    import genai_prices

    return genai_prices.__version__
