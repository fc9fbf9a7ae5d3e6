"""homeground.toml → one frozen settings tree (loading and checking: `load`)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How files are read and cut. Sizes of passages are in words (CJK: characters / 2)."""

    workers: int = 2
    timeout_s: int = 120
    memory_mb: int = 2048
    max_file_mb: int = 200
    ocr: str = "auto"  # auto | off
    ocr_languages: str = "eng"
    passage_words: int = 170
    overlap_words: int = 30
    batch_passages: int = 1024
    hidden: bool = False
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model does what: the name of a house model, or the path of a model folder."""

    embedder: str = "all-minilm-l6-v2-int8"


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How many hits a search returns unless told otherwise."""

    limit: int = 10


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """The built-in reader: how many statements it gives at most, and the support below which it refuses (0 to 1)."""

    statements: int = 3
    refuse_below: float = 0.5


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree, one section of homeground.toml a field."""

    ingest: IngestSettings = field(default_factory=IngestSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    answer: AnswerSettings = field(default_factory=AnswerSettings)
