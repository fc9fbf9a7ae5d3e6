"""What every passage index promises. Inherit, and give the fixture `index` (empty, vectors of DIMENSION numbers)."""

import dataclasses
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from homeground.index.contract import PassageIndex, Row, Scope

DIMENSION = 16
OPEN, SECRET = 1, 2
EVERYTHING = Scope(frozenset({OPEN, SECRET}))
PUBLIC = Scope(frozenset({OPEN}))
WORDS = ("harbour", "crane", "invoice", "turbine", "holiday", "pension", "battery", "审计", "a-17/3", "1577")


def a_row(document: int, text: str, *, ordinal: int = 0, **fields) -> Row:
    """A row whose terms are the words of `text`; its vector follows from `text`."""
    known = {"revision": "r1", "source": 1, "access": OPEN, "date": None, "page": 1, "start": 0, "end": len(text)}
    known |= {"context": "", "terms": tuple(text.split()), "vector": a_vector(text)}
    return Row(document=document, ordinal=ordinal, text=text, **known | fields)


def a_vector(text: str):
    vector = np.random.default_rng(list(text.encode())).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def lexical(index: PassageIndex, terms: Sequence[str], scope: Scope, limit: int) -> list[Row]:
    """The rows that the lexical leg finds."""
    return index.read(lambda snapshot: snapshot.rows(snapshot.lexical(terms, scope, limit)))


def dense(index: PassageIndex, vector, scope: Scope, limit: int) -> list[Row]:
    """The rows that the dense leg finds."""
    return index.read(lambda snapshot: snapshot.rows(snapshot.dense(vector, scope, limit)))


def identities(rows: Iterable[Row]) -> list[tuple[int, int, str, str]]:
    return sorted((row.document, row.ordinal, row.revision, row.text) for row in rows)


def documents(rows: Iterable[Row]) -> set[int]:
    return {row.document for row in rows}


def by_both_legs(index: PassageIndex, text: str, scope: Scope, limit: int = 10) -> tuple[set[int], set[int]]:
    by_words, by_meaning = lexical(index, text.split(), scope, limit), dense(index, a_vector(text), scope, limit)
    return documents(by_words), documents(by_meaning)


