"""Models elsewhere, each provider's protocol over real HTTP on loopback: what they answer, and what they may not do."""

from __future__ import annotations

import gc
import importlib.util
import json
import re
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from homeground.errors import ConfigError, ModelError, RemoteError
from homeground.models.generator import Message, Sampling
from homeground.models.remote import RemoteGenerator, load_remote
from homeground.settings import RemoteSettings

from ..loopback import lift as _loopback
from .protocols import KEY, PROTOCOLS, Anthropic, Azure, Google, OpenAI, Server
from .providers import Served, name_of, settings_of

spec = importlib.util.spec_from_file_location(
    "homeground_generator_contract", Path(__file__).parents[1] / "contracts" / "generator.py"
)
assert spec and spec.loader
contract = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = contract
spec.loader.exec_module(contract)

HELLO = (Message("system", "Be kind."), Message("user", "Hello over there"))
SAMPLING = Sampling(max_tokens=50)
BY_NAME = {each.name: each for each in PROTOCOLS}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(variable, KEY)
    for variable in ("GEMINI_API_KEY", "HOMEGROUND_SERVER_KEY", "AZURE_OPENAI_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(params=list(BY_NAME))
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    _loopback()
    with Served(BY_NAME[request.param]()) as server:
        yield server


@pytest.fixture
def openai() -> Iterator[Served]:
    _loopback()
    with Served(OpenAI()) as server:
        yield server


class Opened:
    """Generators of one test, closed at its end."""

    def __init__(self) -> None:
        self.all: list[RemoteGenerator] = []

    def __call__(self, served: Served, **settings: Any) -> RemoteGenerator:
        self.all.append(load_remote(name_of(served), settings_of(served, **settings)))
        return self.all[-1]


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    for each in made.all:
        each.close()


def ask(generator: RemoteGenerator, sampling: Sampling = SAMPLING) -> str:
    return "".join(generator.generate(HELLO, sampling))


def failure(generator: RemoteGenerator, sampling: Sampling = SAMPLING) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        ask(generator, sampling)
    return caught.value


# -- Answers --------------------------------------------------------------------------------------


class TestContract(contract.GeneratorContract):
    """All of it, of every protocol."""

    @pytest.fixture
    def generator(self, served: Served, opened: Opened) -> RemoteGenerator:
        return opened(served)


def test_the_answer_its_tokens_and_its_price(served: Served, opened: Opened) -> None:
    served.cached = 2
    generation = opened(served).generate(HELLO, SAMPLING)
    assert list(generation)[:3] == ["I", " got", " 2"]
    assert (generation.usage.input_tokens, generation.usage.output_tokens, generation.usage.cached_tokens) == (5, 9, 2)
    per_million = {
        "openai": (0.15, 0.6, 0.075), "azure": (0.15, 0.6, 0.075), "anthropic": (1, 5, 0.1), "google": (0.3, 2.5, 0.03),
        "server": (0, 0, 0),
    }  # fmt: skip
    read, wrote, cached = per_million[served.protocol.name]
    assert generation.usage.cost_usd == pytest.approx((3 * read + 9 * wrote + 2 * cached) / 1e6)
    assert generation.finish == "stop"


def test_messages_arrive_with_their_roles(served: Served, opened: Opened) -> None:
    turns = (*HELLO, Message("assistant", "Hello!"), Message("user", "And now?"))
    "".join(opened(served).generate(turns, Sampling(max_tokens=30, stop=("END",))))
    [seen] = served.seen
    assert seen.asked is not None
    assert seen.asked.messages == tuple((each.role, each.text) for each in turns)
    assert (seen.asked.max_tokens, seen.asked.stop, seen.asked.temperature) == (30, ("END",), 0)


def test_a_schema_reaches_the_provider(served: Served, opened: Opened) -> None:
    schema = {"type": "object", "properties": {"found": {"type": "string"}}, "required": ["found"]}
    assert json.loads(ask(opened(served), Sampling(50, schema=schema))) == {"found": "yes"}
    assert served.seen[0].asked is not None
    assert set(served.seen[0].asked.schema["properties"]) == {"found"}


def test_azure_by_deployment_and_dated_version(opened: Opened) -> None:
    _loopback()
    with Served(Azure()) as served:
        assert ask(opened(served, api_version="2024-10-21")).startswith("I got 2 messages")
        assert served.seen[0].path == "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"
        assert ask(opened(served)).startswith("I got 2 messages")
        assert served.seen[1].path == "/openai/v1/chat/completions"


def test_a_reasoning_model_is_told_to_think_little_and_gets_no_temperature(opened: Opened) -> None:
    class Reasoning(OpenAI):
        model = "gpt-5-mini"

    _loopback()
    with Served(Reasoning()) as served:
        ask(opened(served))
        body = json.loads(served.seen[0].body)
        assert body["reasoning_effort"] == "minimal"
        assert "temperature" not in body
        assert body["max_completion_tokens"] == 50


def test_only_the_headers_of_the_protocol_and_the_key_are_sent(
    served: Served, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    lures = {
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9", "OPENAI_ORG_ID": "org-secret", "OPENAI_PROJECT_ID": "secret",
        "ANTHROPIC_AUTH_TOKEN": "secret", "ANTHROPIC_CUSTOM_HEADERS": "x-secret: secret",
        "AZURE_OPENAI_AD_TOKEN": "secret", "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
    }  # fmt: skip
    for variable, value in lures.items():
        monkeypatch.setenv(variable, value)
    ask(opened(served))
    [seen] = served.seen
    allowed = {"host", "accept", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
    own = {"openai": "authorization", "azure": "api-key", "anthropic": "x-api-key", "google": "x-goog-api-key"}
    allowed |= {own[served.protocol.name]} if served.protocol.name in own else set()
    assert set(seen.headers) - {"anthropic-version"} == allowed
    assert seen.headers["user-agent"] == "homeground"
    assert "secret" not in str(seen)


# -- Errors ---------------------------------------------------------------------------------------


ERRORS = {
    "key": ("does not accept the key|wants a key", "nothing"),
    "forbidden": ("does not let your key|wants a key", "nothing"),
    "model": ("has no model", "nothing"),
    "long": ("longer than the model takes", "nothing"),
    "quota": ("no credit left", "nothing"),
    "bad": ("refused the request", "nothing"),
    "rate": ("too many requests", "nothing"),
    "server": ("fails at the moment", "nothing"),
    "overloaded": ("fails at the moment", "nothing"),
    "redirect:http|//other.example/v1": (r"sends elsewhere \(other\.example\)", "nothing"),
    "refused": ("because of the content", "nothing|reported|unknown"),
    "empty": ("without a word", "reported"),
    "empty:length": ("used up max_tokens", "reported"),
    "empty:tool": ("asked for a tool|without a word", "reported"),
    "garbage": ("not understood", "unknown"),
    "page": ("not understood", "unknown"),
    "hang": ("no word from .* in 1 s", "unknown"),
    "silent": ("no word from .* in 1 s", "unknown"),
    "pause": ("nothing further from .* in 1 s", "unknown"),
    "cut": ("broke off", "unknown"),
    "short": ("broke off", "unknown"),
    "dropped": ("broke off", "unknown"),
}


@pytest.mark.parametrize("behaviour", ERRORS)
def test_what_goes_wrong_is_one_sentence_and_the_next_question_is_answered(
    served: Served, opened: Opened, behaviour: str
) -> None:
    generator = opened(served, first_token_s=1.0, pause_s=1.0)
    served.next(behaviour)
    error = failure(generator)
    words, charge = ERRORS[behaviour]
    assert re.search(words, str(error))
    assert error.charge in charge.split("|")
    assert "\n" not in str(error)
    assert generator.name in str(error)
    assert KEY not in f"{error} {error!r} {error.__cause__!r} {error.__context__!r} {error.__dict__}"
    assert len(served.seen) == 1
    assert ask(generator).startswith("I got 2 messages")


def test_what_was_shown_before_a_cut_stays_shown(served: Served, opened: Opened) -> None:
    served.next("cut")
    generation = opened(served, retries=3).generate(HELLO, SAMPLING)
    pieces = iter(generation)
    assert [next(pieces), next(pieces)] == ["I", " got"]
    with pytest.raises(RemoteError, match="broke off"):
        list(pieces)
    assert generation.usage.input_tokens >= 5
    assert len(served.seen) == 1, "what was shown cannot be said again"


def test_an_error_inside_a_stream_counts_as_what_it_is(opened: Opened) -> None:
    class Overloaded(Anthropic):
        def stream(self, asked: Any, told: Any) -> Iterator[bytes]:
            yield b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'

    _loopback()
    with Served(Overloaded()) as served:
        assert "fails at the moment (status 529)" in str(failure(opened(served)))


def test_nobody_listens(opened: Opened) -> None:
    _loopback()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = RemoteSettings(retries=1, timeout_s=5.0)
    generator = load_remote(f"http://127.0.0.1:{port}/v1#m", settings)
    opened.all.append(generator)
    error = failure(generator)
    assert "cannot be reached: is the server started?" in str(error)
    assert error.charge == "nothing"


def test_a_name_without_an_address(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    opened.all.append(load_remote("openai:gpt-4o-mini", RemoteSettings(retries=0)))
    assert "has no address: the name is wrong, or there is no network" in str(failure(opened.all[-1]))


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(9))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "here.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(encoding) + pem)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own store decides")
def test_only_who_is_trusted_is_asked(tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    _loopback()
    with Served(Server(), tls=context) as served:
        assert "has no certificate that is trusted here" in str(failure(opened(served)))
        assert served.seen == []
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert ask(opened(served)).startswith("I got 2 messages")


def test_a_model_without_schemas_says_so_before_anything_is_sent(opened: Opened) -> None:
    class Old(Anthropic):
        model = "claude-3-haiku-20240307"

    _loopback()
    with Served(Old()) as served:
        with pytest.raises(ModelError, match="cannot be held to a JSON schema"):
            ask(opened(served), Sampling(50, schema=contract.SCHEMA))
        assert served.seen == []


# -- Tries and time ---------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [OpenAI, Anthropic, Google])
def test_a_busy_provider_is_asked_again_when_it_said(protocol: Any, opened: Opened, waits: list[float]) -> None:
    _loopback()
    with Served(protocol()) as served:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        served.next("rate:2", f"rate:{later}", "overloaded")
        assert ask(opened(served, retries=3, timeout_s=60.0)).startswith("I got 2 messages")
        assert len(served.seen) == 4
        assert waits[0] == 2
        assert 1 < waits[1] <= 3
        assert 1 <= waits[2] <= 2  # on its own: the third try waits 2 s, less up to half by chance


def test_a_wait_that_is_too_long_ends_it_at_once(openai: Served, opened: Opened, waits: list[float]) -> None:
    openai.next("rate:3600", "answer")
    assert "it asks to wait 3600 s" in str(failure(opened(openai, retries=5)))
    assert waits == []


def test_no_wait_goes_beyond_the_whole_time(openai: Served, opened: Opened, waits: list[float]) -> None:
    openai.next("rate:20", "answer")
    assert "too many requests" in str(failure(opened(openai, retries=5, timeout_s=10.0)))
    assert waits == []


def test_patience_ends(openai: Served, opened: Opened, waits: list[float]) -> None:
    openai.next(*["server"] * 9)
    assert "status 500" in str(failure(opened(openai, retries=2)))
    assert len(openai.seen) == 3
    assert len(waits) == 2


def test_a_wrong_key_is_not_tried_again(openai: Served, opened: Opened, waits: list[float]) -> None:
    openai.next("key")
    failure(opened(openai, retries=5))
    assert (len(openai.seen), waits) == (1, [])


def test_an_answer_that_drips_ends_with_the_whole_time(openai: Served, opened: Opened) -> None:
    openai.next("drip")
    error = failure(opened(openai, timeout_s=0.8, pause_s=5.0, first_token_s=5.0))
    assert "no whole answer from" in str(error)
    assert "timeout_s" in str(error)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which pass at once."""
    import asyncio

    found: list[float] = []
    real = asyncio.sleep

    async def sleep(delay: float, *rest: Any) -> None:
        if delay > 0:
            found.append(delay)
        await real(0)

    monkeypatch.setattr("homeground.models.remote_call.asyncio.sleep", sleep)
    return found


# -- Ending it --------------------------------------------------------------------------------------


def test_cancelling_closes_the_connection(served: Served, opened: Opened) -> None:
    served.next("pause")
    generation = opened(served, pause_s=60.0).generate(HELLO, SAMPLING)
    pieces = iter(generation)
    assert next(pieces)
    generation.cancel()
    list(pieces)
    assert generation.finish == "cancelled"
    assert served.broken.wait(5), "the provider went on writing"


def carriers() -> set[threading.Thread]:
    """The threads that carry requests."""
    return {each for each in threading.enumerate() if each.name == "homeground-remote"}


def test_closing_ends_what_runs_and_the_thread(served: Served, opened: Opened) -> None:
    before = carriers()
    served.next("pause")
    generator = opened(served, pause_s=60.0)
    pieces = iter(generator.generate(HELLO, SAMPLING))
    assert next(pieces)
    generator.close()
    with pytest.raises(ModelError, match="closed"):
        list(pieces)
    assert carriers() == before
    assert ask(generator).startswith("I got 2 messages"), "it opens again when it is asked again"


# -- Nothing by itself ------------------------------------------------------------------------------


def test_the_thread_ends_with_a_generator_that_nobody_closes(served: Served) -> None:
    before = carriers()
    generator = load_remote(name_of(served), settings_of(served))
    assert ask(generator)
    [carrier] = carriers() - before
    del generator
    gc.collect()
    carrier.join(10)
    assert not carrier.is_alive()


def test_nothing_is_connected_to_before_the_first_question(served: Served, opened: Opened) -> None:
    before = carriers()
    generator = opened(served)
    assert generator.count_tokens(HELLO) > 5
    assert generator.context_tokens > 1000
    assert repr(generator) == f"RemoteGenerator({name_of(served)!r})"
    assert served.seen == []
    assert carriers() == before


def test_a_provider_without_a_key_is_not_asked(monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    opened.all.append(load_remote("openai:gpt-4o-mini", RemoteSettings()))
    with pytest.raises(ConfigError, match="needs a key: put it into the environment variable OPENAI_API_KEY"):
        ask(opened.all[-1])


def test_a_server_gets_its_key_and_no_other(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    class Locked(Server):
        def authorised(self, headers: dict[str, str]) -> bool:
            return headers.get("authorization") == "Bearer for-this-server"

    _loopback()
    with Served(Locked()) as served:
        assert "wants a key" in str(failure(opened(served)))
        monkeypatch.setenv("HOMEGROUND_SERVER_KEY", "for-this-server")
        assert ask(opened(served)).startswith("I got 2 messages")
        assert KEY not in str(served.seen)


def test_usage_is_estimated_where_a_server_does_not_report_it(opened: Opened) -> None:
    class Silent(Server):
        def _usage(self, asked: Any, told: Any) -> bytes:
            return b""

    _loopback()
    with Served(Silent()) as served:
        generation = opened(served).generate(HELLO, SAMPLING)
        assert "".join(generation)
        assert generation.usage.input_tokens >= 5
        assert generation.usage.output_tokens >= 9
        assert generation.usage.cost_usd == 0
