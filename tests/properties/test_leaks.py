"""0 leaks: random people, groups, documents and rules. After each change, nothing that anybody is shown tells of a
document that they may not read: no word of it, not its name, not its title, not one more in a count, not a score.

Each document has a word of its own that stands in its name, its title and its text. A check is one thing that one
person was shown, held against one document that they may not read. And each surface must have shown what may be read:
one that is silent has no leaks to find.
"""

from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from homeground import Principal, Workspace
from homeground.errors import HomegroundError, NotFoundError

from .company import FOLDERS, OUTDATED, ROOT, WORDS, Company, Pool, keep
from .surfaces import COMPARISONS, LISTS, NEVER, PAGES, PICTURES, PNG, without

CHANGES = 10  # a seed
SEEDS = (1, 2)
LEAST = 10_000  # checks, over all seeds
DONE = SimpleNamespace(checks=0, seeds=0, found=Counter(), shown=Counter(), drawn=Counter(), compared=Counter())
TELL_NO_DOCUMENT = {  # by what they are; they must not even so
    *("/", "/api/sources", "/api/jobs", "/api/conversations", "/api/status", "/api/models", "/api/tokens"),
    *("/api/sessions", "/v1/models", "/api/access/explain"),
}
NO_TALK = "0123456789ab" * 2


class Watched(Company):
    """A company at which everybody looks, over everything that shows anything."""

    def __init__(self, base: Path, seed: int, monkeypatch) -> None:
        super().__init__(base, seed, monkeypatch)
        self.talks: list[tuple[str, str]] = []
        self.references = 0

    def look(self) -> None:
        """Everything that everybody can be shown now."""
        for person in [*self.people, ROOT]:
            forbidden, mine = self.model.forbidden(person), self.model.readable(person)
            documents = self.workspace.documents(person)
            assert [each.name for each in documents] == mine
            status = self.workspace.status(person)
            assert status.documents == sum(each.documents for each in status.sources) == len(mine)
            assert status.passages == sum(each.passages for each in documents)
            self.silent((documents, status, self.workspace.conversations(person)), forbidden, things=3)
            for name, word in forbidden.items():
                self.look_for(person, name, word, forbidden)
            for name in mine[:1]:
                assert self.workspace.explain_access(person, name, person).readable
                hits = self.workspace.search(self.model.files[name], person)
                assert hits[0].document == name, "what may be read is found"
                self.silent(hits, forbidden)
                DONE.found["search"] += 1
            for name in [each for each in mine if each.endswith(".pdf")][:1]:
                assert self.workspace.render(f"{name}#p1:0-1", person).startswith(PNG)
                DONE.found["picture"] += 1
        one, other = self.rng.sample(self.people, 2)
        for person in (one, other):
            self.look_over_http(person)
        self.ask_over_http(one)
        person = self.rng.choice(self.people)
        self.talk(person)
        now = {each.name: each for each in self.people}
        for who, conversation in self.talks[-4:]:
            self.silent(self.workspace.conversation(conversation, now[who]), self.model.forbidden(now[who]))

    def look_over_http(self, person: Principal) -> None:
        """What the service shows the person, and that a forbidden document is as one that never was."""
        forbidden, mine = self.model.forbidden(person), self.model.readable(person)
        assert self.service.documents(person.name) == mine
        for surface, shown in self.service.lists(person.name):
            self.hold(surface, shown, forbidden, mine)
            assert OUTDATED not in shown
        for name in self.rng.sample(sorted(forbidden), min(2, len(forbidden))):
            tell = partial(self.service.of_one, person.name, former=self.former(name))
            same(tell, name, NEVER + Path(name).suffix)
        for name in self.rng.sample(mine, min(1, len(mine))):
            for surface, status, shown, drawn in self.service.of_one(person.name, name, self.former(name)):
                assert status == 200 or surface in PICTURES + COMPARISONS  # of a PDF file, of two revisions
                if status == 200 and not drawn:
                    self.hold(surface, shown, forbidden, [name])
                DONE.drawn[surface] += drawn
                DONE.compared[surface] += OUTDATED in shown
        self.look_at_talks(person, forbidden, mine)

    def look_at_talks(self, person: Principal, forbidden: dict[str, str], mine: list[str]) -> None:
        """One's own conversations, as far as one may read them now; one of somebody else's is as none that ever was."""
        for talk in self.service.talks(person.name)[:1]:
            for surface, status, shown, _ in self.service.of_talk(person.name, talk):
                assert status == 200
                self.hold(surface, shown, forbidden, mine)
        for talk in [talk for name, talk in self.talks if name != person.name][-1:]:
            same(partial(self.service.of_talk, person.name), talk, NO_TALK)

    def ask_over_http(self, person: Principal) -> None:
        """What the service answers the person."""
        forbidden, mine = self.model.forbidden(person), self.model.readable(person)
        question = f"What is the limit of {self.rng.choice(WORDS)}?"
        for surface, shown in self.service.asked(person.name, question, kept=True):
            self.hold(surface, shown, forbidden, mine)
            assert OUTDATED not in shown
        question = f"limit of {self.rng.choice(sorted(self.model.files.values()))}"
        for surface, shown in self.service.asked(person.name, question, kept=False):
            self.hold(surface, shown.replace(question, ""), forbidden, mine)

    def hold(self, surface: str, shown: str, forbidden: dict[str, str], mine: list[str]) -> None:
        """What a surface shows: nothing of what is forbidden, and is there something of what is not?"""
        self.silent(shown, forbidden, things=int(shown != ""))  # the export of a log in which nothing stands yet
        DONE.shown[surface] += any(self.model.files[name] in shown for name in mine)

    def former(self, name: str) -> str:
        """The digest of the former revision of a document; of none where it is removed or was never changed."""
        try:
            return [*self.workspace.revisions(name, ROOT)[1:], SimpleNamespace(revision="0" * 64)][0].revision
        except NotFoundError:
            return "0" * 64

    def look_for(self, person: Principal, name: str, word: str, forbidden: dict[str, str]) -> None:
        """Asks for a forbidden document by its word and its name: as for one that never was."""
        self.silent(self.workspace.search(f"limit of {word}", person, limit=20), forbidden)
        former = self.former(name)
        for ask in (
            lambda each: self.workspace.show(f"{each}#p1", person),
            lambda each: self.workspace.render(f"{each}#p1:0-1", person),
            lambda each: self.workspace.explain_access(person, each, person),
            lambda each: self.workspace.revisions(each, person),
            lambda each: self.workspace.compare(each, former, person),
            lambda each: self.workspace.remove_document(each, person),
        ):
            if not (person.owner and name in self.model.removed):
                assert said(ask, name) == said(ask, NEVER)
                DONE.checks += 1

    def talk(self, person: Principal) -> None:
        forbidden = self.model.forbidden(person)
        answer = self.workspace.ask(f"What is the limit of {self.rng.choice(WORDS)}?", person, conversation="new")
        self.silent(answer, forbidden)
        self.talks.append((person.name, answer.conversation))

    def silent(self, shown: object, forbidden: dict[str, str], things: int = 1) -> None:
        told = repr(shown)
        for name, word in forbidden.items():
            assert word not in told, f"leaked: {name}"
        DONE.checks += things * len(forbidden)

    # -- The same without what is forbidden -------------------------------------------------------

    def compare(self, person: Principal) -> None:
        """A workspace that never held what this person may not read gives the same hits, scores and answers."""
        mine = self.model.readable(person)
        self.references += 1
        base = self.base / f"reference{self.references}"
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
        for name in mine:
            keep(base / name, self.texts[name])
        self.monkeypatch.chdir(base)
        # Sums of floats depend on the order of what is summed: so the documents come in the same one.
        Pool.order = [Path(each.name).name for each in sorted(self.workspace.documents(person), key=lambda one: one.id)]
        with Workspace.create(base / "kb") as other:
            other.add("docs", "more")
            words = [self.model.files[name] for name in self.model.files]
            for _ in range(4):
                question = " ".join([*self.rng.sample(WORDS, 2), self.rng.choice(words), "limit"])
                assert ranked(self.workspace, question, person) == ranked(other, question, person)
                DONE.checks += len(self.model.files) - len(mine)
            question = f"What is the limit of {self.rng.choice(words)}?"
            assert answered(self.workspace, question, person) == answered(other, question, person)
        self.monkeypatch.chdir(self.base)
        Pool.order = []


