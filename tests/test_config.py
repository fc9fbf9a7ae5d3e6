"""homeground.toml: every mistake is named with its line and what is allowed."""

from pathlib import Path

import pytest

from homeground.config import Settings, load, template
from homeground.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "homeground.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Settings()


def test_the_template_with_every_setting_uncommented_gives_the_defaults(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") if " = " in line else line for line in template().splitlines()]
    assert load(written(tmp_path, "\n".join(lines))) == Settings()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[ingest]\nworkers = 0", 2, "0 is not between 1 and 64"),
        ("[ingest]\n\nocr = 'maybe'", 3, "'maybe' is not one of auto, off"),
        ("[ingest]\nworkers = true", 2, "True is not a whole number"),
        ("[ingest]\nignore = 'x'", 2, "is not a list of texts"),
        ("[search]\nlimits = 3", 2, "did you mean limit?"),
        ("\n[serach]\nlimit = 3", 2, "did you mean search?"),
        ("search = 3", 1, "search is a section"),
        ("[answer]\nrefuse_below = 'high'", 2, "is not a number"),
        ("[models]\nembedder = ' '", 2, "must not be empty"),
        ("[ingest]\nworkers = 2\n[answer]\nstatements = 99", 4, "99 is not between 1 and 20"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_is_allowed(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert f"homeground.toml:{line}: " in str(caught.value)
    assert words in str(caught.value)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, "[ingest]\nworkers = 0\nocr = 'x'\n[nothing]\n"))
    assert len(str(caught.value).splitlines()) == 1 + 3


@pytest.mark.parametrize("content", [b"[ingest\n", b"\xff\xfe[", b"a = = 1"])
def test_a_file_that_is_no_toml_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "homeground.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"homeground\.toml is not"):
        load(path)


def test_whole_numbers_serve_as_numbers(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[answer]\nrefuse_below = 1")).answer.refuse_below == 1
