"""homeground.toml → one frozen settings tree; every mistake is reported with its line and the allowed values.

load(path)   read and check a file
template()   the file that `homeground init` writes, every setting explained and commented out
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from homeground.errors import ConfigError

FILE_NAME = "homeground.toml"


def _setting(
    default: Any, doc: str, *, least: float | None = None, most: float | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """A field of a settings section, with its explanation and the values it allows."""
    return field(default=default, metadata={"doc": doc, "least": least, "most": most, "choices": choices})


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
    answer: str = _setting("reader", "what answers: the built-in reader, or a generator")


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
class Settings:
    """The whole tree: one field per section of homeground.toml."""

    ingest: IngestSettings = field(default_factory=IngestSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
    conversations: ConversationSettings = field(default_factory=ConversationSettings)


_SECTIONS: dict[str, type[Any]] = {
    "ingest": IngestSettings,
    "models": ModelSettings,
    "local": LocalSettings,
    "search": SearchSettings,
    "answer": AnswerSettings,
    "conversations": ConversationSettings,
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
    mistakes = [f"{path}:{line}: {words}" for line, words in sorted(_mistakes(tree, text))]
    if mistakes:
        many = [f"{path} has {len(mistakes)} mistakes:"] if len(mistakes) > 1 else []
        raise ConfigError("\n".join(many + mistakes))
    return Settings(**{name: _SECTIONS[name](**_values(section)) for name, section in tree.items()})


def template() -> str:
    """A homeground.toml in which every setting is explained and commented out at its default."""
    lines = ["# homeground.toml: every setting is optional; these are the defaults.", ""]
    for name, section in _SECTIONS.items():
        lines += [f"# {section.__doc__}", f"[{name}]"]
        lines += [f"# {one.name} = {_toml(one.default)}  # {one.metadata['doc']}" for one in fields(section)]
        lines.append("")
    return "\n".join(lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _mistakes(tree: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    """Each mistake as (line, words)."""
    for name, section in tree.items():
        if name not in _SECTIONS:
            yield _line_of(text, name), f"unknown section [{name}]{_nearest(name, list(_SECTIONS))}"
        elif not isinstance(section, dict):
            yield _line_of(text, None, name), f"{name} is a section: write [{name}] and its settings below it"
        else:
            yield from _section_mistakes(name, section, text)


def _section_mistakes(name: str, section: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    known = {one.name: one for one in fields(_SECTIONS[name])}
    for key, value in section.items():
        wrong = _value_mistake(known[key], value) if key in known else f"unknown setting{_nearest(key, list(known))}"
        if wrong:
            yield _line_of(text, name, key), f"[{name}] {key}: {wrong}"


def _value_mistake(one: Field[Any], value: Any) -> str | None:
    """What is wrong with the value, in words; None when nothing is."""
    allowed, least, most = one.metadata["choices"], one.metadata["least"], one.metadata["most"]
    if not _fits(one.default, value):
        return f"{_toml_safe(value)} is not {_kind(one.default)}"
    if allowed and value not in allowed:
        return f"{value!r} is not one of {', '.join(allowed)}"
    if least is not None and not least <= value <= most:
        return f"{value} is not between {least} and {most}"
    if isinstance(value, str) and not value.strip():
        return "must not be empty"
    return None


def _fits(default: Any, value: Any) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)


def _kind(default: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
    return kinds.get(type(default), 'a list of texts, for example ["drafts/", "*.tmp"]')


def _values(section: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in section.items()}


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def _line_of(text: str, section: str | None, key: str | None = None) -> int:
    """The line (from 1) where the section, or the key in it, is set: tomllib does not tell."""
    current: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*[\"']?([^\]\"']+?)[\"']?\s*\]", line):
            current = header[1]
            if key is None and current.split(".")[0] == section:
                return number
        elif key is not None and current == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return 1


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _toml_safe(value: Any) -> str:
    """A wrong value as it may be shown: short."""
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