def same(tell, name: str, never: str) -> None:
    """What is told of one name is, to the letter, what is told of another, which there never was."""
    for (surface, *told), (_, *wanted) in zip(tell(name), tell(never), strict=True):
        (status, shown, drawn), (absent, nothing, _) = told, wanted
        assert (status, without(name, shown), drawn) == (absent, without(never, nothing), False), surface
        DONE.checks += 1


def said(ask, name: str) -> str:
    with pytest.raises(HomegroundError) as error:
        ask(name)
    assert isinstance(error.value, NotFoundError)
    return str(error.value).replace(name, "NAME")


def ranked(workspace: Workspace, question: str, person: Principal) -> list[tuple]:
    hits = workspace.search(question, person, limit=6)
    shown = [(-each.score, each.document, each.page, each.start, each.text, each.title, each.source) for each in hits]
    return sorted(shown)


def answered(workspace: Workspace, question: str, person: Principal) -> tuple:
    answer = workspace.ask(question, person)
    statements = [(each.text, each.support, sorted(map(str, each.citations))) for each in answer.statements]
    return answer.refused, answer.reason, sorted(statements), answer.notes


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_of_what_is_forbidden_shows(tmp_path, quick, seed):
    company = Watched(tmp_path, seed, quick)
    with closing(company.workspace), company.service:
        company.look()
        for number in range(CHANGES):
            company.change()
            company.look()
            if number % 5 == 0:
                company.compare(company.rng.choice(company.people))
        assert company.workspace.verify_audit() > CHANGES / 3
    DONE.seeds += 1
    if DONE.seeds == len(SEEDS):
        check_that_something_was_seen()


def check_that_something_was_seen() -> None:
    """A test that sees nothing finds nothing: what may be read showed on every surface that can show it."""
    assert DONE.checks >= LEAST, f"{DONE.checks} checks"
    assert DONE.found["search"] > CHANGES and DONE.found["picture"] > CHANGES
    refused = {path for path, status in (LISTS | PAGES).items() if status == 403}
    silent = {surface for surface, times in DONE.shown.items() if not times}
    assert silent == {each.partition("?")[0] for each in TELL_NO_DOCUMENT | refused}
    assert {surface for surface, times in DONE.drawn.items() if times} == set(PICTURES)
    assert {surface for surface, times in DONE.compared.items() if times} == set(COMPARISONS)
