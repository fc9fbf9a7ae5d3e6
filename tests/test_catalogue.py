"""The catalogue: what it keeps, what a half-finished batch shows, and how it is opened."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from homeground.access import audit
from homeground.catalogue import (
    Catalogue,
    NewRevision,
    Stamp,
    TermCounts,
    conversations,
    flagging,
    migrations,
    origins,
)
from homeground.errors import NotFoundError, StorageError, WorkspaceError
from homeground.types import Heading, Page, ParsedDocument, Table

OLD, NEW = "a" * 64, "b" * 64


@pytest.fixture
def catalogue(tmp_path: Path):
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    yield opened
    opened.close()


def add_source(catalogue: Catalogue, name: str = "docs", grants=("everyone",)) -> int:
    with catalogue.writing() as connection:
        return origins.insert_source(connection, name, "folder", Path("/x") / name, "", name, grants)


def parsed(*texts: str, title: str = "Title", date: datetime | None = None) -> ParsedDocument:
    pages = tuple(Page(number, text) for number, text in enumerate(texts, 1))
    return ParsedDocument(title, "text/plain", pages, date)


def counts(*passages: str) -> TermCounts:
    words = [passage.split() for passage in passages]
    return TermCounts(len(words), sum(map(len, words)), Counter(word for each in words for word in set(each)))


def revision(document: int, sha256: str, *texts: str, **more) -> NewRevision:
    return NewRevision(document, sha256, Stamp(), "r", parsed(*texts, **more), counts(*texts))


def put(catalogue: Catalogue, document: int, sha256: str, *texts: str, **more) -> None:
    catalogue.finish(catalogue.prepare([revision(document, sha256, *texts, **more)]))


@pytest.fixture
def document(catalogue: Catalogue) -> int:
    source = add_source(catalogue)
    (made,) = catalogue.new_documents([(source, b"a.md", "docs/a.md")])
    put(catalogue, made, OLD, "old words", "old page two")
    return made


def visible(catalogue: Catalogue) -> frozenset[int]:
    return catalogue.visible({"everyone"})


# -- What a reader sees around a batch --------------------------------------------------------------


def test_a_new_document_is_listed_only_once_its_batch_is_finished(catalogue):
    source = add_source(catalogue)
    (made,) = catalogue.new_documents([(source, b"a.md", "docs/a.md")])
    batch = catalogue.prepare([revision(made, OLD, "text")])
    assert catalogue.documents(visible(catalogue)) == []
    catalogue.finish(batch)
    assert [each.name for each in catalogue.documents(visible(catalogue))] == ["docs/a.md"]


def test_between_the_two_transactions_both_revisions_can_be_read(catalogue, document):
    batch = catalogue.prepare([revision(document, NEW, "new words", title="New")])
    assert catalogue.page_text(document, OLD, 1) == "old words"
    assert catalogue.page_text(document, NEW, 1) == "new words"
    assert catalogue.standing([document]) == {(document, OLD), (document, NEW)}
    catalogue.finish(batch)
    assert catalogue.standing([document]) == {(document, NEW)}
    with pytest.raises(NotFoundError):
        catalogue.page_text(document, OLD, 1)


def test_a_discarded_batch_leaves_no_trace(catalogue, document):
    other = add_source(catalogue, "more")
    (made,) = catalogue.new_documents([(other, b"b.md", "more/b.md")])
    before = catalogue.documents(visible(catalogue))
    catalogue.discard(catalogue.prepare([revision(document, NEW, "new"), revision(made, NEW, "new")], []))
    assert catalogue.documents(visible(catalogue)) == before
    assert catalogue.pending() == []
    assert catalogue.standing([document, made]) == {(document, OLD)}


def test_a_pending_batch_says_what_the_index_must_hold(catalogue, document):
    other = add_source(catalogue, "more")
    first, second = catalogue.new_documents([(other, b"b", "more/b"), (other, b"c", "more/c")])
    empty = NewRevision(second, NEW, Stamp(), "r", None, TermCounts(), problem="encrypted")
    catalogue.prepare([revision(first, NEW, "text"), empty], [document])
    (pending,) = catalogue.pending()
    assert pending.documents == {first, second, document}
    assert pending.held == {first: NEW}


def test_replaced_and_dropped_text_leaves_the_disk(catalogue, document):
    marker = "zyzzyva" * 300
    put(catalogue, document, NEW, marker)
    size = catalogue.path.stat().st_size
    catalogue.finish(catalogue.prepare([], [document]))
    catalogue.checkpoint()
    with closing(sqlite3.connect(catalogue.path)) as raw:
        assert raw.execute("select count(*) from pages").fetchone() == (0,)
        assert raw.execute("pragma secure_delete").fetchone() is not None
    assert size and b"zyzzyva" not in catalogue.path.read_bytes()
    assert catalogue.path.with_name("catalogue.db-wal").stat().st_size == 0


def test_ids_are_never_given_out_twice(catalogue, document):
    source = catalogue.source("docs")
    catalogue.finish(catalogue.prepare([], [document]))
    assert catalogue.new_documents([(source.id, b"a.md", "docs/a.md")]) == [document + 1]


# -- What is kept ---------------------------------------------------------------------------------


def test_pages_come_back_as_they_were_parsed(catalogue):
    source = add_source(catalogue)
    (made,) = catalogue.new_documents([(source, b"a", "docs/a")])
    pages = (
        Page(1, "Tïtle\n報告 \ud800 end", "Sheet: Prices", (Heading(0, 1, "Tïtle"),), (Table(6, 9, "a\tb"),)),
        Page(2, "", problem="no text (a scan?)"),
    )
    whole = ParsedDocument("T", "application/pdf", pages, datetime(2024, 2, 29, tzinfo=UTC), ("odd",))
    catalogue.finish(catalogue.prepare([NewRevision(made, OLD, Stamp(), "r", whole, TermCounts())]))
    assert catalogue.parsed(made) == whole
    (listed,) = catalogue.documents(visible(catalogue))
    assert listed.unread_pages == ((2, "no text (a scan?)"),)
    assert (listed.pages, listed.title, listed.media_type) == (2, "T", "application/pdf")


def test_dates_are_kept_in_utc(catalogue, document):
    east = datetime(2024, 1, 1, 3, tzinfo=timezone(timedelta(hours=5)))
    put(catalogue, document, NEW, "x", date=east)
    assert catalogue.describe([document])[document].date == datetime(2023, 12, 31, 22, tzinfo=UTC)
    put(catalogue, document, OLD, "x", date=datetime(2024, 1, 1))
    assert catalogue.describe([document])[document].date == datetime(2024, 1, 1, tzinfo=UTC)


def test_a_citation_is_found_by_a_shortened_revision_and_only_by_who_may(catalogue, document):
    page = catalogue.cited_page(visible(catalogue), "docs/a.md", OLD[:12], 2)
    assert (page.text, page.revision, page.current) == ("old page two", OLD, True)
    assert page.path == Path("/x/docs/a.md")
    for access, name, wanted, number in [
        (frozenset(), "docs/a.md", OLD, 2),
        (visible(catalogue), "docs/b.md", OLD, 2),
        (visible(catalogue), "docs/a.md", NEW, 2),
        (visible(catalogue), "docs/a.md", "%", 2),
        (visible(catalogue), "docs/a.md", OLD, 3),
    ]:
        with pytest.raises(NotFoundError) as error:
            catalogue.cited_page(access, name, wanted, number)
    assert "docs/a.md" in str(error.value)


def test_forbidden_documents_are_in_no_listing_and_no_count(catalogue, document):
    secret = add_source(catalogue, "hr", ["group:hr"])
    (made,) = catalogue.new_documents([(secret, b"pay", "hr/pay")])
    put(catalogue, made, NEW, "old pay")
    everyone, hr = catalogue.visible({"everyone"}), catalogue.visible({"everyone", "group:hr"})
    assert {each.name for each in catalogue.documents(everyone)} == {"docs/a.md"}
    assert {each.name for each in catalogue.documents(hr)} == {"docs/a.md", "hr/pay"}
    assert set(catalogue.names(everyone)) == {document}
    assert (catalogue.counts(everyone).documents, catalogue.counts(hr).documents) == (1, 2)
    assert catalogue.statistics(everyone, ["pay", "old"]).frequency == {"old": 2}
    assert catalogue.statistics(hr, ["pay", "old"]).frequency == {"pay": 1, "old": 3}


def test_changed_grants_act_at_once(catalogue, document):
    source = catalogue.source("docs")
    catalogue.set_grants(source, ["user:ann"])
    assert visible(catalogue) == frozenset()
    assert catalogue.visible({"user:ann"}) == {source.access}


def test_statistics_are_exact_through_changes_and_deletions(catalogue, document):
    assert catalogue.statistics(visible(catalogue), ["old", "page", "new"]).frequency == {"old": 2, "page": 1}
    put(catalogue, document, NEW, "new new words")
    found = catalogue.statistics(visible(catalogue), ["old", "page", "new", "words"])
    assert (found.passages, found.mean_length, found.frequency) == (1, 3.0, {"new": 1, "words": 1})
    catalogue.finish(catalogue.prepare([], [document]))
    found = catalogue.statistics(visible(catalogue), ["new"])
    assert (found.passages, found.mean_length, found.frequency) == (0, 0.0, {})
    with catalogue.reading() as connection:
        assert connection.scalar(text("select count(*) from term_counts")) == 0


def test_staged_recounts_take_over_in_one_step(catalogue, document):
    catalogue.begin_recounts(rebuilding="passages-2 x")
    catalogue.stage_recounts({document: counts("entirely other")})
    assert catalogue.statistics(visible(catalogue), ["old", "other"]).frequency == {"old": 2}
    assert catalogue.recounted() == {document}
    catalogue.apply_recounts(index="passages-2")
    found = catalogue.statistics(visible(catalogue), ["old", "other"])
    assert (found.passages, found.frequency) == (1, {"other": 1})
    assert catalogue.facts("index", "nothing") == {"index": "passages-2"}
    assert catalogue.recounted() == frozenset()


# -- Opening --------------------------------------------------------------------------------------


def test_no_catalogue_is_said_in_words(tmp_path):
    with pytest.raises(WorkspaceError, match="homeground init"):
        Catalogue(tmp_path / "catalogue.db")


def test_a_newer_format_is_refused(catalogue):
    catalogue.set(format=str(migrations.FORMAT + 1))
    with pytest.raises(WorkspaceError, match="newer homeground"):
        Catalogue(catalogue.path)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "catalogue.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(WorkspaceError, match="damaged"):
        Catalogue(tmp_path / "catalogue.db")


def add_colour(connection) -> None:
    connection.execute(text("alter table sources add column colour varchar"))


def fail(connection) -> None:
    connection.execute(text("alter table sources add column shape varchar"))
    raise RuntimeError("killed here")


def columns(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        return {row[1] for row in raw.execute("pragma table_info(sources)")}


def test_an_older_format_is_migrated_and_backed_up(catalogue, document, monkeypatch):
    monkeypatch.setattr(migrations, "FORMAT", migrations.FORMAT + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", {**migrations.MIGRATIONS, migrations.FORMAT - 1: add_colour})
    with closing(Catalogue(catalogue.path)) as again:
        assert again.facts("format") == {"format": str(migrations.FORMAT)}
        assert again.page_text(document, OLD, 1) == "old words"
    assert "colour" in columns(catalogue.path)
    assert "colour" not in columns(catalogue.path.with_name(f"catalogue.db.format-{migrations.FORMAT - 1}"))


def test_a_migration_that_fails_leaves_the_old_format(catalogue, monkeypatch):
    monkeypatch.setattr(migrations, "FORMAT", migrations.FORMAT + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", {**migrations.MIGRATIONS, migrations.FORMAT - 1: fail})
    with pytest.raises(RuntimeError):
        Catalogue(catalogue.path)
    assert "shape" not in columns(catalogue.path)
    assert catalogue.facts("format") == {"format": str(migrations.FORMAT - 1)}


def test_a_full_disk_is_said_and_nothing_is_lost(catalogue, document):
    with catalogue.reading() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
    with pytest.raises(StorageError, match="full"), catalogue.writing() as connection:
        connection.exec_driver_sql(f"pragma max_page_count={pages}")
        connection.execute(text("insert into meta values ('big', :value)"), {"value": "x" * 10_000_000})
    assert catalogue.page_text(document, OLD, 1) == "old words"
    assert catalogue.facts("big") == {}


def test_a_steady_view_stays_while_the_catalogue_moves_on(catalogue, document):
    with catalogue.steady():
        assert catalogue.page_text(document, OLD, 1) == "old words"
        put(catalogue, document, NEW, "new words")
        assert catalogue.page_text(document, OLD, 1) == "old words"
        assert catalogue.standing([document]) == {(document, OLD)}
        catalogue.renew()
        assert catalogue.standing([document]) == {(document, NEW)}
    with pytest.raises(NotFoundError):
        catalogue.page_text(document, OLD, 1)


def test_a_file_of_format_1_opens_and_keeps_everything(tmp_path):
    """The file is SQL as format 1 wrote it: whoever changes the tables must raise the format and migrate it."""
    written = Path(__file__).with_name("catalogue_format_1.sql").read_text("utf-8")
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as raw:
        raw.executescript(written)
    with closing(Catalogue(tmp_path / "catalogue.db")) as old:
        assert old.facts("format") == {"format": str(migrations.FORMAT)}
        (document,) = old.documents(visible(old))
        assert (document.name, document.title, document.unread_pages) == ("docs/a.md", "Title", ((2, "no text"),))
        assert old.page_text(document.id, OLD, 1) == "Old words."
        assert old.parsed(document.id).pages[0].headings == (Heading(0, 1, "Old"),)
        assert old.statistics(visible(old), ["old"]).frequency == {"old": 1}
        assert audit.verify(old) == 1
        with old.reading() as connection:  # the next sync searches what is stored
            assert [each for each, _ in flagging.due(connection, 1)] == [document.id]
        assert tables(old.path) == tables_of_a_new_one(tmp_path)


def test_a_file_of_format_3_gets_a_place_for_the_receipts_of_turns(catalogue, tmp_path):
    now = datetime.now(UTC)
    turn = conversations.KeptTurn(0, now, "Who?", None, True, "No.", ())
    with catalogue.writing() as connection:
        conversations.begin(connection, "talk", "ann", now)
        conversations.append(connection, "talk", turn)
        connection.execute(text("drop table turn_receipts"))
        connection.execute(text("update meta set value = '3' where key = 'format'"))
    catalogue.close()
    with closing(Catalogue(catalogue.path)) as old:
        assert old.facts("format") == {"format": str(migrations.FORMAT)}
        with old.writing() as connection:
            conversations.append(connection, "talk", replace(turn, entry=7))
            assert [each.entry for each in conversations.turns_of(connection, "talk")] == [None, 7]
        assert tables(old.path) == tables_of_a_new_one(tmp_path)


def tables(path: Path) -> set[str]:
    """Every table and index as it was made, without what does not count: blanks."""
    with closing(sqlite3.connect(path)) as raw:
        made = raw.execute("select sql from sqlite_master where sql is not null and name not like 'sqlite_%'")
        return {"".join(row[0].split()) for row in made}


def tables_of_a_new_one(tmp_path: Path) -> set[str]:
    with closing(Catalogue(tmp_path / "new.db", create=True)) as new:
        return tables(new.path)


def test_a_read_only_folder_can_be_read(catalogue, document, monkeypatch):
    catalogue.close()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everywhere
    with closing(Catalogue(catalogue.path)) as frozen:
        assert frozen.page_text(document, OLD, 1) == "old words"
        with pytest.raises(StorageError, match="readonly"):
            frozen.set(key="value")