class PassageIndexContract:
    """One test, one promise. ``exact``: the dense leg misses nothing, however small the limit."""

    exact = True

    # -- What is kept ---------------------------------------------------------------------------

    def test_a_row_comes_back_as_it_was_put(self, index):
        date = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
        row = a_row(
            7, "crane 审计\n'x' \"y\" \x00 \u2028", ordinal=3, context="A > B", date=date, page=4, start=9, end=20
        )
        index.replace([7], [row])
        for [found] in (lexical(index, ["审计"], PUBLIC, 5), dense(index, row.vector, PUBLIC, 5)):
            assert dataclasses.replace(found, vector=row.vector) == row
            assert np.array_equal(found.vector, row.vector)

    def test_an_empty_index_finds_nothing(self, index):
        assert by_both_legs(index, "crane", EVERYTHING) == (set(), set())
        assert index.revisions([1, 2]) == {}
        assert index.count() == index.count(EVERYTHING) == 0
        index.maintain()
        assert index.replace([1], []) >= 0

    def test_a_row_without_terms_is_found_by_its_vector_only(self, index):
        index.replace([1], [a_row(1, "crane", terms=())])
        assert by_both_legs(index, "crane", PUBLIC) == (set(), {1})

    def test_very_long_terms_are_found(self, index):
        index.replace([1], [a_row(1, "x" * 5000 + " crane")])
        index.maintain()
        assert documents(lexical(index, ["x" * 5000], PUBLIC, 5)) == {1}

    # -- Replacing ------------------------------------------------------------------------------

    def test_what_is_replaced_is_gone_and_the_rest_stays(self, index):
        index.replace([1, 2, 3], [a_row(1, "crane"), a_row(1, "old", ordinal=1), a_row(2, "crane"), a_row(3, "crane")])
        index.replace([1, 2], [a_row(1, "invoice", revision="r2")])
        assert identities(dense(index, a_vector("x"), PUBLIC, 9)) == [(1, 0, "r2", "invoice"), (3, 0, "r1", "crane")]
        assert documents(lexical(index, ["crane", "old"], PUBLIC, 9)) == {3}
        assert index.revisions([1, 2, 3]) == {1: "r2", 3: "r1"}

    def test_the_same_revision_can_be_replaced_by_other_vectors_and_terms(self, index):
        index.replace([1], [a_row(1, "crane")])
        index.maintain()
        index.replace([1], [a_row(1, "crane", vector=a_vector("else"), terms=("turbine",))])
        [found] = dense(index, a_vector("crane"), PUBLIC, 5)
        assert np.array_equal(found.vector, a_vector("else"))
        assert lexical(index, ["crane"], PUBLIC, 5) == []
        assert documents(lexical(index, ["turbine"], PUBLIC, 5)) == {1}

    def test_thousands_of_documents_go_in_one_commit(self, index):
        index.replace(range(5000), [a_row(document, "crane") for document in range(0, 5000, 5)])
        assert index.count() == 1000
        index.replace(range(4999), [])
        assert documents(dense(index, a_vector("crane"), PUBLIC, 9)) == set()
        index.replace([4999], [a_row(4999, "crane")])
        assert by_both_legs(index, "crane", PUBLIC) == ({4999}, {4999})

    def test_the_revisions_of_all_documents_are_told(self, index):
        index.replace(range(3000), [a_row(each, "crane", revision=f"r{each}") for each in range(0, 3000, 2)])
        index.replace([0], [a_row(0, "crane", revision="new"), a_row(0, "old", ordinal=1, revision="new")])
        assert index.revisions() == {0: "new"} | {each: f"r{each}" for each in range(2, 3000, 2)}

    def test_a_row_of_another_document_is_refused(self, index):
        with pytest.raises(ValueError, match="not being replaced"):
            index.replace([1], [a_row(2, "crane")])
        assert index.count() == 0

    def test_two_rows_with_one_ordinal_are_refused(self, index):
        with pytest.raises(ValueError, match="same document and ordinal"):
            index.replace([1], [a_row(1, "crane"), a_row(1, "turbine")])

    def test_the_version_grows_with_each_commit(self, index):
        versions = [index.version, index.replace([1], [a_row(1, "crane")]), index.replace([1], [])]
        assert versions == sorted(set(versions))
        assert index.version == versions[-1]

    # -- Scope ----------------------------------------------------------------------------------

    def test_forbidden_rows_are_not_found_and_do_not_crowd_out(self, index):
        hidden = [a_row(document, "crane", access=SECRET) for document in range(2, 2000)]
        index.replace(range(2000), [a_row(0, "crane crane"), a_row(1, "crane holiday pension"), *hidden])
        for _ in range(2):
            assert by_both_legs(index, "crane", PUBLIC, 2) == ({0, 1}, {0, 1})
            assert by_both_legs(index, "crane", PUBLIC, 500) == ({0, 1}, {0, 1})
            assert index.count(PUBLIC) == 2
            index.maintain()

    def test_no_access_and_no_documents_find_nothing(self, index):
        index.replace([1], [a_row(1, "crane")])
        for scope in (Scope(frozenset()), Scope(frozenset({OPEN}), documents=frozenset())):
            assert by_both_legs(index, "crane", scope) == (set(), set())
            assert index.count(scope) == 0

    def test_the_scope_narrows_by_source_and_document(self, index):
        index.replace(range(6), [a_row(document, "crane", source=document % 2) for document in range(6)])
        assert by_both_legs(index, "crane", Scope(frozenset({OPEN}), source=1)) == ({1, 3, 5}, {1, 3, 5})
        some = Scope(frozenset({OPEN}), source=1, documents=frozenset({0, 1, 5, 77}))
        assert by_both_legs(index, "crane", some) == ({1, 5}, {1, 5})
        many = Scope(frozenset({OPEN}), documents=frozenset(range(3, 20_000)))
        assert by_both_legs(index, "crane", many) == ({3, 4, 5}, {3, 4, 5})

    def test_dates_are_inclusive_and_undated_rows_are_outside(self, index):
        day, instant = datetime(2024, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
        index.replace(range(4), [a_row(0, "crane"), *(a_row(n, "crane", date=day + n * instant) for n in (1, 2, 3))])
        since = Scope(frozenset({OPEN}), since=day + 2 * instant)
        until = Scope(frozenset({OPEN}), until=day + 2 * instant)
        assert by_both_legs(index, "crane", since) == ({2, 3}, {2, 3})
        assert by_both_legs(index, "crane", until) == ({1, 2}, {1, 2})

    def test_dates_before_1970_and_of_other_time_zones_compare(self, index):
        index.replace([1], [a_row(1, "crane", date=datetime(1904, 2, 3, tzinfo=UTC))])
        assert dense(index, a_vector("crane"), PUBLIC, 1)[0].date == datetime(1904, 2, 3, tzinfo=UTC)
        assert index.count(Scope(frozenset({OPEN}), until=datetime(1904, 2, 3))) == 1
        assert index.count(Scope(frozenset({OPEN}), until=datetime(1904, 2, 2, 23))) == 0

    # -- Words ----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "term",
        ["'", '"', "')--", "OR", "AND", "NOT", "*", "crane*", "-crane", "+", "terms:crane", "(", "~1", "\\", "%",
        "\x00",          "'; DROP TABLE passages; --", "access IN (1,2)", "1=1", "", " "],
    )  # fmt: skip
    @pytest.mark.parametrize("folded", [False, True])
    def test_terms_are_words_and_nothing_else(self, index, term, folded):
        index.replace([1, 2], [a_row(1, "crane"), a_row(2, "crane", access=SECRET)])
        if folded:
            index.maintain()
        assert lexical(index, [term], PUBLIC, 9) == []
        assert documents(lexical(index, [term, "crane"], PUBLIC, 9)) == {1}

    def test_words_are_compared_as_they_are(self, index):
        index.replace([1, 2, 3], [a_row(1, "Crane"), a_row(2, "the"), a_row(3, "naïve")])
        for _ in range(2):
            assert [lexical(index, [word], PUBLIC, 9) for word in ("crane", "naive", "cranes")] == [[], [], []]
            assert documents(lexical(index, ["the"], PUBLIC, 9)) == {2}
            index.maintain()

    def test_numbers_only_reach_the_query(self, index):
        for scope in (Scope(frozenset({"1) OR (1=1"})), Scope(frozenset({1}), source="1 OR 1=1")):
            with pytest.raises(ValueError, match="invalid literal"):
                index.count(scope)

    def test_rarer_words_count_more(self, index):
        index.replace(range(20), [a_row(n, "crane" if n else "crane turbine") for n in range(20)])
        assert lexical(index, ["turbine", "crane"], PUBLIC, 3)[0].document == 0

    # -- Lives ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("seed", range(4))
    def test_a_random_life_agrees_with_a_dictionary(self, index, seed):
        rng, model = random.Random(seed), {}
        for step in range(30):
            chosen = rng.sample(range(30), rng.choice((1, 2, 5, 12)))
            rows = [row for document in chosen for row in self._revision(rng, document, step)]
            index.replace(chosen, rows)
            model |= {document: [] for document in chosen}
            for row in rows:
                model[row.document].append(row)
            if rng.random() < 0.25:
                index.maintain()
            self._compare(index, [row for kept in model.values() for row in kept], rng)

    def _revision(self, rng: random.Random, document: int, step: int) -> list[Row]:
        """Zero to six rows; every second time with the revision that was there before."""
        revision = f"r{step}" if rng.random() < 0.5 else "same"
        access = rng.choice((OPEN, SECRET))
        date = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=step) if rng.random() < 0.7 else None
        return [
            a_row(
                document, f"{' '.join(rng.choices(WORDS, k=4))} {step}", ordinal=n, revision=revision, access=access,
                date=date, source=document % 3, page=1 + n // 2,
            )
            for n in range(rng.choice((0, 1, 3, 6)))
        ]  # fmt: skip

    def _compare(self, index: PassageIndex, rows: Sequence[Row], rng: random.Random) -> None:
        since = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(40))
        for scope in (PUBLIC, EVERYTHING, Scope(frozenset({SECRET}), source=1), Scope(frozenset({OPEN}), since=since)):
            seen = [row for row in rows if _within(row, scope)]
            words = rng.sample(WORDS, 2)
            hit = [row for row in seen if set(words) & set(row.terms)]
            vector = a_vector(str(rng.random()))
            nearest = sorted(seen, key=lambda row: -float(row.vector @ vector))
            assert identities(lexical(index, words, scope, 1000)) == identities(hit)
            assert len(lexical(index, words, scope, 5)) == min(5, len(hit))
            assert identities(dense(index, vector, scope, 1000)) == identities(seen)
            first = dense(index, vector, scope, 5)
            assert len(first) == min(5, len(seen))
            assert not self.exact or identities(first) == identities(nearest[:5])
            assert index.count(scope) == len(seen)
        assert index.revisions(range(30)) == {row.document: row.revision for row in rows}
        assert index.count() == len(rows)


def _within(row: Row, scope: Scope) -> bool:
    dated = scope.since is None or (row.date is not None and row.date >= scope.since)
    return row.access in scope.access and scope.source in (None, row.source) and dated
