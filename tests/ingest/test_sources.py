"""Which files a source has, what they are called, and what is left out."""

import os
import socket
from pathlib import Path

import pytest

from homeground.catalogue import Catalogue
from homeground.errors import ConfigError, NotFoundError
from homeground.ingest.sources import add_source, heir
from homeground.ingest.survey import Survey, survey
from homeground.settings import IngestSettings
from homeground.types import EVERYONE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def catalogue(home: Path):
    opened = Catalogue(home / "catalogue.db", create=True)
    yield opened
    opened.close()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; relative paths start here."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(os.fsencode(path))


def look(catalogue: Catalogue, home: Path, full=(), **settings) -> Survey:
    return survey(catalogue.sources(), home, IngestSettings(**settings), full)


def names(catalogue: Catalogue, home: Path, **settings) -> list[str]:
    return sorted(found.name for found in look(catalogue, home, **settings).found)


def reasons(catalogue: Catalogue, home: Path) -> dict[str, str]:
    return {each.name: each.reason for each in look(catalogue, home).skipped}


def test_a_document_is_called_by_its_path_as_it_was_added(catalogue, home, here):
    write("docs/a.md", "docs/sub/b.md", "c.txt")
    for given in ("docs/", str(here / "docs"), "./c.txt"):
        add_source(catalogue, home, given)
    assert names(catalogue, home) == ["c.txt", "docs/a.md", "docs/sub/b.md"]


def test_an_absolute_path_gives_absolute_names(catalogue, home, here):
    write("docs/a.md")
    add_source(catalogue, home, str(here / "docs"))
    assert names(catalogue, home) == [f"{here.as_posix()}/docs/a.md"]


def test_adding_twice_is_the_same_as_adding_once(catalogue, home, here):
    write("docs/a.md")
    first = add_source(catalogue, home, "docs", grants=["group:hr"])
    again = add_source(catalogue, home, "docs/")
    assert again == first
    assert again.grants == {"group:hr"}


def test_new_sources_are_for_everyone_and_can_be_restricted(catalogue, home, here):
    write("docs/a.md")
    source = add_source(catalogue, home, "docs")
    assert source.grants == {EVERYONE}
    changed = add_source(catalogue, home, "docs", grants=["owner", "user:ann"])
    assert (changed.id, changed.access, changed.grants) == (source.id, source.access, {"owner", "user:ann"})


@pytest.mark.parametrize("grant", ["", "all", "user:", "group: ", "USER:ann", "user: ann"])
def test_a_malformed_grant_is_refused(catalogue, home, here, grant):
    write("docs/a.md")
    with pytest.raises(ConfigError, match="Allowed"):
        add_source(catalogue, home, "docs", grants=[grant])
    assert catalogue.sources() == []


def test_an_empty_access_list_is_refused(catalogue, home, here):
    write("docs/a.md")
    with pytest.raises(ConfigError, match="at least one grant"):
        add_source(catalogue, home, "docs", grants=[])


def test_nothing_there_is_said(catalogue, home, here):
    for given in ("nowhere", "nowhere/*.md", ""):
        with pytest.raises(NotFoundError):
            add_source(catalogue, home, given)


def test_a_glob_takes_what_it_matches(catalogue, home, here):
    write("docs/a.md", "docs/b.txt", "docs/sub/c.md", "docs/sub/deep/d.md", "docs/e.MD")
    add_source(catalogue, home, "docs/*.md")
    assert names(catalogue, home) == ["docs/a.md"]
    add_source(catalogue, home, "docs/**/*.md", name="all")
    assert names(catalogue, home) == ["docs/a.md", "docs/sub/c.md", "docs/sub/deep/d.md"]


def test_hidden_files_come_only_when_asked_for(catalogue, home, here):
    write("docs/a.md", "docs/.b.md", "docs/.git/c.md")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home) == ["docs/a.md"]
    assert names(catalogue, home, hidden=True) == ["docs/.b.md", "docs/.git/c.md", "docs/a.md"]


