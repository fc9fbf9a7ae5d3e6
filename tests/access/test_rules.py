"""Rules by source, folder and document: which one decides, what changes at once, what is explained, what is removed."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeground import Principal, Workspace
from homeground.cli.main import run
from homeground.errors import ConfigError, DeniedError, NotFoundError
from homeground.types import SearchFilter

FILES = {
    "canteen.md": "# Canteen\n\nThe canteen opens at noon.\n",
    "hr/plan.md": "# Plan\n\nThe plan is to hire five engineers.\n",
    "hr/pay/salaries.md": "# Salaries\n\nThe salary of the chief engineer is 95,000 euros.\n",
    "hr/pay/bands.md": "# Bands\n\nThe pay bands run from A to F.\n",
}
SALARIES, PLAN = "company/hr/pay/salaries.md", "company/hr/plan.md"
ROOT = Principal("root", owner=True)
HELENA, TOM, BOSS = (
    Principal("helena", frozenset({"hr"})),
    Principal("tom", frozenset({"hr", "temps"})),
    Principal("boss"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("made")
    for name, text in FILES.items():
        path = base / "company" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with Workspace.create(base / "kb") as space:
        space.add(base / "company", name="company")
    return base


@pytest.fixture
def space(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(made / "kb", tmp_path / "kb")
    with Workspace.open(tmp_path / "kb") as opened:
        yield opened


@pytest.fixture
def name(space: Workspace) -> Callable[[str], str]:
    """A document's whole name by its end: names begin with the path as it was typed."""
    names = [each.name for each in space.documents(ROOT)]
    return lambda end: next(each for each in names if each.endswith(end.removeprefix("company")))


def seen(space: Workspace, who: Principal) -> set[str]:
    """The files that somebody sees, found in every way that there is."""
    listed = {each.name for each in space.documents(who)}
    found = {hit.document for hit in space.search("canteen plan salary pay bands engineer", who, limit=50)}
    assert found <= listed
    assert space.status(who).documents == len(listed)
    return {end for end in FILES if any(each.endswith(f"/{end}") for each in listed)}


def test_the_nearest_rule_that_allows_decides(space: Workspace, name: Callable[[str], str]) -> None:
    assert seen(space, HELENA) == set(FILES)
    space.set_access("company:hr/", allow=["group:hr"], principal=ROOT)
    assert (seen(space, HELENA), seen(space, BOSS)) == (set(FILES), {"canteen.md"})
    space.set_access("company:hr/pay/", allow=["user:boss"], principal=ROOT)
    assert seen(space, HELENA) == {"canteen.md", "hr/plan.md"}
    assert seen(space, BOSS) == {"canteen.md", "hr/pay/salaries.md", "hr/pay/bands.md"}
    space.set_access(name(SALARIES), allow=["group:hr"], principal=ROOT)
    assert seen(space, HELENA) == {"canteen.md", "hr/plan.md", "hr/pay/salaries.md"}
    assert seen(space, BOSS) == {"canteen.md", "hr/pay/bands.md"}
    assert seen(space, ROOT) == set(FILES)


def test_what_is_denied_above_stays_denied_whatever_is_allowed_below(
    space: Workspace, name: Callable[[str], str]
) -> None:
    space.set_access("company:hr/", deny=["group:temps"], principal=ROOT)
    space.set_access(name(SALARIES), allow=["user:tom"], principal=ROOT)
    assert seen(space, TOM) == {"canteen.md"}
    assert seen(space, HELENA) == {"canteen.md", "hr/plan.md", "hr/pay/bands.md"}
    space.set_access("company:hr/", deny=[], principal=ROOT)
    assert seen(space, TOM) == set(FILES)


def test_a_rule_that_goes_leaves_what_lies_above(space: Workspace, name: Callable[[str], str]) -> None:
    space.set_access("company:hr/", allow=["group:hr"], principal=ROOT)
    space.set_access(name(SALARIES), allow=["user:boss"], principal=ROOT)
    assert space.clear_access(name(SALARIES), principal=ROOT) == 0
    assert "hr/pay/salaries.md" in seen(space, HELENA)
    space.clear_access("company:hr/", principal=ROOT)
    assert seen(space, BOSS) == set(FILES)
    with pytest.raises(NotFoundError, match="There is no rule"):
        space.clear_access("company:hr/", principal=ROOT)
    with pytest.raises(ConfigError, match="always has a rule"):
        space.clear_access("company", principal=ROOT)


def test_the_owner_may_be_kept_out_but_never_everybody(space: Workspace, name: Callable[[str], str]) -> None:
    space.set_access(name(SALARIES), allow=["user:boss"], deny=["owner"], principal=ROOT)
    assert "hr/pay/salaries.md" not in seen(space, ROOT)
    assert "hr/pay/salaries.md" in seen(space, BOSS)
    with pytest.raises(ConfigError, match="Nobody could read"):
        space.set_access(name(PLAN), allow=["owner"], deny=["owner"], principal=ROOT)


