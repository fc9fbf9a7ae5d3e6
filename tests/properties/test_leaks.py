"""0 leaks: random people, groups, documents and rules. After each change, nothing that anybody is shown tells of a
document that they may not read: no word of it, not its name, not its title, not one more in a count, not a score.

Each document has a word of its own that stands in its name, its title and its text. A check is one thing that one
person was shown, held against one document that they may not read.
"""

import random
import string
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from homeground import Principal, Workspace
from homeground.errors import HomegroundError, NotFoundError
from homeground.parts import Parts
from homeground.types import OWNER, Page, ParsedDocument

from .surfaces import NEVER, Service

ROOT = Principal("root", owner=True)
GROUPS = ("hr", "board", "temps")
FOLDERS = ("docs", "docs/hr", "docs/hr/pay", "docs/open", "more")
WORDS = [f"word{number}" for number in range(40)]
CHANGES = 12  # a seed
SEEDS = (1, 2)
LEAST = 10_000  # checks, over all seeds
OUTDATED = "outdatedword"  # stands in the first revision of the first documents, which is kept for comparing only
DONE = SimpleNamespace(checks=0, shown=0, seeds=0, compared=0)

Lists = tuple[frozenset[str] | None, frozenset[str]]


@dataclass
class Model:
    """Who may read what, said once more in the plainest way."""

    files: dict[str, str] = field(default_factory=dict)  # name → its own word
    rules: dict[str, Lists] = field(default_factory=dict)  # target → allow, deny
    removed: set[str] = field(default_factory=set)

    def may_read(self, person: Principal, name: str) -> bool:
        if name in self.removed:
            return False
        source = name.split("/")[0]
        inner = name.split("/")[1:-1]
        above = [f"{source}:{'/'.join(inner[:end])}/" for end in range(len(inner), 0, -1)]
        said = [self.rules[each] for each in (name, *above, source) if each in self.rules]
        allow = next(allow for allow, _ in said if allow is not None)
        denied = frozenset().union(*(deny for _, deny in said))
        if person.owner:
            return True
        return bool(person.grants & allow) and not person.grants & denied

    def readable(self, person: Principal) -> list[str]:
        return sorted(name for name in self.files if self.may_read(person, name))

    def forbidden(self, person: Principal) -> dict[str, str]:
        return {name: word for name, word in self.files.items() if not self.may_read(person, name)}


class Pool:
    """Reads text files in this process, those of ``order`` in that order; a text begins with its title."""

    order: ClassVar[list[str]] = []

    def __init__(self, settings: object) -> None:
        pass

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def parse_all(self, paths):
        import hashlib

        places = {each: at for at, each in enumerate(self.order)}
        for path in sorted(paths, key=lambda each: places.get(each.name, -1)):
            text = path.read_text()
            pages = tuple(Page(number, page) for number, page in enumerate(text.split("\f"), 1))
            document = ParsedDocument(f"Report {text.split()[1]}", "text/plain", pages)
            digest = hashlib.sha256(text.encode()).hexdigest()
            yield SimpleNamespace(path=path, document=document, problem=None, seconds=0.0, sha256=digest)


@pytest.fixture
def quick(monkeypatch, actor):
    """No models and no worker processes: a workspace in milliseconds."""
    embedder = actor.WordEmbedder()
    monkeypatch.setattr("homeground.ingest.readers._worker_processes", Pool)
    monkeypatch.setattr(Parts, "embedder", lambda self, named: embedder)
    monkeypatch.setattr(Parts, "maker", lambda self, made: embedder)
    monkeypatch.setattr(Parts, "name_of", lambda self, made: "words")
    monkeypatch.setattr("homeground.ingest.plan._RACY_NS", 0)
    return monkeypatch


def text_of(word: str, rng: random.Random) -> str:
    pages = []
    for number in range(rng.randint(1, 2)):
        sentences = [f"The limit of {word} is {rng.randint(10, 99)} units of {rng.choice(WORDS)}."]
        sentences += [" ".join(rng.sample(WORDS, 6)).capitalize() + "." for _ in range(2)]
        pages.append(f"Report {word} {number}. " + " ".join(sentences))
    return "\f".join(pages)


