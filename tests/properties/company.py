"""A company that lives at random: people, groups, documents, rules; and, beside it, the model of who may read what.

Each document has a word of its own that stands in its name, its title and its text. Some are PDF files, whose pages can
be drawn.
"""

import hashlib
import random
import string
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

from homeground import Principal, Workspace
from homeground.ingest.parse import parse_bytes
from homeground.settings import IngestSettings
from homeground.types import OWNER, Page, ParsedDocument

from ..pdf import pdf
from .surfaces import Service

ROOT = Principal("root", owner=True)
GROUPS = ("hr", "board", "temps")
FOLDERS = ("docs", "docs/hr", "docs/hr/pay", "docs/open", "more")
WORDS = [f"word{number}" for number in range(40)]
OUTDATED = "outdatedword"  # stands in the first revision of the first documents, which is kept for comparing only

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
    """Reads files in this process, those of ``order`` in that order; a text begins with its title."""

    order: ClassVar[list[str]] = []

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def parse_all(self, paths):
        places = {each: at for at, each in enumerate(self.order)}
        for path in sorted(paths, key=lambda each: places.get(each.name, -1)):
            data = path.read_bytes()
            document = self._read(path.name, data)
            digest = hashlib.sha256(data).hexdigest()
            yield SimpleNamespace(path=path, document=document, problem=None, seconds=0.0, sha256=digest)

    def _read(self, name: str, data: bytes) -> ParsedDocument:
        if name.endswith(".pdf"):
            return parse_bytes(data, name, self._settings)
        text = data.decode()
        pages = tuple(Page(number, page) for number, page in enumerate(text.split("\f"), 1))
        return ParsedDocument(f"Report {text.split()[1]}", "text/plain", pages)


def text_of(word: str, rng: random.Random) -> str:
    pages = []
    for number in range(rng.randint(1, 2)):
        sentences = [f"The limit of {word} is {rng.randint(10, 99)} units of {rng.choice(WORDS)}."]
        sentences += [" ".join(rng.sample(WORDS, 6)).capitalize() + "." for _ in range(2)]
        pages.append(f"Report {word} {number}. " + " ".join(sentences))
    return "\f".join(pages)


def keep(path: Path, text: str) -> None:
    """Writes a text, as a PDF file where the name says so."""
    data = text.encode()
    if path.suffix == ".pdf":
        lines = [textwrap.wrap(page, 55) for page in text.split("\f")]
        pages = [[(20, 270 - 16 * at, line) for at, line in enumerate(each)] for each in lines]
        data = pdf(*pages, title=f"Report {text.split()[1]}")
    path.write_bytes(data)


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
            keep(base / name, f"{text} {OUTDATED}.")
        Workspace.create(base / "kb").close()
        (base / "kb" / "homeground.toml").write_text("[revisions]\nkeep = 2\n")
        self.workspace = Workspace.open(base / "kb")
        self.workspace.add("docs", "more", access=["everyone"])
        for name, text in self.texts.items():
            keep(base / name, text)
        self.workspace.sync()
        self.model.rules = {each: (frozenset({"everyone", OWNER}), frozenset()) for each in ("docs", "more")}
        self.workspace.people.add("root", role="owner")
        for each in self.people:
            self.workspace.people.add(each.name, groups=each.groups)
        self.service = Service(self.workspace)

    def change(self) -> None:
        often = [self.set_rule] * 6 + [self.clear_rule] * 2 + [self.remove, self.regroup] * 2
        often += [self.restore, self.add_file]
        self.rng.choice([*often, self.delete_file, self.rename_file, self.edit_file])()

    # -- Rules and people -------------------------------------------------------------------------

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

    def regroup(self) -> None:
        at = self.rng.randrange(len(self.people))
        groups = frozenset(self.rng.sample(GROUPS, self.rng.randint(0, 2)))
        self.people[at] = Principal(self.people[at].name, groups)
        self.workspace.people.change(self.people[at].name, groups=groups)

    # -- Documents and files ----------------------------------------------------------------------

    def write(self) -> None:
        word = "".join(self.rng.choices(string.ascii_lowercase, k=10))
        name = f"{self.rng.choice(FOLDERS)}/{word}.{self.rng.choice(('pdf', 'txt'))}"
        self.model.files[name], self.texts[name] = word, text_of(word, self.rng)
        keep(self.base / name, self.texts[name])

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
        keep(self.base / name, self.texts[name])
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