def test_only_owners_set_and_see_rules(space: Workspace) -> None:
    for attempt in (
        lambda: space.set_access("company", deny=["user:boss"], principal=HELENA),
        lambda: space.clear_access("company:hr/", principal=HELENA),
        lambda: space.access_rules(HELENA),
    ):
        with pytest.raises(DeniedError):
            attempt()


@pytest.mark.parametrize(
    ("target", "allow", "says"),
    [
        ("nowhere", ["everyone"], "There is no source, folder or document"),
        ("company:../other/", ["everyone"], "is no folder"),
        ("company:/etc/", ["everyone"], "is no folder"),
        ("company", ["helena"], "helena"),
        ("company", ["group:"], "group:"),
        ("company", [], "needs to allow somebody"),
    ],
)
def test_a_rule_that_cannot_be_says_why(space: Workspace, target: str, allow: list[str], says: str) -> None:
    with pytest.raises((ConfigError, NotFoundError), match=says):
        space.set_access(target, allow=allow, principal=ROOT)
    assert seen(space, BOSS) == set(FILES)


def test_a_rule_for_a_folder_holds_for_what_comes_into_it_later(space: Workspace, made: Path, tmp_path: Path) -> None:
    docs = tmp_path / "later"
    (docs / "pay").mkdir(parents=True)
    (docs / "open.md").write_text("# Open\n\nThe gate closes at six.\n")
    space.add(docs, name="later")
    space.set_access("later:pay/", allow=["group:hr"], principal=ROOT)
    (docs / "pay" / "bonus.md").write_text("# Bonus\n\nThe bonus is ten percent.\n")
    space.sync()
    assert any("bonus" in each.name for each in space.documents(HELENA))
    assert not any("bonus" in each.name for each in space.documents(BOSS))
    (docs / "open.md").rename(docs / "pay" / "open.md")
    space.sync()
    within = SearchFilter(source="later")
    assert not space.search("when does the gate close", BOSS, within=within)
    (docs / "pay" / "bonus.md").rename(docs / "bonus.md")
    space.sync()
    assert space.search("bonus percent", BOSS, within=within)


def test_rules_are_listed_with_what_they_speak_of(space: Workspace, name: Callable[[str], str]) -> None:
    space.set_access("company:hr/", allow=["group:hr"], deny=["group:temps"], principal=ROOT)
    space.set_access(name(SALARIES), allow=["user:boss"], principal=ROOT)
    told = [(each.target, each.kind, each.allow, each.deny, each.documents) for each in space.access_rules(ROOT)]
    assert told == [
        ("company", "source", ("everyone",), (), 4),
        ("company:hr/", "folder", ("group:hr", "owner"), ("group:temps",), 3),
        (name(SALARIES), "document", ("owner", "user:boss"), (), 1),
    ]


# -- Explaining -----------------------------------------------------------------------------------


def test_why_somebody_may_read_or_not_names_the_rule_that_decides(space: Workspace, name: Callable[[str], str]) -> None:
    space.set_access("company:hr/", allow=["group:hr"], deny=["group:temps"], principal=ROOT)
    why = space.explain_access
    told = why(HELENA, name(PLAN), ROOT)
    assert (told.readable, told.rule) == (True, "company:hr/")
    assert told.because == "The rule of the folder company:hr/ allows group:hr."
    told = why(TOM, name(PLAN), ROOT)
    assert (told.readable, told.rule) == (False, "company:hr/")
    assert "denies group:temps" in told.because
    told = why(BOSS, name(PLAN), ROOT)
    assert not told.readable and "boss holds everyone, user:boss" in told.because
    assert why(ROOT, name(PLAN), ROOT).because.startswith("Root is an owner")


def test_others_hear_of_themselves_only_and_of_nothing_that_is_closed_to_them(
    space: Workspace, name: Callable[[str], str]
) -> None:
    space.set_access("company:hr/", allow=["group:hr", "user:boss"], deny=["group:temps"], principal=ROOT)
    told = space.explain_access(HELENA, name(PLAN), HELENA)
    assert told.readable and told.allow == ("group:hr",) and told.deny == ()  # not who else may
    with pytest.raises(DeniedError):
        space.explain_access(BOSS, name(PLAN), HELENA)
    closed, never = name(PLAN), "company/never.md"
    messages = []
    for each in (closed, never):
        with pytest.raises(NotFoundError) as error:
            space.explain_access(TOM, each, TOM)
        messages.append(str(error.value).replace(each, "NAME"))
    assert messages[0] == messages[1]


# -- Removing one document ------------------------------------------------------------------------


