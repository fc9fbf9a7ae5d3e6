"""A sync brings the workspace to the state of its folders, whatever happened to them."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from homeground.errors import LockedError, StorageError
from homeground.ingest import plan, walk
from homeground.ingest.lock import writer_lock


def test_the_first_sync_reads_everything_and_the_second_nothing(world):
    world.write("docs/a.md", "Apples are red.")
    world.write("docs/b.md", "Pears are green.\fPlums are blue.")
    world.add()
    first = world.sync()
    assert (first.added, first.pages, first.passages) == (2, 3, 3)
    second = world.sync()
    assert (second.added, second.unchanged) == (0, 2)
    assert sorted(world.pool.read) == ["a.md", "b.md"]
    assert world.texts() == {"docs/a.md": "Apples are red.", "docs/b.md": "Pears are green. Plums are blue."}


def test_a_changed_file_becomes_a_new_revision_of_the_same_document(world):
    world.write("docs/a.md", "Old words.")
    world.add()
    world.sync()
    (before,) = world.documents()
    world.write("docs/a.md", "New words.")
    assert world.sync().changed == 1
    (after,) = world.documents()
    assert after.id == before.id and after.revision != before.revision
    assert world.texts() == {"docs/a.md": "New words."}
    assert world.catalogue.statistics(world.everything(), ["old"]).frequency == {}


def test_removed_files_go(world):
    path = world.write("docs/a.md", "Gone soon.")
    world.write("docs/b.md", "Here to stay.")
    world.add()
    world.sync()
    path.unlink()
    assert world.sync().removed == 1
    assert world.texts() == {"docs/b.md": "Here to stay."}


def test_an_emptied_folder_removes_its_documents(world):
    path = world.write("docs/a.md", "Gone soon.")
    world.add()
    world.sync()
    path.unlink()
    assert world.sync().removed == 1
    assert world.documents() == []


def test_a_missing_folder_keeps_its_documents_and_says_so(world):
    world.write("docs/a.md", "On a share.")
    world.write("more/b.md", "At home.")
    world.add()
    world.add("more")
    world.sync()
    (world.folder / "docs").rename(world.folder / "unmounted")
    world.write("more/c.md", "New here.")
    report = world.sync()
    assert (report.removed, report.added) == (0, 1)
    assert len(report.failed) == 1 and "docs" in report.failed[0] and "homeground remove" in report.failed[0]
    assert "docs/a.md" in world.texts()


def test_a_renamed_file_keeps_its_document_and_is_not_read_again(world):
    path = world.write("docs/a.md", "Same words.")
    world.add()
    world.sync()
    (before,) = world.documents()
    path.rename(world.folder / "docs/sub.md")
    report = world.sync()
    assert (report.renamed, report.removed, report.added) == (1, 0, 0)
    (after,) = world.documents()
    assert (after.id, after.name) == (before.id, "docs/sub.md")
    assert world.pool.read == ["a.md"]
    assert world.sync().unchanged == 1


def test_two_copies_of_which_one_is_renamed_stay_two_documents(world):
    world.write("docs/a.md", "Same words.")
    world.write("docs/b.md", "Same words.")
    world.add()
    world.sync()
    (world.folder / "docs/b.md").rename(world.folder / "docs/c.md")
    assert world.sync().renamed == 1
    assert set(world.texts()) == {"docs/a.md", "docs/c.md"}


def test_files_that_swap_names_swap_texts(world):
    world.write("docs/a.md", "One.")
    world.write("docs/b.md", "Two.")
    world.add()
    world.sync()
    a, b, c = (world.folder / "docs" / name for name in ("a.md", "b.md", "c.tmp"))
    a.rename(c), b.rename(a), c.rename(b)
    world.sync()
    assert world.texts() == {"docs/a.md": "Two.", "docs/b.md": "One."}


def test_a_touched_file_is_not_read_again(world):
    path = world.write("docs/a.md", "Same words.")
    world.add()
    world.sync()
    os.utime(path)
    assert world.sync().unchanged == 1
    assert world.pool.read == ["a.md"]


def test_a_change_within_the_tick_of_the_clock_is_seen(world, monkeypatch):
    monkeypatch.setattr(plan, "_RACY_NS", 2_000_000_000)
    path = world.write("docs/a.md", "Old words.", age=0)
    world.add()
    world.sync()
    stat = path.stat()
    with path.open("r+") as file:  # the same inode and size
        file.write("New words.")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    monkeypatch.setattr(
        plan, "_stamp", lambda size, mtime, ctime, inode: plan.Stamp(size, mtime, stat.st_ctime_ns, inode)
    )
    world.sync()
    assert world.texts() == {"docs/a.md": "New words."}


def test_a_file_that_changes_while_it_is_read_is_read_again(world):
    path = world.write("docs/a.md", "First words.")
    changes = ["Second words."]
    world.pool.during = lambda read: world.write("docs/a.md", changes.pop(), age=30) if changes else None
    world.add()
    world.sync()
    assert world.texts() == {"docs/a.md": "Second words."}
    assert world.pool.read == ["a.md", "a.md"]
    assert path.exists()


def test_a_file_that_never_rests_gets_a_true_revision_and_is_looked_at_again(world):
    world.write("docs/a.md", "Words 0.")
    times = iter(range(1, 100))
    world.pool.during = lambda read: world.write("docs/a.md", f"Words {next(times)}.", age=30 - len(world.pool.read))
    world.add()
    world.sync()
    assert world.texts() == {"docs/a.md": "Words 1."}
    world.pool.during = lambda read: None
    world.sync()
    assert world.texts() == {"docs/a.md": "Words 2."}


def test_a_file_that_vanishes_while_it_is_read_is_gone(world):
    world.write("docs/a.md", "Words.")
    world.add()
    world.sync()
    world.write("docs/a.md", "Other words.")
    world.write("docs/b.md", "More words.")
    world.pool.during = lambda path: path.unlink()
    world.sync()
    assert world.documents() == []


def test_what_cannot_be_read_is_listed_with_its_reason(world):
    world.write("docs/a.md", "BROKEN")
    world.write("docs/b.md", "Words.\f")
    world.write("docs/c.md", "")
    world.add()
    report = world.sync()
    assert [(each.name, each.reason) for each in report.unread] == [
        ("docs/a.md", "it is broken"),
        ("docs/c.md", "no text"),
    ]
    assert [(each.name, each.reason) for each in report.partly] == [("docs/b.md page 2", "no text")]
    a, b, c = world.documents()
    assert (a.problem, b.problem, c.problem) == ("it is broken", None, "no text")
    assert b.unread_pages == ((2, "no text"),)
    assert world.sync().unchanged == 3, "the same bytes would fail the same way"


def test_a_file_that_breaks_does_not_answer_with_its_old_text(world):
    world.write("docs/a.md", "Good words.")
    world.add()
    world.sync()
    world.write("docs/a.md", "BROKEN now.")
    world.sync()
    assert world.texts() == {}
    assert [each.problem for each in world.documents()] == ["it is broken"]


def test_what_failed_is_read_again_when_asked_or_when_the_limits_change(world):
    world.write("docs/a.md", "BROKEN")
    world.write("docs/b.md", "Words.\f")
    world.add()
    world.sync()
    world.pool.read.clear()
    assert world.sync(retry=True).changed == 2
    world.settings = replace(world.settings, timeout_s=999)
    assert world.sync().changed == 2
    assert sorted(world.pool.read) == ["a.md", "a.md", "b.md", "b.md"]
    assert world.sync().unchanged == 2


def test_a_folder_that_cannot_be_listed_keeps_its_documents(world, monkeypatch):
    def listing(walking, folder, real=walk._Walk._list):
        if folder.name == "sub":  # root may list everything, so a mode would not do
            raise PermissionError(13, "Permission denied")
        return real(walking, folder)

    world.write("docs/sub/a.md", "Words.")
    world.write("docs/b.md", "Words too.")
    world.add()
    world.sync()
    monkeypatch.setattr(walk._Walk, "_list", listing)
    (world.folder / "docs/b.md").unlink()
    report = world.sync()
    assert set(world.texts()) == {"docs/sub/a.md"}
    assert [(each.name, each.reason) for each in report.skipped] == [
        ("docs/sub", "cannot be listed (Permission denied)")
    ]


def test_a_folder_with_an_unusable_ignore_file_keeps_its_documents(world):
    world.write("docs/sub/a.md", "Words.")
    world.add()
    world.sync()
    (world.folder / "docs/sub/.homegroundignore").mkdir()
    report = world.sync()
    assert report.removed == 0
    assert "docs/sub/a.md" in world.texts()


def test_a_newly_ignored_file_goes(world):
    world.write("docs/a.md", "Words.")
    world.write("docs/b.md", "Words too.")
    world.add()
    world.sync()
    world.write("docs/.homegroundignore", "a.md\n")
    assert world.sync().removed == 1
    assert set(world.texts()) == {"docs/b.md"}


# -- Access ---------------------------------------------------------------------------------------


def test_a_nested_source_hides_its_files_at_once_and_owns_them_after_the_sync(world):
    world.write("docs/hr/pay.md", "Salaries.")
    world.write("docs/a.md", "Words.")
    world.add()
    world.sync()
    everyone = world.catalogue.visible({"everyone"})
    (pay,) = (each for each in world.documents() if each.name == "docs/hr/pay.md")
    restricted = world.add("docs/hr", grants=["group:hr"])
    assert world.catalogue.standing([pay.id]) == frozenset()
    assert [each.name for each in world.catalogue.documents(everyone)] == ["docs/a.md"]
    world.sync()
    assert [each.name for each in world.catalogue.documents(everyone)] == ["docs/a.md"]
    assert [each.name for each in world.catalogue.documents({restricted.access})] == ["docs/hr/pay.md"]
    assert {row.access for rows in world.index.rows.values() for row in rows if "Salaries" in row.text} == {
        restricted.access
    }


def test_removing_a_source_removes_what_it_had(world):
    world.write("docs/a.md", "Words.")
    world.write("more/b.md", "Words too.")
    world.add()
    world.add("more")
    world.sync()
    assert world.syncing().remove(world.catalogue.source("docs")) == 1
    world.check()
    assert set(world.texts()) == {"more/b.md"}
    assert [source.name for source in world.catalogue.sources()] == ["more"]


# -- Many files, progress, rebuilding -----------------------------------------------------------------


def test_many_files_go_in_batches_and_progress_reaches_the_end(world):
    for number in range(30):
        world.write(f"docs/{number:02}.md", f"Words of number {number}.")
    world.settings = replace(world.settings, batch_passages=7)
    world.add()
    assert world.sync().added == 30
    assert world.index.version >= 5
    last = world.told[-1]
    assert (last.stage, last.files_done, last.files_total, last.pages, last.passages) == ("read", 30, 30, 30, 30)
    assert last.remaining_s == 0
    done = [each.files_done for each in world.told if each.stage == "read"]
    assert done == sorted(done)


def test_another_embedder_builds_a_new_index_from_the_stored_pages(world):
    world.write("docs/a.md", "Words.\fMore words.")
    world.write("docs/b.md", "BROKEN")
    world.add()
    world.sync()
    world.pool.read.clear()
    world.embedder = type(world.embedder)("other", 8)
    report = world.sync()
    assert (report.rebuilt, report.unchanged, world.pool.read) == (2, 2, [])
    assert world.index.dimension == 8
    assert world.catalogue.facts("index", "embedder") == {"index": "passages-2", "embedder": "other"}
    assert (world.home / "passages-1").exists(), "whoever is reading it may finish"
    world.sync()
    assert not (world.home / "passages-1").exists()


def test_other_passage_sizes_rebuild_too(world):
    world.write("docs/a.md", " ".join(f"This is sentence number {number}." for number in range(200)))
    world.add()
    before = world.sync().passages
    world.settings = replace(world.settings, passage_words=60)
    world.sync()
    (document,) = world.documents()
    assert document.passages > before
    assert world.sync().rebuilt == 0


def test_a_killed_rebuild_goes_on_where_it_was(world):
    for number in range(6):
        world.write(f"docs/{number}.md", f"Words of number {number}.")
    world.settings = replace(world.settings, batch_passages=1)
    world.add()
    world.sync()
    world.embedder = type(world.embedder)("other", 8)
    world.open_index("passages-2", 8).after = kill_after(world, "passages-2", 3)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    assert world.catalogue.facts("index") == {"index": "passages-1"}
    world.indexes["passages-2"].after = lambda: None
    world.embedder.encoded = 0
    assert world.sync().rebuilt == 4
    assert world.embedder.encoded == 4


def kill_after(world, name: str, times: int):
    def after() -> None:
        if world.indexes[name].version == times:
            raise KeyboardInterrupt

    return after


# -- Kills, locks and disks -----------------------------------------------------------------------------


def kill() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("change", ["new", "changed", "removed", "emptied"])
def test_a_kill_around_the_index_commit_leaves_old_or_new_and_is_repaired(world, moment, change):
    path = world.write("docs/a.md", "Old words.")
    world.add()
    world.sync()
    old = world.texts()
    if change == "removed":
        path.unlink()
    else:
        world.write("docs/b.md" if change == "new" else "docs/a.md", "BROKEN" if change == "emptied" else "New words.")
    setattr(world.index, moment, kill)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    setattr(world.index, moment, lambda: None)
    if moment == "before":
        assert world.texts() == old
    for document, rows in world.index.rows.items():
        for row in rows:  # whatever the index answers with can be shown, before any repair
            assert (document, row.revision) in world.catalogue.standing([document])
            assert row.text in world.catalogue.page_text(document, row.revision, row.page)
    world.sync()
    assert world.sync().unchanged == len(world.documents())
    expected = {"new": ["New words.", "Old words."], "changed": ["New words."]}.get(change, [])
    assert sorted(world.texts().values()) == expected


def test_a_kill_keeps_the_batches_before(world):
    for number in range(10):
        world.write(f"docs/{number}.md", f"Words of number {number}.")
    world.settings = replace(world.settings, batch_passages=2)
    world.add()
    world.open_index("passages-1", 4).after = kill_after(world, "passages-1", 3)
    with pytest.raises(KeyboardInterrupt):
        world.sync()
    world.index.after = lambda: None
    world.pool.read.clear()
    assert world.sync().added == 5  # the batches held one, two and two
    assert len(world.pool.read) == 5


def test_two_writers_are_told_apart(world):
    world.add()
    with writer_lock(world.home), pytest.raises(LockedError, match=f"process {os.getpid()} on .*, since 20"):
        world.sync()


def test_a_writer_may_wait_for_the_other(world, tmp_path):
    world.write("docs/a.md", "Words.")
    world.add()
    script = """