class Company:
    """A workspace, its folders, its people, and the model of who may read what."""

    def __init__(self, base: Path, seed: int, monkeypatch) -> None:
        self.rng, self.base, self.monkeypatch = random.Random(seed), base, monkeypatch
        self.people = [
            Principal(name, frozenset(self.rng.sample(GROUPS, self.rng.randint(0, 2))))
            for name in ("ann", "bob", "carl", "dora", "emil")
        ]
        self.grants = [
            "everyone",
            *(f"group:{each}" for each in GROUPS),
            *(f"user:{each.name}" for each in self.people),
        ]
        self.model, self.texts = Model(), {}
        for folder in FOLDERS:
            (base / folder).mkdir(parents=True)
        monkeypatch.chdir(base)
        for _ in range(10):
            self.write()
        for name, text in self.texts.items():
            (base / name).write_text(f"{text} {OUTDATED}.")
        Workspace.create(base / "kb").close()
        (base / "kb" / "homeground.toml").write_text("[revisions]\nkeep = 2\n")
        self.workspace = Workspace.open(base / "kb")
        self.workspace.add("docs", "more", access=["everyone"])
        for name, text in self.texts.items():
            (base / name).write_text(text)
        self.workspace.sync()
        self.model.rules = {each: (frozenset({"everyone", OWNER}), frozenset()) for each in ("docs", "more")}
        self.talks: list[tuple[str, str]] = []
        self.references = 0
        self.workspace.people.add("root", role="owner")
        for each in self.people:
            self.workspace.people.add(each.name, groups=each.groups)
        self.service = Service(self.workspace)

    # -- What happens -----------------------------------------------------------------------------

    def change(self) -> None:
        often = [self.set_rule] * 6 + [self.clear_rule] * 2 + [self.remove, self.regroup] * 2
        often += [self.restore, self.add_file]
        self.rng.choice([*often, self.delete_file, self.rename_file, self.edit_file])()

    def write(self) -> None:
        word = "".join(self.rng.choices(string.ascii_lowercase, k=10))
        name = f"{self.rng.choice(FOLDERS)}/{word}.txt"
        self.model.files[name], self.texts[name] = word, text_of(word, self.rng)
        (self.base / name).write_text(self.texts[name])

    def set_rule(self) -> None:
        folders = [f"{one}:{rest}/" for one, _, rest in (each.partition("/") for each in FOLDERS) if rest]
        live = sorted(set(self.model.files) - self.model.removed)
        target = self.rng.choice([*folders, *folders, "docs", "more", *self.rng.sample(live, 2)])
        allow = self.some() if target in ("docs", "more") or self.rng.random() < 0.7 else None
        deny = self.some() if allow is None or self.rng.random() < 0.3 else None
        self.workspace.set_access(target, allow=allow, deny=deny, principal=ROOT)
        before = self.model.rules.get(target, (None, frozenset()))
        now = frozenset(allow) if allow is not None else before[0]
        self.model.rules[target] = (now, frozenset(deny) if deny is not None else before[1])

    def some(self) -> list[str]:
        return self.rng.sample(self.grants, self.rng.randint(1, 3))

    def clear_rule(self) -> None:
        known = [each for each in self.model.rules if each not in ("docs", "more") and each not in self.model.removed]
        if known:
            target = self.rng.choice(sorted(known))
            self.workspace.clear_access(target, principal=ROOT)
            del self.model.rules[target]

    def remove(self) -> None:
        who = self.rng.choice([*self.people, ROOT])
        mine = self.model.readable(who)
        if mine:
            name = self.rng.choice(mine)
            self.workspace.remove_document(name, who)
            self.model.removed.add(name)

    def restore(self) -> None:
        if self.model.removed:
            name = self.rng.choice(sorted(self.model.removed))
            self.workspace.restore_document(name, ROOT)
            self.model.removed.discard(name)
            self.workspace.sync()

    def regroup(self) -> None:
        at = self.rng.randrange(len(self.people))
        groups = frozenset(self.rng.sample(GROUPS, self.rng.randint(0, 2)))
        self.people[at] = Principal(self.people[at].name, groups)
        self.workspace.people.change(self.people[at].name, groups=groups)

    def add_file(self) -> None:
        self.write()
        self.workspace.sync()

    def delete_file(self) -> None:
        name = self.rng.choice(sorted(self.model.files))
        (self.base / name).unlink()
        self.forget(name)
        self.workspace.sync()

    def edit_file(self) -> None:
        name = self.rng.choice(sorted(self.model.files))
        self.texts[name] = text_of(self.model.files[name], self.rng)
        (self.base / name).write_text(self.texts[name])
        self.workspace.sync()

    def rename_file(self) -> None:
        name = self.rng.choice(sorted(self.model.files))
        new = f"{self.rng.choice([each for each in FOLDERS if each.split('/')[0] == name.split('/')[0]])}/{name[-14:]}"
        if new in self.model.files:
            return
        (self.base / name).rename(self.base / new)
        self.model.files[new], self.texts[new] = self.model.files[name], self.texts[name]
        if name in self.model.rules:
            self.model.rules[new] = self.model.rules[name]
        if name in self.model.removed:
            self.model.removed.add(new)
        self.forget(name)
        self.workspace.sync()

    def forget(self, name: str) -> None:
        del self.model.files[name], self.texts[name]
        self.model.rules.pop(name, None)
        self.model.removed.discard(name)

    # -- What is looked at ------------------------------------------------------------------------

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
                DONE.shown += 1
        for person in self.rng.sample(self.people, 2):
            self.look_over_http(person)
        person = self.rng.choice(self.people)
        self.talk(person)
        now = {each.name: each for each in self.people}
        for who, conversation in self.talks[-4:]:
            self.silent(self.workspace.conversation(conversation, now[who]), self.model.forbidden(now[who]))

    def look_over_http(self, person: Principal) -> None:
        """What the service shows the person, and that a forbidden document is as one that never was."""
        forbidden = self.model.forbidden(person)
        assert self.service.documents(person.name) == self.model.readable(person)
        for shown in self.service.lists(person.name):
            self.silent(shown, forbidden)
            assert OUTDATED not in shown
        for name in self.rng.sample(sorted(forbidden), min(2, len(forbidden))):
            former = self.former(name)
            never = self.service.of_one(person.name, NEVER, former)
            for told, wanted in zip(self.service.of_one(person.name, name, former), never, strict=True):
                assert told == wanted
                DONE.checks += 1
        for name in self.model.readable(person)[:1]:
            page = f"/documents/compare?name={name}&former={self.former(name)}"
            DONE.compared += OUTDATED in self.service.client.get(page, headers=self.service.as_(person.name, True)).text
        word = self.rng.choice(sorted(self.model.files.values()))
        for shown in self.service.asked(person.name, f"What is the limit of {self.rng.choice(WORDS)}?", kept=True):
            self.silent(shown, forbidden)
            assert OUTDATED not in shown
        for shown in self.service.asked(person.name, f"limit of {word}", kept=False):
            self.silent(shown.replace(f"limit of {word}", ""), forbidden)

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
            (base / name).write_text(self.texts[name])
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
    company = Company(tmp_path, seed, quick)
    try:
        company.look()
        for number in range(CHANGES):
            company.change()
            company.look()
            if number % 5 == 0:
                company.compare(company.rng.choice(company.people))
        assert company.workspace.verify_audit() > CHANGES / 3
    finally:
        company.workspace.close()
    DONE.seeds += 1
    assert DONE.shown > CHANGES and DONE.compared > CHANGES / 2, "a test that sees nothing finds nothing"
    assert DONE.seeds < len(SEEDS) or DONE.checks >= LEAST, f"{DONE.checks} checks"