def test_ignore_files_work_at_each_level_as_in_git(catalogue, home, here):
    write(
        "docs/a.md",
        "docs/a.log",
        "docs/keep.log",
        "docs/sub/a.log",
        "docs/sub/x.md",
        "docs/build/y.md",
        "docs/sub/build/z.md",
    )
    Path("docs/.homegroundignore").write_text("*.log\n!keep.log\n/build/\n# a comment\n")
    Path("docs/sub/.homegroundignore").write_text("!a.log\nx.*\n")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home) == ["docs/a.md", "docs/keep.log", "docs/sub/a.log", "docs/sub/build/z.md"]


def test_settings_ignore_too_and_an_ignore_file_may_overrule_them(catalogue, home, here):
    write("docs/a.md", "docs/b.tmp", "docs/sub/c.tmp")
    Path("docs/sub/.homegroundignore").write_text("!c.tmp\n")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home, ignore=("*.tmp",)) == ["docs/a.md", "docs/sub/c.tmp"]


def test_an_unreadable_ignore_file_lets_nothing_in(catalogue, home, here):
    write("docs/a.md", "docs/sub/secret.md", "docs/sub/.homegroundignore/oops")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home) == ["docs/a.md"]
    assert "cannot be used" in reasons(catalogue, home)["docs/sub"]


def test_what_office_programs_leave_behind_is_left_out(catalogue, home, here):
    write("docs/a.docx", "docs/~$a.docx", "docs/Thumbs.db", "docs/desktop.ini")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home) == ["docs/a.docx"]


def test_links_inside_are_followed_once_and_links_outside_are_reported(catalogue, home, here):
    write("docs/a.md", "docs/.store/b.md", "elsewhere/c.md", "docs/sub/d.md")
    Path("docs/again.md").symlink_to("a.md")
    Path("docs/b.md").symlink_to(".store/b.md")
    Path("docs/out.md").symlink_to(here / "elsewhere/c.md")
    Path("docs/outside").symlink_to(here / "elsewhere")
    Path("docs/sub/up").symlink_to("..")
    Path("docs/self").symlink_to("self")
    Path("docs/dangling").symlink_to("nothing")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home) == ["docs/a.md", "docs/b.md", "docs/sub/d.md"]
    said = reasons(catalogue, home)
    assert set(said) == {"docs/again.md", "docs/out.md", "docs/outside", "docs/sub/up", "docs/self", "docs/dangling"}
    assert "leads out" in said["docs/out.md"] and "leads out" in said["docs/outside"]
    assert "own name" in said["docs/again.md"]
    assert "nowhere" in said["docs/self"] and "nowhere" in said["docs/dangling"]


def test_a_link_that_is_added_explicitly_is_followed(catalogue, home, here):
    write("elsewhere/c.md")
    Path("link.md").symlink_to(here / "elsewhere/c.md")
    Path("folder").symlink_to(here / "elsewhere")
    add_source(catalogue, home, "link.md")
    assert names(catalogue, home) == ["link.md"]
    add_source(catalogue, home, "folder")
    assert names(catalogue, home) == ["link.md"], "one file is one document"


def test_a_link_into_a_restricted_source_does_not_open_it(catalogue, home, here):
    write("docs/hr/pay.md", "docs/a.md", "docs/hr/.homegroundignore")
    Path("docs/pay.md").symlink_to("hr/pay.md")
    Path("docs/hr/.homegroundignore").write_text("pay.md\n")
    add_source(catalogue, home, "docs")
    add_source(catalogue, home, "docs/hr", grants=["group:hr"])
    assert names(catalogue, home) == ["docs/a.md"]