def test_a_removed_document_stops_answering_at_once_and_stays_away(
    space: Workspace, name: Callable[[str], str]
) -> None:
    space.remove_document(name(SALARIES), HELENA)
    for who in (ROOT, HELENA, BOSS):
        assert "hr/pay/salaries.md" not in seen(space, who)
        assert not any("95,000" in each.text for each in space.search("salary of the chief engineer", who))
    space.sync()
    assert "hr/pay/salaries.md" not in seen(space, ROOT)
    assert [each.name for each in space.removed_documents(HELENA)] == [name(SALARIES)]
    assert space.removed_documents(BOSS) == []
    with pytest.raises(NotFoundError):
        space.restore_document(name(SALARIES), BOSS)
    space.restore_document(name(SALARIES), ROOT)
    space.sync()
    assert seen(space, BOSS) == set(FILES)


def test_the_text_of_a_removed_document_leaves_the_disk(
    space: Workspace, name: Callable[[str], str], tmp_path: Path
) -> None:
    database = next(tmp_path.rglob("catalogue*"), None) or next(tmp_path.rglob("*.db"))
    space.remove_document(name(SALARIES), ROOT)
    space.close()
    with sqlite3.connect(database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "95,000" not in dump


def test_what_one_may_not_read_one_cannot_remove(space: Workspace, name: Callable[[str], str]) -> None:
    space.set_access("company:hr/", allow=["group:hr"], principal=ROOT)
    with pytest.raises(NotFoundError):
        space.remove_document(name(PLAN), BOSS)
    assert "hr/plan.md" in seen(space, HELENA)


@pytest.mark.parametrize("who", ["helena", "ROOT"])
def test_a_removed_document_is_called_as_it_was_when_its_file_has_another_name(tmp_path: Path, who: str) -> None:
    """Whoever took it out knows that name, and need not be told what the file is called now."""
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "salaries.md").write_text(FILES["hr/pay/salaries.md"])
    with Workspace.create(tmp_path / "kb") as space:
        space.add(folder, name="company")
        [document] = space.documents(HELENA)
        space.remove_document(document.name, HELENA)
        (folder / "board").mkdir()
        (folder / "salaries.md").rename(folder / "board" / "layoffs-of-2027.md")
        space.sync()
        space.sync()
        now = document.name.replace("salaries", "board/layoffs-of-2027")
        assert [each.name for each in space.removed_documents(ROOT)] == [now]
        assert [each.name for each in space.removed_documents(HELENA)] == [document.name]
        with pytest.raises(NotFoundError):
            space.restore_document(now, HELENA)
        space.set_access("company:board/", allow=["user:boss"], principal=ROOT)  # nor that it is there at all
        assert space.removed_documents(HELENA) == []
        with pytest.raises(NotFoundError):
            space.restore_document(document.name, HELENA)
        space.clear_access("company:board/", principal=ROOT)
        space.set_access("company", allow=["user:boss"], principal=ROOT)
        assert space.removed_documents(HELENA) == []
        space.set_access("company", allow=["everyone"], principal=ROOT)
        space.restore_document(document.name if who == "helena" else now, HELENA if who == "helena" else ROOT)
        space.sync()
        assert [each.name for each in space.documents(ROOT)] == [now]


# -- At the terminal ------------------------------------------------------------------------------


def test_access_at_the_terminal(
    space: Workspace,
    name: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(space.folder)
    monkeypatch.setenv("COLUMNS", "200")

    def homeground(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["homeground", *arguments])
        capfd.readouterr()
        code = run()
        sys.stdout.flush()
        told = capfd.readouterr()
        return code, told.out + told.err

    code, told = homeground("access", "set", "company:hr/", "--allow", "group:hr", "--deny", "group:temps")
    assert code == 0 and "allows group:hr, owner; denies group:temps. It speaks of 3 documents." in told
    code, told = homeground("access", "show")
    assert code == 0 and "company:hr/" in told
    code, told = homeground("access", "explain", "tom,hr,temps", name(PLAN))
    assert code == 0 and told.startswith("May not read") and "denies group:temps" in told
    code, told = homeground("access", "explain", "helena,hr", name(PLAN), "--json")
    assert code == 0 and json.loads(told)["readable"] is True
    code, told = homeground("access", "set", "company:hr/", "--deny", "none")
    assert code == 0 and "denies" not in told
    assert homeground("access", "clear", "company:hr/")[0] == 0
    code, told = homeground("access", "set", "company:hr/", "--allow", "everyone", "--as", "helena")
    assert code > 1 and "Only an owner" in told and "Traceback" not in told
    code, told = homeground("remove", "--document", name(PLAN))
    assert code == 0
    code, told = homeground("documents", "--removed")
    assert code == 0 and name(PLAN) in told
    code, told = homeground("restore", name(PLAN))
    assert code == 0
    kinds = [each["kind"] for each in json.loads(homeground("audit", "list", "--json")[1])["entries"]]
    assert kinds[:4] == ["restore", "remove", "access", "access"]
