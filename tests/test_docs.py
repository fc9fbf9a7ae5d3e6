"""Documentation under test: what users can type, set or read as JSON is documented, and the examples are true."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

from homeground import HomegroundError, Workspace, errors
from homeground import settings as tree
from homeground.answer import output
from homeground.cli.main import app
from homeground.types import Answer, Attempt, Citation, Hit, Receipt, Statement

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
CONCEPTS = ROOT / "docs" / "concepts"
PROSE = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "sample").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def guide(name: str) -> str:
    return (GUIDE / f"{name}.md").read_text(encoding="utf-8")


# -- Commands -----------------------------------------------------------------------------------


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, each in below.items():
        yield from leaves(each, (*path, name))


COMMANDS = dict(leaves(typer.main.get_command(app)))


def section(text: str, heading: str) -> str:
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    assert found, f"no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_and_each_of_its_options_is_documented(path: tuple[str, ...]) -> None:
    text = section(guide("commands"), f"`homeground {' '.join(path)}`")
    shared = section(guide("commands"), "Options that commands share")
    for parameter in COMMANDS[path].params:
        if parameter.param_type_name == "argument":
            assert f"`{parameter.name.upper()}`" in text
            continue
        longest = max(parameter.opts, key=len)
        assert f"`{longest}" in text, f"{longest} is not in the section of {' '.join(path)}"
        if longest in ("--json", "--as", "--workspace", "--source", "--since", "--until"):
            assert f"`{longest}" in shared


def test_no_command_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"^#+ `homeground ([a-z ]+)`", guide("commands"), re.M))
    assert named == {" ".join(path) for path in COMMANDS}


def examples() -> Iterator[tuple[str, str]]:
    for path in PROSE:
        for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                command = line.removeprefix("$ ")
                if language in ("", "console", "sh", "bash") and command.startswith("homeground "):
                    yield str(path.relative_to(ROOT)), command


@pytest.mark.parametrize(("where", "line"), list(dict.fromkeys(examples())))
def test_each_example_is_a_command_line_that_parses(where: str, line: str) -> None:
    words = shlex.split(re.split(r"\s(?:[|>]|2>|&&)", line)[0], comments=True)[1:]
    command, name = typer.main.get_command(app), "homeground"
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name = words.pop(0)
        assert name in command.commands, f"{where}: {line}"
        command = command.commands[name]
    if not {"--help", "-h", "--version"} & set(words):
        command.make_context(name, words)


# -- Settings, errors and JSON --------------------------------------------------------------------


def settings() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    lists = {where for where, _ in tree.TABLES.values()}
    for part in dataclasses.fields(tree.Settings):
        for one in dataclasses.fields(getattr(tree.Settings(), part.name)) if part.name not in lists else ():
            yield f"[{part.name}]", one
    for name, (_, kind) in tree.TABLES.items():
        for one in dataclasses.fields(kind):
            yield f"[[{name}]]", one


@pytest.mark.parametrize(("part", "one"), [pytest.param(p, o, id=f"{p}.{o.name}") for p, o in settings()])
def test_each_setting_is_documented_with_default_and_allowed_values(part: str, one: dataclasses.Field[Any]) -> None:
    table = section(guide("settings"), f"`{part}`")
    rows = [row for row in table.splitlines() if row.startswith(f"| `{one.name}` |")]
    assert len(rows) == 1
    if one.name != "workers":  # its default is the machine's
        plain = str(one.default).lower() if isinstance(one.default, bool) else str(one.default)
        shown = f"`{json.dumps(one.default) if isinstance(one.default, tuple) else plain}`"
        assert ("must be given" if one.metadata["required"] else shown if one.default != "" else "none") in rows[0]
    for choice in one.metadata["choices"]:
        assert f"`{choice}`" in rows[0]
    if one.metadata["least"] is not None:
        assert f"{one.metadata['least']:,} to {one.metadata['most']:,}" in rows[0]


def test_each_error_is_documented_with_its_exit_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HomegroundError)]
    for kind in kinds:
        assert f"| {kind.exit_code} | `{kind.__name__}` |" in guide("troubleshooting")


def test_the_messages_that_are_explained_are_those_that_the_code_gives() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    messages = re.findall(r"^\*\*(.+?)\*\*", section(guide("troubleshooting"), "Messages"), re.M | re.S)
    assert messages
    for message in messages:
        known = max(re.split(r"[A-Z]{3,}|…|'[^']*'|[\d\[\]`]+", message.replace("\n", " ")), key=len).strip(" .:,")
        assert known in code, message


def test_the_json_forms_are_documented_with_every_key() -> None:
    hit = Hit("a.md", "A", "0" * 64, 1, 0, 1, "t", 0.5)
    statement = Statement("t", "retrieved", 0.9, (Citation("a.md", "0" * 64, 1, 0, 1, "t"),))
    receipt = Receipt("r", datetime.now(UTC), "q", "p", 1, {}, {}, {}, attempts=(Attempt("u", "answered", "", 1.0),))
    forms = [output.hits_json([hit]), output.answer_json(Answer("q", False, (statement,), (hit,), receipt))]
    assert forms[0]["form"] == output.FORM
    for key in keys(forms):
        assert f"`{key}`" in guide("json")


def keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(keys(each) for each in value.values()))
    return set().union(*(keys(each) for each in value)) if isinstance(value, list) else set()


def test_each_method_of_workspace_is_documented() -> None:
    for name in vars(Workspace):
        if not name.startswith("_"):
            assert f"`{name}" in guide("python"), name


# -- Links and traces -----------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(found), f"{target}: no such heading"


def test_every_page_of_the_documentation_is_linked_from_its_index() -> None:
    for folder in (GUIDE, CONCEPTS):
        index = (folder / "README.md").read_text(encoding="utf-8")
        for page in folder.glob("*.md"):
            assert page.name == "README.md" or f"]({page.name})" in index


TRACES = re.compile(
    "|".join(
        [
            r"/(?:work|tmp|opt|root)/[\w.]",
            r"/home/\w",
            r"(?<![\w-])--(?:extra-)?index-url\b",
            r"(?<![\w-])--find-links\b",
            r"pypi\." + "org",
            "python" + "hosted",
            r"file://",
        ]
    )
)
BINARY = {".bin", ".docx", ".pdf", ".png", ".pptx", ".xlsx"}


def test_no_tracked_file_names_a_path_of_a_machine_or_the_address_of_a_registry() -> None:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    found = []
    for path in paths:
        if path.suffix in BINARY or path == Path(__file__) or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in TRACES.finditer(text)]
    assert not found


def test_the_file_map_of_the_readme_is_as_the_modules_say() -> None:
    checked = subprocess.run([sys.executable, str(ROOT / "tools" / "file_map.py"), "--check"], check=False)
    assert checked.returncode == 0, "write it anew: python tools/file_map.py"
