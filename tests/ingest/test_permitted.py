"""Who may read, said by the files themselves: by owner, group and mode, by access lists, and by sidecar files."""

from __future__ import annotations

import grp
import os
import pwd
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeground import Principal, Workspace
from homeground.errors import ConfigError
from homeground.ingest import posix
from homeground.ingest.posix import Lets, both, lets, parse_acl
from homeground.ingest.sidecar import read_sidecar

ROOT = Principal("root", owner=True)
HELENA, TOM, BOSS = Principal("helena", frozenset({"hr"})), Principal("tom", frozenset({"temps"})), Principal("boss")
READ = 4


# -- Modes and access lists -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "allow", "deny"),
    [
        (0o644, {"everyone"}, set()),
        (0o640, {"user:ann", "group:hr"}, set()),
        (0o600, {"user:ann"}, set()),
        (0o604, {"everyone"}, {"group:hr"}),
        (0o044, {"everyone"}, {"user:ann"}),
        (0o040, {"group:hr"}, {"user:ann"}),
        (0o000, set(), set()),
    ],
)
def test_a_mode_says_who_may_read(mode: int, allow: set[str], deny: set[str]) -> None:
    entries = [("user", "ann", mode >> 6 & 7), ("group", "hr", mode >> 3 & 7), ("other", None, mode & 7)]
    assert lets(entries, READ) == Lets(frozenset(allow), frozenset(deny))


def test_an_account_or_group_without_a_name_gets_nothing() -> None:
    assert lets([("user", None, 7), ("group", "hr", 4), ("other", None, 0)], READ) == Lets(frozenset({"group:hr"}))


def test_an_access_list_is_read_with_its_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix, "_user", lambda uid: {1: "ann", 2: "bob", 3: "eve"}[uid])
    monkeypatch.setattr(posix, "_group", lambda gid: {7: "hr", 8: "temps"}[gid])
    none = 0xFFFFFFFF
    listed = [(1, 6, none), (2, 7, 2), (2, 0, 3), (4, 4, none), (8, 7, 8), (16, 3, none), (32, 4, none)]
    packed = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in listed)
    found = {(kind, name): bits for kind, name, bits in parse_acl(packed, 1, 7)}
    assert found[("user", "ann")] == 6 and found[("user", "bob")] == 3 and found[("group", "temps")] == 3
    told = lets(parse_acl(packed, 1, 7), READ)
    assert told.allow == {"everyone"} and told.deny == {"user:bob", "user:eve", "group:hr", "group:temps"}
    with pytest.raises(ValueError, match="version 3"):
        list(parse_acl(struct.pack("<I", 3), 1, 7))


def test_two_folders_together_allow_only_what_both_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix, "_members", lambda group: frozenset({"hr": {"ann", "bob"}, "it": {"bob"}}[group]))
    hr, it = Lets(frozenset({"group:hr"})), Lets(frozenset({"group:it"}))
    assert both(hr, it).allow == {"user:bob"}
    assert both(hr, posix.OPEN) == hr
    assert both(hr, posix.CLOSED) == posix.CLOSED
    assert both(hr, Lets(frozenset({"user:ann"}), frozenset({"user:eve"}))) == Lets(
        frozenset({"user:ann"}), frozenset({"user:eve"})
    )


