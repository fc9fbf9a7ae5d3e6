"""The settings as one frozen tree: a class per section of homeground.toml, with meanings and limits."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any


def _setting(
    default: Any,
    doc: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    required: bool = False,
    each: tuple[str, str] | None = None,
) -> Any:
    """A field of a settings section, with its explanation and the values it allows.

    ``each`` is for lists: a pattern that each text matches as a whole, and an example of one.
    """
    allowed = {"least": least, "most": most, "choices": choices, "required": required, "each": each}
    return field(default=default, metadata={"doc": doc} | allowed)


# -- The tree -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How files are walked, read and cut into passages."""

    workers: int = _setting(
        min(os.cpu_count() or 2, 8), "processes that read files, one file at a time each", least=1, most=64
    )
    timeout_s: int = _setting(120, "seconds after which reading one file is given up", least=1, most=86_400)
    memory_mb: int = _setting(2048, "memory that one reading process may use", least=256, most=1_048_576)
    max_file_mb: int = _setting(200, "larger files are reported, not read", least=1, most=10_240)
    ocr: str = _setting(
        "auto", "auto reads scans where Tesseract is installed; off never does", choices=("auto", "off")
    )
    ocr_languages: str = _setting("eng", "Tesseract languages, joined by + (for example eng+deu)")
    passage_words: int = _setting(
        170, "length of a passage in words (two CJK characters count as one)", least=30, most=400
    )
    overlap_words: int = _setting(30, "words that neighbouring passages share", least=0, most=200)
    batch_passages: int = _setting(1024, "passages per commit: what an interruption can lose", least=1, most=100_000)
    hidden: bool = _setting(False, "whether files and folders that start with a dot are read")
    ignore: tuple[str, ...] = _setting((), "patterns in gitignore syntax, beside those in .homegroundignore files")


@dataclass(frozen=True, slots=True)
class RevisionSettings:
    """What is kept of a document's former revisions, for people who compare. No search and no answer uses it."""

    keep: int = _setting(0, "former revisions of each document that are kept; 0 keeps none", least=0, most=20)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model does what: a name that `homeground models list` shows, or the path of a model folder."""

    embedder: str = _setting("all-minilm-l6-v2-int8", "the model that turns passages and questions into vectors")
    answer: str = _setting("reader", "what answers: the built-in reader, or a generator here or elsewhere")


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How a generator runs on this machine. Measured by bench/engine.py."""

    cache_gb: int = _setting(1, "memory for what requests at once have computed", least=1, most=1024)
    requests: int = _setting(16, "requests that are worked on at once; more wait", least=1, most=256)
    prefix_cache: bool = _setting(True, "whether the common beginning of prompts is computed once")
    kv_cache: str = _setting(
        "auto", "precision of what is kept per token", choices=("auto", "u8", "f16", "bf16", "f32")
    )
    prompt_lookup: int = _setting(0, "tokens guessed at a time from what the prompt says, 0 for none", least=0, most=32)
    lookup_ngram: int = _setting(3, "tokens that must agree before more are guessed from there", least=1, most=16)
    draft: str = _setting("none", "a small model that guesses ahead for this one; none for none")
    draft_tokens: int = _setting(4, "tokens that the draft model guesses at a time", least=1, most=32)
    adapters: tuple[str, ...] = _setting((), "LoRA files to load, each with a weight after = if it is not 1")
    threads: int = _setting(0, "processor cores to use, 0 for all", least=0, most=1024)


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """How models elsewhere are asked. Keys do not stand here, but in the environment or in a file of your own."""

    key_file: str = _setting("none", "a file with keys, NAME=KEY on each line, which only you can read")
    addresses: tuple[str, ...] = _setting(
        (),
        "where a provider is reached if not at its usual address: a gateway, or your Azure resource",
        each=(r"(openai|azure|anthropic|google)=https?://[^\s#?@]+", "azure=https://NAME.openai.azure.com"),
    )
    http_hosts: tuple[str, ...] = _setting(
        (), "hosts beside this machine that may be asked without encryption", each=(r"[^\s/:@]+", "gpu.example.org")
    )
    api_version: str = _setting("v1", "of Azure: v1, or a date such as 2024-10-21")
    context_tokens: int = _setting(
        0, "tokens of prompt and answer together, 0 for what is known of the model", least=0, most=100_000_000
    )
    thinking: str = _setting(
        "off", "how much a model thinks before it writes, where it can", choices=("off", "low", "medium", "high")
    )
    connect_s: float = _setting(10.0, "seconds to wait for a connection", least=0.1, most=3600.0)
    first_token_s: float = _setting(60.0, "seconds to wait for the first words", least=0.1, most=3600.0)
    pause_s: float = _setting(30.0, "seconds to wait for the next words", least=0.1, most=3600.0)
    timeout_s: float = _setting(180.0, "seconds for an answer with all tries", least=0.1, most=86_400.0)
    retries: int = _setting(2, "further tries before anything was shown", least=0, most=10)
    prices: tuple[str, ...] = _setting(
        (),
        "USD per million tokens read, written and (if given) read from a cache, where the known price is not yours",
        each=(r"[^\s=]+=\d+(\.\d+)?/\d+(\.\d+)?(/\d+(\.\d+)?)?", "gpt-5-mini=0.25/2.00/0.025"),
    )


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """What models elsewhere may use up from midnight to midnight (UTC); 0 is no limit. Checked before each question."""

    day_usd: float = _setting(5.0, "US dollars of everybody together", least=0.0, most=1e9)
    day_tokens: int = _setting(0, "tokens of everybody together", least=0, most=10**15)
    person_day_usd: float = _setting(0.0, "US dollars of one person", least=0.0, most=1e9)
    person_day_tokens: int = _setting(0, "tokens of one person", least=0, most=10**15)


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What a search returns."""

    limit: int = _setting(10, "hits per search unless told otherwise", least=1, most=1000)


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """What an answer holds, and when it is refused."""

    mode: str = _setting(
        "rcg",
        "what a generator may use: rcg the passages, rag also what it knows, closed only that",
        choices=("rcg", "rag", "closed"),
    )
    max_tokens: int = _setting(300, "tokens that a generator may write", least=16, most=100_000)
    statements: int = _setting(3, "statements that the built-in reader makes at most", least=1, most=20)
    refuse_below: float = _setting(
        0.33, "support (0 to 1) below which the built-in reader's answer is refused", least=0.0, most=1.0
    )


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """What is kept of questions and answers, so that a later question can refer to them."""

    keep_days: int = _setting(
        30, "days that a conversation is kept after its last question; 0 keeps none", least=0, most=36_500
    )


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How long the audit log remembers who and what; its chain stays for good."""

    keep_days: int = _setting(
        0, "days after which entries lose principal and body; 0 keeps them for good", least=0, most=36_500
    )