import sys, time
from pathlib import Path
from homeground.ingest.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
    time.sleep(0.3)
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script, world.home], **pipes) as other:
        other.stdout.readline()
        with pytest.raises(LockedError, match=f"process {other.pid}"):
            world.sync()
        other.stdin.write(b"\n")
        other.stdin.flush()
        assert world.sync(wait=True).added == 1


def test_the_lock_of_a_killed_writer_is_free(world):
    script = """
import sys, time
from pathlib import Path
from homeground.ingest.lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script, world.home], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        other.kill()
        other.wait()
    world.add()
    world.sync()


def test_a_full_disk_is_a_storage_error_and_the_next_run_goes_on(world):
    def full() -> None:
        raise OSError(28, "No space left on device")

    world.write("docs/a.md", "Words.")
    world.add()
    world.open_index("passages-1", 4).before = full
    with pytest.raises(StorageError, match=r"No space left.*kept"):
        world.sync()
    world.index.before = lambda: None
    world.sync()
    assert set(world.texts()) == {"docs/a.md"}


def test_a_workspace_that_cannot_be_written_is_a_storage_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(StorageError, match="cannot be written"), writer_lock(tmp_path):
        pass


def test_the_lock_file_says_who_holds_it(world):
    with writer_lock(world.home):
        noted = json.loads((world.home / "writer.json").read_text())
    assert noted["pid"] == os.getpid()
    assert Path(world.home / "writer.lock").exists()
    assert noted["since"][:4] == time.strftime("%Y")


def test_a_removal_that_was_killed_is_finished_by_the_next_sync(world):
    world.write("docs/a.md", "Words.")
    source = world.add()
    world.sync()
    world.index.before = kill
    with pytest.raises(KeyboardInterrupt):
        world.syncing().remove(source)
    assert world.catalogue.visible({"everyone", "owner"}) == frozenset(), "hidden from the first instant"
    world.index.before = lambda: None
    world.sync()
    assert (world.catalogue.sources(), world.texts()) == ([], {})


def test_a_source_is_not_added_under_a_running_sync(world):
    with writer_lock(world.home), pytest.raises(LockedError):
        world.add()
    source = world.add()
    with writer_lock(world.home):
        assert world.add(grants=["owner"]).id == source.id


def test_a_file_that_cannot_be_cut_costs_only_itself(world, monkeypatch):
    from homeground.ingest import batch

    def cut(parsed, name, settings, real=batch.cut_pages):
        if "odd" in name:
            raise ValueError("odd indeed")
        return real(parsed, name, settings)

    monkeypatch.setattr(batch, "cut_pages", cut)
    world.write("docs/odd.md", "Words.")
    world.write("docs/a.md", "Words too.")
    world.add()
    report = world.sync()
    assert report.unread[0].name == "docs/odd.md" and "odd indeed" in report.unread[0].reason
    assert set(world.texts()) == {"docs/a.md"}


def test_an_index_from_a_backup_is_found_out_and_mended(world):
    world.write("docs/a.md", "Old words.")
    world.write("docs/b.md", "Other words.")
    world.add()
    world.sync()
    backup = world.index.rows, world.index.version
    world.write("docs/a.md", "New words.")
    world.sync()
    world.index.rows, world.index.version = backup
    (a,) = (each for each in world.documents() if each.name == "docs/a.md")
    world.pool.read.clear()
    assert world.sync().changed == 1
    assert world.pool.read == ["a.md"]
    assert world.texts() == {"docs/a.md": "New words.", "docs/b.md": "Other words."}
    assert a.id not in world.index.rows, "the stale rows are gone"