@pytest.fixture
def docs() -> Iterator[Path]:
    """Two files below folders that let everybody through, which those of pytest do not."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "docs"
        (folder / "closed").mkdir(parents=True)
        (folder / "open.md").write_text("# Open\n\nThe canteen opens at noon.\n")
        (folder / "closed" / "pay.md").write_text("# Pay\n\nThe salary of the chief is 95,000 euros.\n")
        for each in (Path(made), folder, folder / "closed"):
            each.chmod(0o755)
        for each in folder.rglob("*.md"):
            each.chmod(0o644)
        yield folder


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path / "kb") as made:
        yield made


def names(space: Workspace, who: Principal) -> set[str]:
    return {Path(each.name).name for each in space.documents(who)}


def test_files_that_the_system_closes_are_closed_and_follow_it(space: Workspace, docs: Path) -> None:
    me = Principal(pwd.getpwuid(os.geteuid()).pw_name)
    group = Principal("somebody", frozenset({grp.getgrgid(docs.stat().st_gid).gr_name}))
    (docs / "closed" / "pay.md").chmod(0o640)
    space.add(docs, name="docs", permissions="files")
    assert names(space, BOSS) == {"open.md"}
    assert names(space, me) == names(space, group) == names(space, ROOT) == {"open.md", "pay.md"}
    told = space.explain_access(BOSS, next(each.name for each in space.documents(ROOT) if "pay" in each.name), ROOT)
    assert not told.readable and told.rule == "files"
    (docs / "closed" / "pay.md").chmod(0o644)  # not a byte of the file has changed
    space.sync()
    assert names(space, BOSS) == {"open.md", "pay.md"}
    (docs / "closed").chmod(0o700)  # a folder that lets nobody through closes what is in it
    space.sync()
    assert names(space, BOSS) == {"open.md"}
    assert not space.search("salary of the chief", BOSS)[:1] or "95,000" not in space.search("salary", BOSS)[0].text


def test_a_kind_that_is_not_known_is_refused(space: Workspace, docs: Path) -> None:
    with pytest.raises(ConfigError, match="none, files, sidecar"):
        space.add(docs, permissions="ntfs")


# -- Sidecar files --------------------------------------------------------------------------------


def test_sidecars_open_close_and_are_no_documents(space: Workspace, docs: Path) -> None:
    (docs / "closed" / ".homeground-access").write_text('allow = ["group:hr"]\n')
    space.add(docs, name="docs", permissions="sidecar")
    assert names(space, HELENA) == {"open.md", "pay.md"}
    assert names(space, BOSS) == {"open.md"}
    (docs / "closed" / "pay.md.access").write_text('allow = ["user:boss"]\ndeny = ["group:temps"]\n')
    space.sync()
    assert names(space, BOSS) == {"open.md", "pay.md"}
    assert names(space, HELENA) == {"open.md"}
    (docs / "closed" / "pay.md.access").unlink()
    (docs / "closed" / ".homeground-access").unlink()
    space.sync()
    assert names(space, TOM) == {"open.md", "pay.md"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('allow = ["group:hr"\n', "line 1: it is not valid TOML"),
        ('allow = ["group:hr"]\nreaders = ["boss"]\n', "line 2: 'readers' is not known"),
        ('allow = "everyone"\n', "line 1: allow is a list of grants"),
        ('allow = ["group:hr"]\ndeny = ["boss"]\n', "line 2: "),
        ('deny = ["owner"]\n', "line 1: a sidecar cannot deny the owner"),
        ("\udcff", "not UTF-8"),
        ("#" * 70_000, "no ordinary small file"),
    ],
)
def test_a_sidecar_that_cannot_be_used_closes_and_says_the_line(
    space: Workspace, docs: Path, text: str, says: str
) -> None:
    sidecar = docs / "closed" / ".homeground-access"
    sidecar.write_bytes(text.encode("utf-8", "surrogateescape"))
    report = space.add(docs, name="docs", permissions="sidecar")
    told = [f"{each.name}: {each.reason}" for each in report.skipped]
    assert any(".homeground-access" in each and says in each for each in told), told
    assert names(space, BOSS) == names(space, HELENA) == {"open.md"}
    assert names(space, ROOT) == {"open.md", "pay.md"}


def test_a_sidecar_that_is_a_link_to_nowhere_closes_too(docs: Path) -> None:
    sidecar = docs / ".homeground-access"
    sidecar.symlink_to(docs / "gone")
    found = read_sidecar(sidecar, ".homeground-access")
    assert found is not None and found.problem == "is a link that leads nowhere"
    assert read_sidecar(docs / "none", "none") is None