@dataclass(frozen=True, slots=True)
class EgressSettings:
    """What may leave this machine, and in which form. Without an [[egress.rule]] nothing does."""

    labels: tuple[str, ...] = _setting(
        ("public", "internal", "confidential", "secret"), "how sensitive a source may be, the least sensitive first"
    )
    default_label: str = _setting("internal", "the label of a source that was added without one")
    redact: tuple[str, ...] = _setting(
        (),
        "what is replaced by placeholders before it leaves",
        choices=("email", "phone", "iban", "card", "id", "ip", "secret"),
    )
    redact_words: tuple[str, ...] = _setting((), "words and names that are replaced as well")
    trust_loopback: bool = _setting(True, "whether a server on this machine's loopback address counts as this machine")


@dataclass(frozen=True, slots=True)
class EgressRule:
    """What may go where: passages of the sources, up to a label, to the destinations."""

    to: tuple[str, ...] = _setting((), "destinations, as host or host:port; * stands for any characters", required=True)
    most: str = _setting("", "the most sensitive label that may go there", required=True)
    sources: tuple[str, ...] = _setting(("*",), "names of sources; * stands for any characters")


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """One way to an answer, and when it is taken; the first that fits is."""

    use: str = _setting("", "what answers: reader, or a generator", required=True)
    when: tuple[str, ...] = _setting(
        ("failed", "skipped"), "how the routes before it must have ended", choices=("refused", "failed", "skipped")
    )
    languages: tuple[str, ...] = _setting(
        (),
        "languages of the question; empty for any",
        choices=("en", "de", "fr", "es", "it", "pt", "nl", "zh", "ja", "ko", "other"),
    )
    most: str = _setting("", "the most sensitive label of the passages that were found")
    max_ms: int = _setting(0, "milliseconds that it took lately, at most; 0 for any", least=0, most=3_600_000)
    max_usd: float = _setting(
        0.0, "US dollars that answers have cost today, at most; 0 for any", least=0.0, most=1_000_000.0
    )


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How `homeground serve` listens, and how much it takes on at once."""

    host: str = _setting("127.0.0.1", "the address to listen on; another than loopback needs people and TLS")
    port: int = _setting(8420, "the port to listen on, 0 for any free one", least=0, most=65_535)
    tls_certificate: str = _setting("none", "a PEM file with the certificate chain; none for no TLS")
    tls_key: str = _setting("none", "a PEM file with the certificate's key")
    behind_proxy: bool = _setting(False, "whether a proxy in front does TLS, so that none is needed here")
    proxies: tuple[str, ...] = _setting(
        ("127.0.0.1", "::1"), "addresses of proxies whose word on where a request is from counts"
    )
    hosts: tuple[str, ...] = _setting((), "names under which browsers reach the service, beside this machine's own")
    asks: int = _setting(
        0, "questions that are worked on at once, 0 for as many as suit what answers them", least=0, most=256
    )
    queue: int = _setting(64, "questions that may wait; more are told to come back", least=0, most=100_000)
    rate_per_minute: int = _setting(120, "questions of one person in a minute; 0 for any number", least=0, most=100_000)
    rate_burst: int = _setting(30, "questions of one person that may come at once", least=1, most=100_000)
    connections: int = _setting(512, "connections at once", least=8, most=100_000)
    slow_s: int = _setting(
        15, "seconds for the headers of a request, and for its body; 100 kB more of it get one more", least=1, most=3600
    )
    body_mb: int = _setting(200, "the largest upload", least=1, most=10_240)
    stop_s: int = _setting(30, "seconds that answers under way may take after a stop", least=0, most=3600)


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """How long people stay signed in, and how often a password may be tried."""

    session_hours: int = _setting(24, "hours after which one signs in anew", least=1, most=8760)
    idle_minutes: int = _setting(120, "minutes without a request after which a session ends", least=1, most=525_600)
    tries: int = _setting(5, "wrong passwords for a name from one address before it must wait", least=1, most=1000)
    lock_minutes: int = _setting(15, "minutes to wait then", least=1, most=1440)


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Single sign-on by an OpenID Connect provider; none without an issuer. The secret may be in the environment."""

    issuer: str = _setting("none", "the provider's address, exactly as it calls itself; none for no single sign-on")
    client_id: str = _setting("none", "under what name homeground is registered there")
    secret_file: str = _setting(
        "none", "a file with the client's secret, which only you can read; none for HOMEGROUND_OIDC_SECRET"
    )
    scopes: tuple[str, ...] = _setting(("openid", "profile", "email"), "what the provider is asked to tell")
    name_claim: str = _setting("preferred_username", "the claim that says what a person is called")
    groups_claim: str = _setting("groups", "the claim that says which groups a person is in")
    groups: tuple[str, ...] = _setting((), "groups of which one is needed to sign in; empty for everybody")
    owners: tuple[str, ...] = _setting((), "groups whose members are owners")
    editors: tuple[str, ...] = _setting((), "groups whose members are editors; with either set, the rest are readers")
    create: bool = _setting(True, "whether somebody who signs in for the first time is added")
    redirect: str = _setting("none", "where the provider sends browsers back to; none for /login/callback as reached")


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree: one field per section of homeground.toml, and one per list of tables."""

    ingest: IngestSettings = field(default_factory=IngestSettings)
    revisions: RevisionSettings = field(default_factory=RevisionSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    remote: RemoteSettings = field(default_factory=RemoteSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
    conversations: ConversationSettings = field(default_factory=ConversationSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    egress: EgressSettings = field(default_factory=EgressSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    login: LoginSettings = field(default_factory=LoginSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    egress_rules: tuple[EgressRule, ...] = ()
    routes: tuple[RouteSettings, ...] = ()


SECTIONS: dict[str, type[Any]] = {
    "ingest": IngestSettings,
    "revisions": RevisionSettings,
    "models": ModelSettings,
    "local": LocalSettings,
    "remote": RemoteSettings,
    "budget": BudgetSettings,
    "search": SearchSettings,
    "answer": AnswerSettings,
    "conversations": ConversationSettings,
    "audit": AuditSettings,
    "egress": EgressSettings,
    "serve": ServeSettings,
    "login": LoginSettings,
    "oidc": OidcSettings,
}
# Lists of tables, [[name]] each, and the fields that hold them.
TABLES: dict[str, tuple[str, type[Any]]] = {
    "egress.rule": ("egress_rules", EgressRule),
    "route": ("routes", RouteSettings),
}
