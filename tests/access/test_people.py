"""People, passwords, tokens and sessions as they are kept: who may be added, and what stops being valid when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from homeground import Workspace
from homeground.access.sessions import Sessions
from homeground.access.throttle import Throttle
from homeground.catalogue.schema_people import login_failures, sessions, tokens
from homeground.errors import ConfigError, NotFoundError
from homeground.settings import LoginSettings

PASSWORD = "correct horse battery"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.create(tmp_path) as made:
        yield made


@pytest.fixture
def staffed(space: Workspace) -> Workspace:
    """An owner, Olga, and a reader, Rob, in two groups."""
    space.people.add("Olga", role="owner", password=PASSWORD)
    space.people.add("Rob", groups=["sales", "berlin"])
    return space


def test_the_first_person_must_be_an_owner(space: Workspace) -> None:
    assert not space.people.any()
    with pytest.raises(ConfigError, match="first person must be an owner"):
        space.people.add("Rob")
    assert not space.people.any()
    space.people.add("Olga", role="owner")
    assert space.people.add("Rob", groups=["sales"]).groups == {"sales"}


@pytest.mark.parametrize("name", ["rob", "ROB", " Rob ", "Ｒｏｂ"])
def test_no_two_names_read_alike(staffed: Workspace, name: str) -> None:
    with pytest.raises(ConfigError, match="already"):
        staffed.people.add(name)
    assert staffed.people.find(name).name == "Rob"


@pytest.mark.parametrize("name", ["", "  ", "a,b", "user:rob", "ro\nb", "r\x00b", "everyone", "Owner", "x" * 65, "a!b"])
def test_a_name_that_could_be_mistaken_is_none(staffed: Workspace, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name"):
        staffed.people.add(name)
    with pytest.raises(ConfigError, match="is no name"):
        staffed.people.change("Rob", groups=[name])
    assert staffed.people.find("Rob").groups == {"sales", "berlin"}


@pytest.mark.parametrize("name", ["李雷", "Zoë Müller", "ann@example.org", "o'hara", "ann-2_x.y"])
def test_names_of_any_script_are_names(staffed: Workspace, name: str) -> None:
    assert staffed.people.add(name).principal.name == name


def test_the_last_active_owner_stays(staffed: Workspace) -> None:
    for attempt in (
        lambda: staffed.people.change("Olga", role="reader"),
        lambda: staffed.people.change("Olga", active=False),
        lambda: staffed.people.remove("Olga"),
    ):
        with pytest.raises(ConfigError, match="must be an active owner"):
            attempt()
    assert staffed.people.find("Olga").role == "owner"
    staffed.people.change("Rob", role="owner")
    staffed.people.remove("Olga")
    staffed.people.remove("Rob")  # the very last: the local account is the owner again
    assert not staffed.people.any()


def test_a_person_is_their_groups_everywhere(staffed: Workspace) -> None:
    assert staffed.person("rob").groups == {"sales", "berlin"}
    assert staffed.person("Rob,extra").groups == {"sales", "berlin", "extra"}
    assert staffed.person("Olga").owner
    assert staffed.person("stranger").groups == frozenset()


# -- Passwords ------------------------------------------------------------------------------------


def test_a_password_lets_in_its_person_only(staffed: Workspace) -> None:
    assert staffed.people.with_password("olga", PASSWORD).person.name == "Olga"  # type: ignore[union-attr]
    for name, password in (("Olga", PASSWORD + " "), ("Rob", PASSWORD), ("Rob", ""), ("nobody", PASSWORD)):
        assert staffed.people.with_password(name, password) is None


@pytest.mark.parametrize("password", ["short", "x" * 1025])
def test_a_password_of_no_use_is_refused(staffed: Workspace, password: str) -> None:
    with pytest.raises(ConfigError, match="characters"):
        staffed.people.set_password("Rob", password)
    assert not staffed.people.find("Rob").has_password


def test_no_secret_lies_in_the_workspace_in_the_clear(staffed: Workspace, tmp_path: Path) -> None:
    _, secret = staffed.tokens.create("Rob", "script")
    cookie = Sessions(staffed.catalogue, LoginSettings()).begin(staffed.people.find("Olga"))
    staffed.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for each in (PASSWORD, secret, cookie):
        assert each.encode() not in kept
    assert b"$argon2id$" in kept


# -- Tokens ---------------------------------------------------------------------------------------


def test_a_token_acts_as_its_person_within_its_permissions(staffed: Workspace) -> None:
    _, secret = staffed.tokens.create("Olga", "reports", ["read"])
    caller = staffed.tokens.caller(secret)
    assert caller is not None
    assert (caller.principal.name, caller.permissions) == ("Olga", {"read"})
    assert staffed.tokens.caller(secret[:-1]) is None


def test_a_token_cannot_hold_more_than_the_role(staffed: Workspace) -> None:
    with pytest.raises(ConfigError, match="role reader does not hold write"):
        staffed.tokens.create("Rob", "script", ["read", "write"])
    _, secret = staffed.tokens.create("Olga", "all", ["read", "write", "admin"])
    staffed.people.change("Rob", role="owner")
    staffed.people.change("Olga", role="reader")
    assert staffed.tokens.caller(secret).permissions == {"read"}  # type: ignore[union-attr]


def test_a_token_ends_when_revoked_expired_or_its_person_goes(staffed: Workspace) -> None:
    made, secret = staffed.tokens.create("Rob", "script", days=1)
    with pytest.raises(NotFoundError):
        staffed.tokens.revoke(made.id, "Olga")
    staffed.tokens.revoke(made.id, "Rob")
    assert staffed.tokens.caller(secret) is None

    made, secret = staffed.tokens.create("Rob", "script", days=1)
    with staffed.catalogue.writing() as connection:
        connection.execute(update(tokens).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert staffed.tokens.caller(secret) is None

    _, secret = staffed.tokens.create("Rob", "script", days=None)
    staffed.people.change("Rob", active=False)
    assert staffed.tokens.caller(secret) is None
    staffed.people.change("Rob", active=True)
    assert staffed.tokens.caller(secret) is not None
    staffed.people.remove("Rob")
    assert staffed.tokens.caller(secret) is None
    staffed.people.add("Rob")  # somebody else of the same name inherits nothing
    assert staffed.tokens.caller(secret) is None
    assert staffed.tokens.list() == []


@pytest.mark.parametrize(("label", "days"), [("", 1), ("x" * 101, 1), ("a\nb", 1), ("ok", 0), ("ok", 4000)])
def test_a_token_needs_a_label_and_a_life(staffed: Workspace, label: str, days: int) -> None:
    with pytest.raises(ConfigError):
        staffed.tokens.create("Rob", label, days=days)


# -- Sessions and throttling ----------------------------------------------------------------------


def test_a_session_ends_by_time_by_hand_and_with_the_password(staffed: Workspace) -> None:
    settings = LoginSettings(session_hours=2, idle_minutes=30)
    kept = Sessions(staffed.catalogue, settings)
    olga = staffed.people.find("Olga")

    def aged(**by: float) -> str:
        secret = kept.begin(olga, "browser")
        then = datetime.now(UTC) - timedelta(**by)
        with staffed.catalogue.writing() as connection:
            connection.execute(update(sessions).values(seen_at=then))
        return secret

    assert kept.caller(aged(minutes=29)) is not None
    assert kept.caller(aged(minutes=31)) is None
    old = kept.begin(olga)
    with staffed.catalogue.writing() as connection:
        connection.execute(update(sessions).values(created_at=datetime.now(UTC) - timedelta(hours=3)))
    assert kept.caller(old) is None

    first, second = kept.begin(olga), kept.begin(olga)
    found = kept.list("Olga")
    assert len(found) == 2
    with pytest.raises(NotFoundError):
        kept.end(found[0].id, "Rob")
    kept.end(found[0].id, "Olga")
    assert [kept.caller(first) is None, kept.caller(second) is None].count(True) == 1
    staffed.people.set_password("Olga", "another long password")
    assert kept.caller(first) is None and kept.caller(second) is None


def test_guessing_is_slowed_down_by_name_and_address_and_by_name(staffed: Workspace) -> None:
    throttle = Throttle(staffed.catalogue, LoginSettings(tries=3, lock_minutes=10))
    for _ in range(3):
        assert throttle.begin("Olga", "10.0.0.1") == 0
    assert 0 < throttle.begin("olga", "10.0.0.1") <= 601
    for _ in range(40):
        assert throttle.begin("Olga", "10.0.0.2") == 0  # the person elsewhere is not locked out
        throttle.passed("Olga", "10.0.0.2")
    assert throttle.begin("Rob", "10.0.0.1") == 0
    for at in range(27):
        assert throttle.begin("Olga", f"10.0.1.{at}") == 0
    assert throttle.begin("Olga", "10.0.0.2") > 0  # but not guessed at from everywhere either
    with staffed.catalogue.writing() as connection:
        connection.execute(update(login_failures).values(since=datetime.now(UTC) - timedelta(minutes=11)))
    assert throttle.begin("Olga", "10.0.0.1") == 0


def test_an_address_that_tries_many_names_is_slowed_down_and_an_office_is_not(staffed: Workspace) -> None:
    throttle = Throttle(staffed.catalogue, LoginSettings(tries=1, lock_minutes=10))
    for at in range(60):  # everybody of an office, each right
        assert throttle.begin(f"person {at}", "10.0.0.1") == 0
        throttle.passed(f"person {at}", "10.0.0.1")
    for at in range(40):
        assert throttle.begin(f"guess {at}", "10.0.0.1") == 0
    assert throttle.begin("another guess", "10.0.0.1") > 0
    assert throttle.begin("another guess", "10.0.0.2") == 0
    for at in range(60):  # nobody says where these come from: it may be anywhere
        assert throttle.begin(f"guess {at}", "") == 0


def test_names_that_were_tried_are_not_kept(staffed: Workspace, tmp_path: Path) -> None:
    Throttle(staffed.catalogue, LoginSettings()).begin("my password by mistake", "10.0.0.1")
    staffed.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"by mistake" not in kept
