"""Caches that people share: what is in them, and whether a request finds itself there, depends on nothing that its
asker may not read.

Every memo of the program is watched: with which arguments it is called while somebody asks, and whether it knew them.
"""

import functools
import importlib
import pkgutil
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import pytest

import homeground
from homeground import Principal, Workspace
from homeground.index.analyser import _known_words, _KnownWords
from homeground.retrieve import names

from .company import WORDS, keep, text_of

BOB, OLGA = Principal("bob"), Principal("olga", owner=True)
OPENED, SECRET = 8, 12  # documents
QUESTIONS = 8
WORD_LISTS = "homeground.index.analyser._known_words"  # what it gives remembers words: that is looked at by itself
ASKING = ("answer", "retrieve", "index", "access", "catalogue", "serve")  # rooms that work while somebody asks


class Spy:
    """A memo, and how it was used: its arguments, and whether it knew them."""

    def __init__(self, memo: Callable) -> None:
        self.memo, self.used = memo, Counter()

    def __call__(self, *args, **named):
        before = self.memo.cache_info().hits
        result = self.memo(*args, **named)
        self.used[args, tuple(named.items()), self.memo.cache_info().hits > before] += 1
        return result

    def __getattr__(self, name: str):
        return getattr(self.memo, name)


@pytest.fixture
def spies(monkeypatch) -> dict[str, Spy]:
    """Every memo of the rooms that work while somebody asks, watched wherever it was imported."""
    for room in ASKING:
        package = importlib.import_module(f"homeground.{room}")
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(each.name)
    modules = [each for name, each in sys.modules.items() if name.partition(".")[0] == homeground.__name__]
    memos, found = {}, {}
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, functools._lru_cache_wrapper):
                spy = memos.setdefault(id(value), Spy(value))
                found[f"{value.__module__}.{value.__qualname__}"] = spy
                monkeypatch.setattr(module, name, spy)
    return found


class Place:
    """A workspace with a folder that all may read, and one that only the owner may."""

    def __init__(self, base: Path, monkeypatch, spies: dict[str, Spy], opened: list[str], secret: list[str]) -> None:
        self.spies = spies
        for each in spies.values():
            each.memo.cache_clear()
        names._known.clear()
        for folder, texts in (("open", opened), ("secret", secret)):
            (base / folder).mkdir(parents=True)
            for number, text in enumerate(texts):
                keep(base / folder / f"{text.split()[1]}{number}.txt", text)
        monkeypatch.chdir(base)
        self.workspace = Workspace.create(base / "kb")
        self.workspace.add("open", access=["everyone"])
        self.workspace.add("secret", access=["user:olga"])

    def ask(self, question: str, principal: Principal) -> tuple[object, dict[str, Counter]]:
        """What is answered and found, and how the memos were used meanwhile."""
        for each in self.spies.values():
            each.used.clear()
        known = set(_known_words(False))
        answer = self.workspace.ask(question, principal)
        hits = [(hit.document, hit.page, hit.text, hit.score) for hit in self.workspace.search(question, principal)]
        said = [(each.text, each.support, list(map(str, each.citations))) for each in answer.statements]
        used = {name: Counter(each.used) for name, each in self.spies.items()}
        used["words"] = Counter((word, (), False) for word in set(_known_words(False)) - known)
        return (answer.refused, said, hits), used


@contextmanager
def place(*given):
    made = Place(*given)
    try:
        yield made
    finally:
        made.workspace.close()


@pytest.fixture
def texts() -> tuple[list[str], list[str]]:
    """What all may read, and what only the owner may; each has a word of its own."""
    dice = random.Random(5)
    return (
        [text_of(f"open{number}x", dice) for number in range(OPENED)],
        [text_of(f"secret{number}x", dice) for number in range(SECRET)],
    )


def questions(dice: random.Random, about: str) -> list[str]:
    asked = [f"What is the limit of {about}{dice.randrange(OPENED)}x?" for _ in range(QUESTIONS // 2)]
    return asked + [" ".join(dice.sample(WORDS, 3)) for _ in range(QUESTIONS // 2)]


def test_whether_a_request_finds_itself_in_a_cache_does_not_depend_on_what_is_forbidden(tmp_path, quick, spies, texts):
    opened, secret = texts
    asked = questions(random.Random(6), "open") + questions(random.Random(7), "secret")
    runs = []
    for name, hidden in (("without", []), ("with", secret), ("other", [each.replace("limit", "x") for each in secret])):
        with place(tmp_path / name, quick, spies, opened, hidden) as here:
            runs.append([here.ask(question, BOB) for question in asked])
    without, *others = runs
    assert all(other == without for other in others)
    used = sum((used for _, memos in without for used in memos.values()), Counter())
    assert {known for _, _, known in used} == {True, False}, "memos that are never used tell nothing"


def test_what_a_cache_holds_of_a_request_comes_from_its_asker_and_gives_everybody_the_same(
    tmp_path, quick, spies, texts
):
    opened, secret = texts
    plain = questions(random.Random(8), "open")
    with place(tmp_path / "alone", quick, spies, opened, secret) as here:
        alone = [here.ask(question, BOB)[0] for question in plain]
    with place(tmp_path / "after", quick, spies, opened, secret) as here:
        asked, looked_at = [*plain, *questions(random.Random(9), "secret")], Counter()
        for question in asked:
            _, memos = here.ask(question, OLGA)
            looked_at += Counter("secret" in repr(args) for used in memos.values() for args, *_ in used)
        assert looked_at[True], "the owner's requests bring texts that Bob may not read into the memos"
        for question, told in zip(plain, alone, strict=True):
            answered, memos = here.ask(question, BOB)
            assert answered == told, "what the owner asked before changes nothing of what Bob is told"
            for name, used in memos.items():
                assert "secret" not in repr(used), f"{name} is asked for what Bob may not read"
                for args, named, _ in used if name not in ("words", WORD_LISTS) else ():
                    given = spies[name].memo
                    assert not args or given(*args, **dict(named)) == given.__wrapped__(*args, **dict(named))
        assert all(terms == _KnownWords()[word] for word, terms in _known_words(False).items())
        visible = {each.name for each in here.workspace.documents(BOB)}
        kept = list(names._known[here.workspace.catalogue].values())
        assert sorted(len(each) for each in kept) == [OPENED, OPENED + SECRET], (
            "one list of names for each that differs"
        )
        assert visible in [{name.name for name in each.values()} for each in kept]
