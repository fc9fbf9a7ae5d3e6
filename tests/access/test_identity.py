"""Who somebody is: an id for good, never a name, which somebody new may have."""

from __future__ import annotations

import getpass
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from homeground import Workspace
from homeground.access import history
from homeground.catalogue import Catalogue, job_rows, upload_rows
from homeground.catalogue.people_rows import KEYED
from homeground.catalogue.schema_jobs import feedback
from homeground.errors import NotFoundError
from homeground.ingest.uploads import folder_name
from homeground.types import Principal

QUESTION = "How heavy is the Heron 300?"


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "heron.md").write_text("# Heron\n\nThe Heron 300 weighs 12 kg.\n", "utf-8")
    with Workspace.create(tmp_path) as made:
        made.add("files", name="files")
        made.sync()
        made.people.add("Olga", role="owner")
        made.people.add("ines", role="editor")
        yield made


def ines(space: Workspace) -> Principal:
    return space.people.find("ines").principal


def again(space: Workspace) -> Principal:
    """Somebody new of the same name."""
    space.people.remove("ines")
    return space.people.add("ines", role="editor").principal


def owners_of(catalogue: Catalogue) -> set[str]:
    with catalogue.reading() as connection:
        return {key for column in KEYED for key in connection.scalars(select(column)) if key}


def test_somebody_new_of_a_name_is_somebody_else(space):
    first = ines(space)
    new = again(space)
    assert first.name == new.name == "ines"
    assert first.key != new.key
    assert first.key not in ("ines", "")


def test_the_account_of_this_machine_is_no_person_of_that_name(space):
    asked = space.ask(QUESTION, space.owner, conversation="new")
    space.remove_document("files/heron.md", space.owner)
    newcomer = space.people.signed_in("issuer\nsub", getpass.getuser(), groups=[], role=None, create=True)
    assert newcomer is not None
    assert space.conversations(newcomer.principal) == []
    assert space.removed_documents(newcomer.principal) == []
    assert space.log.page(newcomer.principal).entries == ()
    space.ask(QUESTION, space.owner)  # and later
    assert space.log.page(newcomer.principal).entries == ()
    with pytest.raises(NotFoundError):
        space.conversation(asked.conversation, newcomer.principal)
    assert [each.id for each in space.conversations(space.owner)] == [asked.conversation]


def test_an_answer_to_somebody_who_was_removed_meanwhile_is_nobodys(space):
    new: list[Principal] = []

    def remove(statement: object) -> None:
        new.extend([] if new else [again(space)])

    answer = space.ask(QUESTION, ines(space), conversation="new", on_statement=remove)
    assert answer.statements
    assert answer.conversation is None
    assert space.conversations(new[0]) == []
    assert space.log.page(new[0]).entries == ()
    assert owners_of(space.catalogue) == set()
    assert space.log.erase("ines", space.owner).entries > 0
    left = [each for each in space.audit_entries(50) if QUESTION in str(each.body)]
    assert left == []


def test_an_answer_under_way_while_everything_is_erased_is_not_kept(space):
    done: list[object] = []
    for who in (ines(space), space.owner):
        done.clear()

        def erase(statement: object, name: str = who.name) -> None:
            done.extend([] if done else [space.log.erase(name, space.owner)])

        answer = space.ask(QUESTION, who, conversation="new", on_statement=erase)
        assert done
        assert answer.conversation is None
        assert space.conversations(who) == []
        assert space.ask(QUESTION, who, conversation="new").conversation  # a later one is


def test_nobody_begins_a_conversation_for_somebody_removed(space):
    gone = ines(space)
    again(space)
    with pytest.raises(NotFoundError, match="any more"):
        history.begin(space.catalogue, gone, 30)


def test_jobs_keys_and_feedback_stay_with_who_they_were_of(space):
    first = ines(space)
    with space.catalogue.writing() as connection:
        job_rows.add(connection, "sync", first.key, {}, merge=False)
        upload_rows.acknowledge(connection, first.key, "k1", "uploads/ines/a.md", "0" * 64, 1)
    asked = space.ask(QUESTION, first)
    space.log.judge(asked.receipt.id, first, "up", "mine", [])
    with space.catalogue.reading() as connection:
        assert [each.by for each in job_rows.listing(connection, 9)] == ["ines"]
    new = again(space)
    with space.catalogue.reading() as connection:
        assert job_rows.listing(connection, 9, whose=new.key) == []
        assert [each.by for each in job_rows.listing(connection, 9)] == [""]
        assert upload_rows.acknowledged(connection, new.key, "k1") is None
        assert upload_rows.acknowledged(connection, first.key, "k1") is None  # removed with her
    assert space.log.erase("ines", space.owner).feedback == 1  # of whoever ever had the name
    assert owners_of(space.catalogue) == set()


def test_somebody_new_of_a_name_has_an_uploads_folder_of_their_own(space):
    first = ines(space)
    was = space.upload("plan.md", io.BytesIO(b"# Plan\n\nSecret.\n"), first)
    new = again(space)
    now = space.upload("plan.md", io.BytesIO(b"# Plan\n\nSecret.\n"), new)
    assert was.document == "uploads/ines/plan.md"
    assert now.new
    assert now.document != was.document
    assert now.document == f"uploads/{folder_name('ines', new.key[-24:][:12])}/plan.md"
    with pytest.raises(NotFoundError, match="any more"):
        space.upload("late.md", io.BytesIO(b"late"), first)


def test_a_session_or_token_is_not_made_for_somebody_new_in_between(space, monkeypatch):
    found = space.people.find("ines")
    again(space)
    monkeypatch.setattr(type(space.tokens._people), "find", lambda self, name: found)
    with pytest.raises(NotFoundError, match="any more"):
        space.tokens.create("ines", "late")


def test_a_catalogue_of_format_3_gives_everything_to_ids(tmp_path):
    """People's things go to their ids, what is under a name that is nobody's to the account of the machine."""
    path = tmp_path / "catalogue.db"
    with closing(Catalogue(path, create=True)) as made:
        made.set(format="3")
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("drop table identities")
        raw.execute("insert into people values ('Ines', 'ines', 'owner', null, 1, null, ?, null)", (now,))
        for person in ("Ines", "root"):
            raw.execute("insert into conversations values (?, ?, ?, ?)", (f"c-{person}", person, now, now))
            raw.execute("insert into uploads values (?, 'k', 'n', 's', 1, ?)", (person, now))
        raw.commit()
    with closing(Catalogue(path)) as opened, opened.reading() as connection:
        key = connection.scalar(text("select id from identities where person = 'Ines' and mark = ''"))
        assert key.startswith("person:")
        query = text("select id, principal from conversations order by id")
        assert [tuple(row) for row in connection.execute(query)] == [("c-Ines", key), ("c-root", "local:root")]
        principals = set(connection.scalars(text("select principal from uploads")))
        assert principals == {key, "local:root"}
        assert connection.scalars(select(feedback.c.principal)).all() == []
