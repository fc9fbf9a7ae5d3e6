"""pydantic-ai's model of a provider, behind an HTTP client of ours that sends to one place only, and what it must.

The libraries of providers read a dozen environment variables, add headers about this machine, and follow redirects.
Each request passes a hook here: another scheme, host or port than the address says is refused, so are redirects, and
of the headers only those of the protocol and our key are sent. Proxies of the environment (HTTPS_PROXY, NO_PROXY) and
SSL_CERT_FILE count, but a proxy is never used for this machine itself.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from homeground.errors import ConfigError, ModelError
from homeground.models.keys import Key, missing_key
from homeground.models.remote_name import SERVER, RemoteName
from homeground.settings import RemoteSettings

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

INSTALL = "pip install 'homeground[remote]'"
_NO_KEY = "none"  # the libraries want one; no header that carries it is sent
_KEY_HEADERS = {
    "openai": "authorization",
    SERVER: "authorization",
    "azure": "api-key",
    "anthropic": "x-api-key",
    "google": "x-goog-api-key",
}
_SENT = frozenset(
    {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "transfer-encoding"}
    | {"anthropic-version", "anthropic-beta"}
)


# The responses of the request that this task makes.
_arrived: ContextVar[tuple[httpx2.Response, ...]] = ContextVar("arrived", default=())


async def hang_up() -> None:
    """Closes what this task has open: not every library does when its stream is left in the middle."""
    for response in _arrived.get():
        await response.aclose()
    _arrived.set(())


class RedirectedError(Exception):
    """The address answered that requests should go elsewhere; ``place`` is where, as far as it said."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def http_client(name: RemoteName, key: Key | None, settings: RemoteSettings) -> httpx2.AsyncClient:
    """A client that reaches the address of ``name`` and nothing else. No connection is opened yet."""
    import httpx2

    address = httpx2.URL(name.address)
    header = _KEY_HEADERS[name.provider]
    secret = {} if key is None else {header: f"Bearer {key.value}" if header == "authorization" else key.value}

    async def leave(request: httpx2.Request) -> None:
        place = (request.url.scheme, request.url.host, request.url.port)
        if place != (address.scheme, address.host, address.port):
            raise RedirectedError(request.url.host)
        kept = {each: value for each, value in request.headers.items() if each.lower() in _SENT}
        request.headers = httpx2.Headers(kept | secret | {"user-agent": "homeground"})

    async def arrive(response: httpx2.Response) -> None:
        _arrived.set((*_arrived.get(), response))
        if 300 <= response.status_code < 400:
            raise RedirectedError(httpx2.URL(response.headers.get("location", "")).host or "elsewhere")

    longest = max(settings.first_token_s, settings.pause_s)
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(longest, connect=settings.connect_s),
        follow_redirects=False,
        verify=httpx2.create_ssl_context(),
        trust_env=not name.loopback,  # proxies
        event_hooks={"request": [leave], "response": [arrive]},
    )


def remote_model(name: RemoteName, key: Key | None, settings: RemoteSettings, http: httpx2.AsyncClient) -> Model[Any]:
    """The model as pydantic-ai drives it.

    Raises:
        ConfigError: when the provider needs a key and there is none.
        ModelError: when the libraries of providers are not installed.
    """
    if key is None and name.provider != SERVER and (name.usual or name.provider == "azure"):
        raise ConfigError(f"{name.given} needs a key: {missing_key(name)}")
    secret = key.value if key else _NO_KEY
    if name.provider == "anthropic":
        return _anthropic(name, secret, http)
    if name.provider == "google":
        return _google(name, secret, http)
    return _openai(name, secret, settings, http)


def check_installed(name: RemoteName) -> None:
    """ModelError when the libraries of providers are not installed."""
    from importlib.util import find_spec

    needed = {"anthropic": "anthropic", "google": "google.genai"}.get(name.provider, "openai")
    if find_spec("pydantic_ai") is None or not _found(needed):
        raise ModelError(f"{name.given} needs the libraries of providers, which are not installed: {INSTALL}")


def _found(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it is missing
        return False


# -- One function per protocol --------------------------------------------------------------------


def _openai(name: RemoteName, secret: str, settings: RemoteSettings, http: httpx2.AsyncClient) -> Model[Any]:
    """Chat completions: of OpenAI, of Azure, and of every server that speaks as they do."""
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.azure import AzureProvider
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)  # else a cut stream looks complete
    if name.provider == "azure" and settings.api_version == "v1":
        endpoint = name.address if name.address.endswith("/v1") else f"{name.address}/openai/v1"
        provider: Any = AzureProvider(azure_endpoint=endpoint, api_key=secret, http_client=http)
    elif name.provider == "azure":
        provider = AzureProvider(
            azure_endpoint=name.address, api_version=settings.api_version, api_key=secret, http_client=http
        )
    elif name.provider == "openai":
        provider = OpenAIProvider(base_url=name.address, api_key=secret, http_client=http)
    else:
        provider = OpenAICompatibleProvider(SERVER, base_url=name.address, api_key=secret, http_client=http)
        whole = OpenAIModelProfile(
            **whole, openai_chat_supports_max_completion_tokens=False
        )  # max_tokens, known to all
    return OpenAIChatModel(name.model, provider=provider, profile=whole)


def _anthropic(name: RemoteName, secret: str, http: httpx2.AsyncClient) -> Model[Any]:
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    provider = AnthropicProvider(api_key=secret, base_url=name.address, http_client=http)
    return AnthropicModel(name.model, provider=provider)


def _google(name: RemoteName, secret: str, http: httpx2.AsyncClient) -> Model[Any]:
    from pydantic_ai.models.google import GoogleModel
    from pydantic_ai.providers.google import GoogleProvider

    provider = GoogleProvider(api_key=secret, base_url=name.address, http_client=http)
    return GoogleModel(name.model, provider=provider)