def test_pipes_and_sockets_are_reported(catalogue, home, here):
    write("docs/a.md")
    os.mkfifo("docs/pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("docs/socket")
        add_source(catalogue, home, "docs")
        said = reasons(catalogue, home)
    assert said == {"docs/pipe": "is a named pipe", "docs/socket": "is a socket"}


def test_names_in_any_script_and_names_that_are_no_text(catalogue, home, here):
    write("docs/報告書.md", "docs/Отчёт.md", "docs/تقرير.md", "docs/e\u0301.md")
    (here / os.fsdecode(b"docs/caf\xe9.md")).write_text("x")
    add_source(catalogue, home, "docs")
    found = {each.name: each.path for each in look(catalogue, home).found}
    assert found["docs/caf\\xe9.md"] == b"caf\xe9.md"
    assert {"docs/報告書.md", "docs/Отчёт.md", "docs/تقرير.md", "docs/e\u0301.md"} < set(found)


def test_a_source_whose_path_is_no_text(catalogue, home, here):
    folder, file = os.fsdecode(b"caf\xe9"), os.fsdecode(b"caf\xe9/th\xe9.md")
    write(file)
    assert add_source(catalogue, home, folder).name == "caf\\xe9"
    assert names(catalogue, home) == ["caf\\xe9/th\\xe9.md"]
    added = add_source(catalogue, home, file)
    assert (added.name, added.root) == ("caf\\xe9/th\\xe9.md", here / folder)
    assert names(catalogue, home) == ["caf\\xe9/th\\xe9.md"]


def test_the_most_specific_source_owns_a_file_in_either_order(catalogue, home, here):
    write("docs/a.md", "docs/hr/pay.md", "docs/hr/open.md")
    for given in ("docs", "docs/hr", "docs/hr/open.md"):
        add_source(catalogue, home, given)
    by_id = {source.id: source.name for source in catalogue.sources()}
    owners = {found.name: by_id[found.source] for found in look(catalogue, home).found}
    assert owners == {"docs/a.md": "docs", "docs/hr/pay.md": "docs/hr", "docs/hr/open.md": "docs/hr/open.md"}


def test_the_heir_of_a_source_is_the_one_around_it(catalogue, home, here):
    write("docs/hr/pay.md", "more/a.md")
    docs, hr, pay, more = (
        add_source(catalogue, home, given) for given in ("docs", "docs/hr", "docs/hr/pay.md", "more")
    )
    everything = catalogue.sources()
    assert [heir(each, everything) for each in (docs, hr, pay, more)] == [None, docs, hr, None]


def test_the_workspace_never_reads_itself(catalogue, home, here, tmp_path):
    write("a.md")
    add_source(catalogue, home, str(tmp_path))
    assert [Path(name).name for name in names(catalogue, home, hidden=True)] == ["a.md"]
    with pytest.raises(ConfigError, match="own folder"):
        add_source(catalogue, home, str(home / "catalogue.db"))


def test_two_folders_typed_alike_are_refused(catalogue, home, here, monkeypatch):
    write("one/docs/a.md", "two/docs/a.md")
    monkeypatch.chdir(here / "one")
    add_source(catalogue, home, "docs")
    monkeypatch.chdir(here / "two")
    with pytest.raises(ConfigError, match="full path"):
        add_source(catalogue, home, "docs")
    with pytest.raises(ConfigError, match="full path"):
        add_source(catalogue, home, "docs/a.md", name="other")
    add_source(catalogue, home, str(here / "two" / "docs"))


def test_a_name_that_two_files_would_share_is_reported(catalogue, home, here, monkeypatch):
    write("docs/a.md", "two/docs/a.md")
    add_source(catalogue, home, ".")
    monkeypatch.chdir(here / "two")
    add_source(catalogue, home, "docs")
    assert names(catalogue, home).count("docs/a.md") == 1
    assert "has this name already" in reasons(catalogue, home)["docs/a.md"]


def test_a_taken_source_name_is_refused(catalogue, home, here):
    write("a/x.md", "b/x.md")
    add_source(catalogue, home, "a", name="mine")
    with pytest.raises(ConfigError, match="already"):
        add_source(catalogue, home, "b", name="mine")
    assert add_source(catalogue, home, "a", name="yours").name == "yours"


def test_a_missing_root_fails_and_an_empty_one_does_not(catalogue, home, here):
    write("docs/a.md")
    source = add_source(catalogue, home, "docs")
    Path("docs/a.md").unlink()
    assert look(catalogue, home, full=[source.id]).failed == {}
    Path("docs").rmdir()
    assert "cannot be listed" in look(catalogue, home, full=[source.id]).failed[source.id]


def test_an_empty_root_on_another_disk_is_taken_for_an_unmounted_share(catalogue, home, here):
    write("docs/a.md")
    source = add_source(catalogue, home, "docs")
    catalogue.note_look({source.id: Path("docs").stat().st_dev + 1}, 0)
    Path("docs/a.md").unlink()
    assert "unmounted" in look(catalogue, home, full=[source.id]).failed[source.id]
