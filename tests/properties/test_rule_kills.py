"""A change of who may read what, killed at each of its steps: never is more readable than before or after it."""

import pytest

from homeground.access.policy import visible_to

STEPS = ["before writing 1", "before place 1", "after place 1", "before land 1", "after land 1"]
GOING = [
    "before writing 1",
    "before prepare 1",
    "after prepare 1",
    "before replace 1",
    "after replace 1",
    "after finish 1",
]
FILES = ("docs/a.txt", "docs/b.txt", "docs/hr/c.txt", "docs/hr/d.txt", "more/f.txt")


@pytest.fixture
def office(new_town):
    """Five documents, two of them in a folder that rules are made for."""
    town = new_town(11)
    for name in FILES:
        town._put(name, town._text())
    town.sync()
    return town


def seen(town, parts) -> dict[str, set[str]]:
    """What each person finds; what is listed and counted is the same."""
    found = {}
    for person in parts.PEOPLE.values():
        names = set(town.find(person))
        access = visible_to(person, town.catalogue)
        assert {each.name for each in town.catalogue.documents(access)} == names
        passages = sum(len(parts.pages_of(town.files[name])) for name in names)
        assert town.catalogue.statistics(access, ["common"]).passages == passages, "the counts say what is found"
        found[person.name] = names
    return found


def dies(town, *command: object) -> bool:
    """Does it; whether it died of it."""
    town.writer.send(*command)
    return not town.writer.finished()


CHANGES = {
    "a folder is closed": [("rule", "docs:hr/", ["group:hr"], None)],
    "a folder is opened": [("rule", "docs", ["group:hr"], None), ("rule", "docs:hr/", ["everyone"], None)],
    "a document is denied": [("rule", "docs:hr/", ["user:bob"], []), ("rule", "docs/hr/c.txt", None, ["user:bob"])],
    "a rule is cleared": [("rule", "docs:hr/", ["user:ann"], None), ("rule", "docs:hr/", None, None)],
}


@pytest.mark.parametrize(
    ("what", "instant"),
    [
        *(("a folder is closed", instant) for instant in STEPS),
        *(("a folder is opened", instant) for instant in STEPS[1:4]),
        *(("a document is denied", instant) for instant in STEPS[1:3]),
        *(("a rule is cleared", instant) for instant in STEPS[1:3]),
    ],
)
def test_a_rule_that_is_killed_on_the_way(office, parts, what, instant):
    *first, last = CHANGES[what]
    for command in first:
        office.writer.tell(*command)
    before = seen(office, parts)
    assert dies(office, *last, instant)
    half = seen(office, parts)
    office.revive()
    office.sync()
    after = seen(office, parts)
    assert (after == before) == (instant == "before writing 1"), "the first step decides"
    for name, names in half.items():
        assert names <= before[name] & after[name] or half == after, "less for a moment, never more"
        assert {"docs/a.txt", "docs/b.txt", "more/f.txt"} & before[name] & after[name] <= names, (
            "nothing else is hidden"
        )
    office._look_into(office._reader())


@pytest.mark.parametrize("instant", GOING)
def test_a_removal_that_is_killed_on_the_way(office, parts, instant):
    before = seen(office, parts)
    assert dies(office, "take", "docs/hr/c.txt", instant)
    now = seen(office, parts)
    begun = instant != "before writing 1"
    gone = {"docs/hr/c.txt"} if begun else set()
    assert now == {name: names - gone for name, names in before.items()}, "at once, and nothing else"
    office.revive()
    office.sync()
    assert seen(office, parts) == now
    if begun:
        text = office.files.pop("docs/hr/c.txt")
        office.sync()
        office.check_settled()
        office.files["docs/hr/c.txt"] = text
        office.writer.tell("give", "docs/hr/c.txt")
        office.sync()
        office.check_settled()


@pytest.mark.parametrize("instant", ["before rename 1", "after rename 1", "after place 1", "after land 1"])
def test_a_killed_sync_over_renames_between_rules(office, instant, parts):
    office.writer.tell("rule", "docs:hr/", ["group:hr"], None)
    office.writer.tell("rule", "docs/b.txt", ["user:ann"], None)
    for old, new in (("docs/hr/c.txt", "docs/c.txt"), ("docs/b.txt", "docs/hr/b.txt")):
        (office.base / old).rename(office.base / new)
        office.files[new] = office.files[old]
    assert dies(office, "sync", instant)
    for person in parts.PEOPLE.values():
        found = set(office.find(person))
        assert person.name in ("ann", "root") or not {"docs/b.txt", "docs/hr/b.txt"} & found, "its rule goes along"
        assert "hr" in person.groups or "docs/hr/d.txt" not in found
    office.revive()
    office.sync()
    assert set(office.find(parts.PEOPLE["bob"])) == {"docs/a.txt", "docs/c.txt", "more/f.txt"}
    assert set(office.find(parts.PEOPLE["ann"])) == {"docs/a.txt", "docs/c.txt", "docs/hr/b.txt", "more/f.txt"}
    assert set(office.find(parts.PEOPLE["hr"])) == {"docs/a.txt", "docs/c.txt", "docs/hr/d.txt", "more/f.txt"}
