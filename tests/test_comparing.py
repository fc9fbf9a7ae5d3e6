"""Former revisions: what is kept and for how long, what of it is left on the disk, who sees it, and how it compares."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homeground import Workspace
from homeground.aligning import Work, align, changed_words
from homeground.catalogue import Catalogue, NewRevision, Stamp, TermCounts, former, origins, reading, writing
from homeground.errors import NotFoundError
from homeground.types import Page, ParsedDocument, Principal

ANN = Principal("ann", frozenset({"hr"}))
BOB = Principal("bob")


def digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def revision(document: int, *texts: str, sha256: str = "", title: str = "A title") -> NewRevision:
    pages = tuple(Page(number, text, f"label {number}") for number, text in enumerate(texts, 1))
    read = ParsedDocument(title, "text/plain", pages, datetime(2026, 1, 2, tzinfo=UTC)) if texts else None
    return NewRevision(document, sha256 or digest("".join(texts)), Stamp(), "r", read, TermCounts())


def opened(tmp_path: Path, keep: int) -> Catalogue:
    return Catalogue(tmp_path / "catalogue.db", create=True, keep_former=keep)


def new_document(catalogue: Catalogue, name: str = "docs/a.md") -> int:
    with catalogue.writing() as connection:
        source = origins.insert_source(
            connection, name.replace("/", "-"), "folder", Path("/x") / name, "", "", ["everyone"]
        )
    (made,) = catalogue.new_documents([(source, b"a.md", name)])
    return made


def put(catalogue: Catalogue, *puts: NewRevision) -> None:
    catalogue.finish(catalogue.prepare(puts))


def kept(catalogue: Catalogue, name: str = "docs/a.md", most: int = 20) -> list[str]:
    """The text of the first page of each former revision, the latest first."""
    with catalogue.reading() as connection:
        known = former.of_document(connection, catalogue.visible({"everyone"}), name, most)
        return [former.texts(connection, each, 1000)[0].text for each in known[1:]]


def on_disk(catalogue: Catalogue, text: str) -> bool:
    """Whether a text is in a row of the file; pages are compressed, so that a marker stands in the title as well."""
    catalogue.checkpoint()
    return text.encode() in catalogue.path.read_bytes()


# -- What is kept ---------------------------------------------------------------------------------


def test_by_default_nothing_of_a_replaced_revision_is_left(tmp_path):
    with closing(opened(tmp_path, 0)) as catalogue:
        document = new_document(catalogue)
        put(catalogue, revision(document, "old words", title="Zyzzyva"))
        put(catalogue, revision(document, "new words"))
        assert kept(catalogue) == []
        assert not on_disk(catalogue, "Zyzzyva")


def test_a_replaced_revision_becomes_former_with_its_batch_and_the_oldest_goes(tmp_path):
    with closing(opened(tmp_path, 2)) as catalogue:
        document, other = new_document(catalogue), new_document(catalogue, "docs/b.md")
        put(catalogue, revision(document, "one", title="Zyzzyva"), revision(other, "other one"))
        batch = catalogue.prepare([revision(document, "two", "page two")])
        assert kept(catalogue) == []  # not before the batch is true
        catalogue.discard(batch)
        assert kept(catalogue) == []
        for text in ("two", "three"):
            put(catalogue, revision(document, text))
        assert kept(catalogue) == ["two", "one"]
        assert on_disk(catalogue, "Zyzzyva")
        put(catalogue, revision(document, "four"))
        assert kept(catalogue) == ["three", "two"]
        assert not on_disk(catalogue, "Zyzzyva")
        assert kept(catalogue, "docs/b.md") == []
        with catalogue.reading() as connection:
            latest = former.of_document(connection, catalogue.visible({"everyone"}), "docs/a.md", 20)[1]
            (page,) = former.texts(connection, latest, 1000)
        assert (latest.sha256, latest.title, latest.pages) == (digest("three"), "A title", 1)
        assert latest.date == datetime(2026, 1, 2, tzinfo=UTC) and latest.replaced_at >= latest.read_at
        assert (page.number, page.label) == (1, "label 1")


def test_a_kill_between_the_two_commits_leaves_nothing_or_all_of_it(tmp_path):
    with closing(opened(tmp_path, 2)) as catalogue:
        document = new_document(catalogue)
        put(catalogue, revision(document, "one"))
        catalogue.prepare([revision(document, "two")])  # the index has it; then the process is killed
    with closing(opened(tmp_path, 2)) as catalogue:
        assert kept(catalogue) == []
        (pending,) = catalogue.pending()
        catalogue.finish(pending.id)
        assert kept(catalogue) == ["one"]
        catalogue.finish(pending.id)  # twice is the same as once
        assert kept(catalogue) == ["one"]
        broken = catalogue.prepare([revision(document, "three")])
        with pytest.raises(RuntimeError), catalogue.writing() as connection:
            writing.finish(connection, broken, 2)
            raise RuntimeError("killed before the commit")
        assert kept(catalogue) == ["one"]
        assert catalogue.page_text(document, digest("two"), 1) == "two"


def test_the_same_bytes_read_anew_and_what_could_not_be_read_are_not_former(tmp_path):
    with closing(opened(tmp_path, 5)) as catalogue:
        document = new_document(catalogue)
        put(catalogue, revision(document, "read badly", sha256="a" * 64))
        put(catalogue, revision(document, "read well", sha256="a" * 64))
        assert kept(catalogue) == []
        put(catalogue, revision(document, sha256="b" * 64))  # nothing of it could be read
        put(catalogue, revision(document, "new", sha256="c" * 64))
        assert kept(catalogue) == ["read well"]


def test_a_revision_that_comes_back_is_current_and_not_former(tmp_path):
    with closing(opened(tmp_path, 5)) as catalogue:
        document = new_document(catalogue)
        for text in ("one", "two", "one"):
            put(catalogue, revision(document, text))
        assert kept(catalogue) == ["two"]
        put(catalogue, revision(document, "two"))
        assert kept(catalogue) == ["one"]


def test_the_history_goes_with_the_document_in_the_same_transaction(tmp_path):
    with closing(opened(tmp_path, 5)) as catalogue:
        document = new_document(catalogue)
        put(catalogue, revision(document, "one", title="Zyzzyva"))
        put(catalogue, revision(document, "two"))
        batch = catalogue.prepare([], [document])
        assert kept(catalogue) == ["one"]
        catalogue.finish(batch)
        assert not on_disk(catalogue, "Zyzzyva")


def test_what_a_lower_setting_leaves_over_is_unseen_at_once_and_erased_by_the_next_sync(tmp_path):
    with closing(opened(tmp_path, 5)) as catalogue:
        document = new_document(catalogue)
        for text in ("one", "two", "three"):
            put(catalogue, revision(document, text, title=f"Zyzzyva {text}"))
    with closing(opened(tmp_path, 1)) as catalogue:
        assert kept(catalogue, most=1) == ["two"]
        catalogue.trim_former()
        assert kept(catalogue) == ["two"]
        assert not on_disk(catalogue, "Zyzzyva one")
    with closing(opened(tmp_path, 0)) as catalogue:
        catalogue.trim_former()
        assert kept(catalogue) == []
        assert not on_disk(catalogue, "Zyzzyva two")


def test_nothing_that_answers_can_read_a_former_revision(tmp_path):
    with closing(opened(tmp_path, 5)) as catalogue:
        document = new_document(catalogue)
        put(catalogue, revision(document, "one"))
        put(catalogue, revision(document, "two"))
        visible = catalogue.visible({"everyone"})
        assert catalogue.standing([document]) == {(document, digest("two"))}
        with pytest.raises(NotFoundError):
            catalogue.page_text(document, digest("one"), 1)
        with pytest.raises(NotFoundError):
            catalogue.cited_page(visible, "docs/a.md", digest("one"), 1)
        assert catalogue.counts(visible).pages == 1
        assert catalogue.parsed(document, digest("one")) is None


def test_only_the_keeper_of_former_revisions_knows_their_tables():
    home = Path(reading.__file__).parents[1]
    knowing = {path.name for path in home.rglob("*.py") if "schema_history" in path.read_text("utf-8")}
    assert knowing == {"former.py", "migrations.py"}


# -- Lines and words ------------------------------------------------------------------------------


def aligned(before: str, now: str, steps: int = 1_000_000) -> list[tuple[str, str]]:
    old, new = before.split("/"), now.split("/")
    pairs = align(old, new, Work(steps))
    return [(old[i] if i is not None else "", new[j] if j is not None else "") for i, j in pairs]


def test_lines_that_are_alike_stand_side_by_side():
    before = "title/the notice is three months long/x/gone entirely/end"
    now = "title/the notice is six months long/x/end/all new words"
    assert aligned(before, now) == [
        ("title", "title"),
        ("the notice is three months long", "the notice is six months long"),
        ("x", "x"),
        ("gone entirely", ""),
        ("end", "end"),
        ("", "all new words"),
    ]


def test_a_long_table_in_which_every_row_changed_is_compared_row_by_row():
    before, now = ([f"Item {each} costs {price} pounds" for each in range(300)] for price in (10, 12))
    pairs = list(align(before, [*now[:50], "A new row altogether", *now[50:]], Work(1_000_000)))
    assert pairs == [*((each, each) for each in range(50)), (None, 50), *((each, each + 1) for each in range(50, 300))]


def test_every_line_of_both_stands_once_and_in_order_whatever_the_texts():
    rng = random.Random(7)
    for _ in range(300):
        texts = [[rng.choice(["a", "b", "c d", "c d e", "c d f"]) for _ in range(rng.randint(0, 12))] for _ in "ab"]
        pairs = list(align(*texts, Work(rng.choice([0, 50, 100_000]))))
        for side, text in enumerate(texts):
            assert [pair[side] for pair in pairs if pair[side] is not None] == list(range(len(text)))
        assert all(pair != (None, None) for pair in pairs)


def test_the_same_lines_are_found_the_same():
    rng = random.Random(8)
    text = [f"line {rng.randint(0, 40)}" for _ in range(400)]
    assert list(align(text, text, Work(0))) == [(each, each) for each in range(400)]


def test_words_that_differ_are_marked_and_spaces_are_not():
    before, now = changed_words("Notice: three  calendar months.", "Notice: six months, in writing.", Work(10_000))
    assert [("Notice: three  calendar months."[a:b]) for a, b in before] == ["three  calendar"]
    assert [("Notice: six months, in writing."[a:b]) for a, b in now] == ["six", ", in writing"]
    assert changed_words("a  b", "a b", Work(10_000)) == ((), ())
    (span,) = changed_words("通知期为三个月", "通知期为六个月", Work(10_000))[1]
    assert "通知期为六个月"[slice(*span)] == "六"


def test_texts_that_would_take_long_are_given_up_and_say_so():
    rng = random.Random(9)
    texts = [["ab"[rng.random() < 0.5] for _ in range(3000)] for _ in range(2)]
    work = Work(10_000)
    assert len(list(align(*texts, work))) >= 3000
    assert work.refused and work.left >= 0


# -- In a workspace -------------------------------------------------------------------------------


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A workspace with a contract that was changed once, and one that only group hr may read."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "contract.md").write_text("# Contract\n\nThe notice is three months.\n\nIt ends in 2026.\n")
    monkeypatch.chdir(tmp_path)
    Workspace.create("kb").close()
    (tmp_path / "kb" / "homeground.toml").write_text("[revisions]\nkeep = 2\n[ingest]\nworkers = 1\n")
    with Workspace.open("kb") as made:
        made.add("open")
        made.add("closed", access=["group:hr"])
        for name in ("open", "closed"):
            (tmp_path / name / "contract.md").write_text(
                "# Contract\n\nThe notice is six months.\n\nIt ends in 2026.\n\nBoth parties sign.\n"
            )
        made.sync()
        yield made


def test_a_former_revision_stands_beside_the_current_one_for_who_may_read_it(space):
    now, before = space.revisions("open/contract.md", BOB)
    assert now.current and not before.current and now.replaced_at is None and before.replaced_at
    found = space.compare("open/contract.md", before.revision[:8], BOB)
    (page,) = found.pages
    assert (page.page, page.former, found.part, found.parts, found.coarse) == (1, (1,), 1, 1, False)
    assert (found.changed, found.added, found.removed) == (1, 1, 0)
    changed = next(line for line in page.lines if line.kind == "changed")
    assert changed.former[slice(*changed.former_spans[0])] == "three"
    assert changed.current[slice(*changed.current_spans[0])] == "six"
    assert [line.current for line in page.lines if line.kind == "added"] == ["Both parties sign."]
    hits = space.search("notice three months", BOB)
    assert hits and not any("three" in hit.text for hit in hits)
    with pytest.raises(NotFoundError):
        space.show(f"open/contract.md@{before.revision[:12]}#p1", BOB)

    # Forbidden reads as absent, for the list and the comparison alike.
    old = space.revisions("closed/contract.md", ANN)[1]
    for look in (space.revisions, lambda name, who: space.compare(name, old.revision, who)):
        said = []
        for name in ("closed/contract.md", "closed/never.md"):
            with pytest.raises(NotFoundError) as error:
                look(name, BOB)
            said.append(str(error.value).replace(name, "NAME"))
        assert said[0] == said[1]
    for wrong in ("", "zz", "%", "0" * 64, now.revision):
        with pytest.raises(NotFoundError, match="no former revision"):
            space.compare("open/contract.md", wrong, BOB)
    with pytest.raises(NotFoundError, match="no part 2"):
        space.compare("open/contract.md", before.revision, BOB, part=2)

    # What is taken out shows nothing, and leaves nothing.
    space.remove_document("open/contract.md", space.owner)
    with pytest.raises(NotFoundError):
        space.revisions("open/contract.md", space.owner)
    with space.catalogue.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from former_revisions").scalar() == 1


def test_a_long_comparison_comes_in_parts(space, monkeypatch):
    monkeypatch.setattr("homeground.comparing.PART_LINES", 2)
    before = space.revisions("open/contract.md", BOB)[1].revision
    parts = [space.compare("open/contract.md", before, BOB, part=number) for number in (1, 2)]
    assert [each.parts for each in parts] == [2, 2]
    lines = [line.current for part in parts for page in part.pages for line in page.lines]
    assert lines[0].endswith("Contract") and lines[-1] == "Both parties sign."


def test_a_very_long_document_is_compared_in_part_and_says_so(space, monkeypatch, tmp_path):
    for word in ("three", "six"):
        (tmp_path / "open" / "long.txt").write_text("".join(f"Line {each} of {word} pages.\n" for each in range(400)))
        space.sync()
    monkeypatch.setattr("homeground.comparing.MOST_CHARACTERS", 100)
    found = space.compare("open/long.txt", space.revisions("open/long.txt", BOB)[1].revision, BOB)
    assert (found.former_compared, found.compared) == (1, 1)
    assert found.former.pages > 1 and found.current.pages > 1 and found.changed > 200 and not found.coarse


def former_rows(space: Workspace) -> tuple[int, int]:
    with space.catalogue.reading() as connection:
        counts = [
            connection.exec_driver_sql(f"select count(*) from {name}").scalar()
            for name in ("former_revisions", "former_pages")
        ]
    return counts[0] or 0, counts[1] or 0


def test_former_revisions_go_with_a_deleted_file_a_removed_source_and_a_lower_setting(space, tmp_path):
    (tmp_path / "open" / "other.md").write_text("One.\n")
    space.sync()
    (tmp_path / "open" / "other.md").write_text("Two.\n")
    space.sync()
    assert former_rows(space) == (3, 3)
    (tmp_path / "open" / "contract.md").rename(tmp_path / "open" / "moved.md")
    space.sync()
    assert len(space.revisions("open/moved.md", BOB)) == 2
    (tmp_path / "open" / "moved.md").unlink()
    space.sync()
    assert former_rows(space) == (2, 2)
    space.remove("closed", space.owner)
    assert former_rows(space) == (1, 1)
    (tmp_path / "kb" / "homeground.toml").write_text("[ingest]\nworkers = 1\n")
    with Workspace.open(tmp_path / "kb") as later:
        assert len(later.revisions("open/other.md", BOB)) == 1  # at once
        assert former_rows(later) == (1, 1)
        later.sync()
        assert former_rows(later) == (0, 0)
