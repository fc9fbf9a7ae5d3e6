"""homeground.toml → one frozen settings tree; every mistake is reported with its line and the allowed values.

load(path)   read and check a file
template()   the file that `homeground init` writes, every setting explained and commented out
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from homeground.config_check import Form, mistakes, sound
from homeground.errors import ConfigError

FILE_NAME = "homeground.toml"


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
class Settings:
    """The whole tree: one field per section of homeground.toml, and one per list of tables."""

    ingest: IngestSettings = field(default_factory=IngestSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    remote: RemoteSettings = field(default_factory=RemoteSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
    conversations: ConversationSettings = field(default_factory=ConversationSettings)
    egress: EgressSettings = field(default_factory=EgressSettings)
    egress_rules: tuple[EgressRule, ...] = ()
    routes: tuple[RouteSettings, ...] = ()


_SECTIONS: dict[str, type[Any]] = {
    "ingest": IngestSettings,
    "models": ModelSettings,
    "local": LocalSettings,
    "remote": RemoteSettings,
    "budget": BudgetSettings,
    "search": SearchSettings,
    "answer": AnswerSettings,
    "conversations": ConversationSettings,
    "egress": EgressSettings,
}
# Lists of tables, [[name]] each, and the fields that hold them.
TABLES: dict[str, tuple[str, type[Any]]] = {
    "egress.rule": ("egress_rules", EgressRule),
    "route": ("routes", RouteSettings),
}


# -- Reading and checking -----------------------------------------------------------------------


def load(path: Path) -> Settings:
    """Read `path` and check every value.

    Raises:
        ConfigError: naming the file, each wrong line, and what is allowed there.
    """
    text = _read(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    form = Form(_SECTIONS, {name: kind for name, (_, kind) in TABLES.items()})
    wrong = list(mistakes(tree, text, form))
    together = _contradictions(_settings(sound(tree, form)))
    wrong += [(form.line(text, section, number, key), words) for section, number, key, words in together]
    if wrong:
        lines = [f"{path}:{line}: {words}" for line, words in sorted(wrong)]
        many = [f"{path} has {len(lines)} mistakes:"] if len(lines) > 1 else []
        raise ConfigError("\n".join(many + lines))
    return _settings(tree)


def _settings(tree: dict[str, Any]) -> Settings:
    made: dict[str, Any] = {}
    for name, section in tree.items():
        if name in _SECTIONS:
            own = {key: _value(value) for key, value in section.items() if f"{name}.{key}" not in TABLES}
            made[name] = _SECTIONS[name](**own)
    for name, (where, kind) in TABLES.items():
        *above, last = name.split(".")
        tables = (tree.get(above[0], {}) if above else tree).get(last, [])
        made[where] = tuple(kind(**{key: _value(value) for key, value in table.items()}) for table in tables)
    return Settings(**made)


def _contradictions(settings: Settings) -> Iterator[tuple[str, int, str, str]]:
    """What does not fit together, as (section, number of the table from 0, key, words). Unset values are left out."""
    labels = settings.egress.labels
    known = f"is not one of the labels: {', '.join(labels)}"
    if not labels or len(set(labels)) < len(labels) or not all(label.strip() for label in labels):
        yield "egress", 0, "labels", "[egress] labels: write each label once, and at least one"
    elif settings.egress.default_label not in labels:
        yield "egress", 0, "default_label", f"[egress] default_label: {settings.egress.default_label!r} {known}"
    for number, rule in enumerate(settings.egress_rules):
        if rule.most and rule.most not in labels:
            yield "egress.rule", number, "most", f"[[egress.rule]] most: {rule.most!r} {known}"
    for number, route in enumerate(settings.routes):
        if route.most and route.most not in labels:
            yield "route", number, "most", f"[[route]] most: {route.most!r} {known}"
        if number == 0 and "skipped" not in route.when:
            yield "route", number, "when", "[[route]] when: nothing comes before the first route"


def template() -> str:
    """A homeground.toml in which every setting is explained and commented out at its default."""
    lines = ["# homeground.toml: every setting is optional; these are the defaults.", ""]
    for name, section in _SECTIONS.items():
        lines += [f"# {section.__doc__}", f"[{name}]"]
        lines += [f"# {one.name} = {_toml(one.default)}  # {one.metadata['doc']}" for one in fields(section)]
        lines.append("")
    tables = " and ".join(f"[[{name}]]" for name in TABLES)
    return "\n".join([*lines, f"# {tables} stand as often as needed: see docs/guide/egress.md and routes.md.", ""])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
