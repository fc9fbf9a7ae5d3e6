"""homeground.toml: every mistake is named with its line and what is allowed."""

from pathlib import Path

import pytest

from homeground.config import load, template
from homeground.errors import ConfigError
from homeground.settings import Settings


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
        ("[egress]\nredact = ['email', 'names']", 2, "'names' is not one of email, phone"),
        ("[egress]\nlabels = ['a', 'a']", 2, "write each label once"),
        ("[egress]\nlabels = ['low', 'high']", 1, "default_label: 'internal' is not one of the labels: low, high"),
        ("[egress]\n\ndefault_label = 'top'", 3, "'top' is not one of the labels: public, internal"),
        ("[egress.rule]\nto = ['a']\nmost = 'public'", 1, "write [[egress.rule]] above each"),
        ("[[egress.rule]]\nto = ['a']\nmost = 'public'\n\n[[egress.rule]]\nto = ['b']", 5, "most is missing"),
        ("[[egress.rule]]\nto = ['a']\nmost = 'public'\n[[egress.rule]]\nto = []\nmost = 'public'", 5, "be empty"),
        ("[[egress.rule]]\nto = 'a'\nmost = 'public'", 2, "is not a list of texts"),
        ("[[egress.rule]]\nto = ['a']\nmost = 'hidden'", 3, "'hidden' is not one of the labels"),
        ("[[egress.rules]]\nto = ['a']", 1, "did you mean rule?"),
        ("[[route]]\nuse = 'reader'\n[[route]]\nwhen = ['refused']", 3, "use is missing"),
        ("[[route]]\nuse = 'reader'\n[[route]]\nuse = 'x'\nwhen = ['bored']", 5, "'bored' is not one of refused"),
        ("[[route]]\nuse = 'reader'\nwhen = ['refused']", 3, "nothing comes before the first route"),
        ("[[route]]\nuse = 'reader'\nmax_ms = -1", 3, "-1 is not between 0 and"),
        ("[[route]]\nuse = 'reader'\n[[route]]\nuse = 'x'\nmost = 'hidden'", 5, "'hidden' is not one of the labels"),
        ("[[route]]\nuse = 'reader'\nwhan = []", 3, "did you mean when?"),
        ("[route]\nuse = 'reader'", 1, "write [[route]] above each"),
        ("[search]\nlimit = 3\n[[routes]]\nuse = 'reader'", 3, "did you mean route?"),
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


def test_mistakes_in_tables_and_between_settings_are_reported_with_the_others(tmp_path: Path) -> None:
    text = (
        "[egress]\ndefault_label = 'x'\n[[egress.rule]]\nto = 3\nmost = 'y'\n[[route]]\nuse = ''\n[ingest]\nocr = 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert [int(line.split(":")[1]) for line in str(caught.value).splitlines()[1:]] == [2, 4, 5, 7, 9]


def test_rules_and_routes_are_read_in_their_order(tmp_path: Path) -> None:
    text = """
[[egress.rule]]
to = ["api.example.com", "*.example.net:8443"]
most = "public"

[[egress.rule]]
to = ["gpu.example.org"]
sources = ["handbook", "press*"]
most = "confidential"

[egress]
redact = ["email"]

[[route]]
use = "reader"

[[route]]
use = "other"
when = ["refused"]
max_usd = 2
"""
    settings = load(written(tmp_path, text))
    assert [rule.to for rule in settings.egress_rules] == [
        ("api.example.com", "*.example.net:8443"),
        ("gpu.example.org",),
    ]
    assert [rule.sources for rule in settings.egress_rules] == [("*",), ("handbook", "press*")]
    assert settings.egress.redact == ("email",)
    assert [(route.use, route.when) for route in settings.routes] == [
        ("reader", ("failed", "skipped")),
        ("other", ("refused",)),
    ]


def test_empty_lists_of_tables_are_no_tables(tmp_path: Path) -> None:
    assert load(written(tmp_path, "route = []\n[egress]\nrule = []")) == Settings()


@pytest.mark.parametrize("content", [b"[ingest\n", b"\xff\xfe[", b"a = = 1"])
def test_a_file_that_is_no_toml_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "homeground.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"homeground\.toml is not"):
        load(path)


def test_whole_numbers_serve_as_numbers(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[answer]\nrefuse_below = 1")).answer.refuse_below == 1
