"""nDCG@10 of `Workspace.search` on public retrieval sets, beside plain reciprocal rank fusion computed in the same run.

Each document of a set becomes a Markdown file, is added to a fresh workspace and searched the public way; a document
counts with its best hit. Plain fusion is what the obvious thing scores: each document as one passage, BM25 and the same
embedder, 1 / (60 + rank) added (Cormack et al. 2009). Defaults were chosen on every second question (half A), so half B
is the figure to believe.

    python bench/ranking.py            all questions (about a quarter of an hour on two cores)
    python bench/ranking.py --quick    the small sets, at most 50 questions of each
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from homeground import Principal, Workspace
from homeground.index.analyser import analyse
from homeground.models.encoder import Encoder, load_encoder

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"
DATA = Path(os.environ.get("HOMEGROUND_DATA", SHARED)) / "retrieval"
ENGLISH = ("scifact", "cranfield", "cisi", "hotpotqa-small")
SETS = {
    "scifact": ("scifact", "train"),
    "cranfield": ("cranfield", "test"),
    "cisi": ("cisi", "test"),
    "hotpotqa-small": ("hotpotqa-small", "test"),
    "xquad-zh": ("xquad-zh-passages", "test"),
    "drcd": ("drcd-dev-passages", "test"),
    "xquad-de": ("xquad-de-passages", "test"),
}
QUICK = ("cranfield", "cisi", "hotpotqa-small", "xquad-zh")
DEPTH = 10
HITS = 30  # passages fetched, so that ten documents are among them
LEG = 100
ME = Principal("bench")


@dataclass(frozen=True)
class Collection:
    """Documents by id as (title, text), questions by id, and the gain of each judged document for each question."""

    name: str
    documents: dict[str, tuple[str, str]]
    questions: dict[str, str]
    gains: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Figures:
    """nDCG@10 of each question, and how long a search took."""

    homeground: NDArray[np.float64]
    plain: NDArray[np.float64]
    milliseconds: float


def load(name: str, most: int) -> Collection:
    """Reads a set in BEIR form; at most `most` questions, the same ones each time, in a shuffled order."""
    folder, split = SETS[name]
    documents = {each["_id"]: (each.get("title", ""), each["text"]) for each in _lines(DATA / folder / "corpus.jsonl")}
    texts = {each["_id"]: each["text"] for each in _lines(DATA / folder / "queries.jsonl")}
    gains: dict[str, dict[str, int]] = {}
    for line in (DATA / folder / "qrels" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, gain = line.split("\t")
        if int(gain) > 0:
            gains.setdefault(question, {})[document] = int(gain)
    chosen = sorted(question for question in gains if question in texts)
    random.Random(7).shuffle(chosen)
    return Collection(name, documents, {each: texts[each] for each in chosen[:most]}, gains)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ndcg(ranked: list[str], gains: dict[str, int]) -> float:
    """Normalised discounted cumulative gain at 10, with linear gains."""
    found = sum(gains.get(each, 0) / np.log2(at + 2) for at, each in enumerate(ranked[:DEPTH]))
    best = sorted(gains.values(), reverse=True)[:DEPTH]
    return float(found / sum(gain / np.log2(at + 2) for at, gain in enumerate(best)))


# -- homeground, the public way -----------------------------------------------------------------


def ranked_by_homeground(collection: Collection) -> tuple[dict[str, list[str]], float]:
    """The ids of the best documents for each question, and the median milliseconds of a search."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        texts = Path(folder) / "texts"
        texts.mkdir()
        for each, (title, text) in collection.documents.items():
            (texts / f"{each}.md").write_text(f"# {title}\n\n{text}\n" if title else f"{text}\n", encoding="utf-8")
        with Workspace.create(Path(folder) / "workspace") as workspace:
            workspace.add(texts)
            ranked, seconds = {}, []
            for question, text in collection.questions.items():
                started = time.perf_counter()
                hits = workspace.search(text, ME, limit=HITS)
                seconds.append(time.perf_counter() - started)
                ranked[question] = list(dict.fromkeys(Path(hit.document).stem for hit in hits))
    return ranked, float(np.median(seconds)) * 1000


# -- Plain rank fusion over whole documents -----------------------------------------------------


def ranked_by_plain_fusion(collection: Collection, encoder: Encoder) -> dict[str, list[str]]:
    """BM25 (k1 1.2, b 0.75) and the embedder over whole documents, fused by rank."""
    names = list(collection.documents)
    texts = [f"{title}\n{text}" for title, text in collection.documents.values()]
    questions = list(collection.questions.values())
    dense = encoder.encode(questions) @ encoder.encode(texts).T
    lexical = _bm25([analyse(text) for text in texts], [analyse(text) for text in questions])
    ranked = {}
    for row, question in enumerate(collection.questions):
        fused = _by_rank(lexical[row]) + _by_rank(dense[row])
        ranked[question] = [names[at] for at in np.argsort(-fused, kind="stable")[:DEPTH]]
    return ranked


def _bm25(documents: list[list[str]], questions: list[list[str]]) -> NDArray[np.float32]:
    lengths = np.array([len(terms) for terms in documents])
    damping = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
    postings: dict[str, list[tuple[int, int]]] = {}
    for at, terms in enumerate(documents):
        for term, count in Counter(terms).items():
            postings.setdefault(term, []).append((at, count))
    scores = np.zeros((len(questions), len(documents)), np.float32)
    for row, terms in enumerate(questions):
        for term in terms:
            if term in postings:
                at, counts = np.array(postings[term]).T
                weight = np.log1p((len(documents) - len(at) + 0.5) / (len(at) + 0.5))
                scores[row, at] += weight * counts * 2.2 / (counts + damping[at])
    return scores


def _by_rank(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """1 / (60 + rank) for the best hundred that score above 0."""
    fused = np.zeros(len(scores))
    best = [at for at in np.argsort(-scores, kind="stable")[:LEG] if scores[at] > 0]
    fused[best] = 1 / (60 + np.arange(1, len(best) + 1))
    return fused


# -- The run ------------------------------------------------------------------------------------


def measure(collection: Collection, encoder: Encoder) -> Figures:
    """Both ways over one set."""
    ours, milliseconds = ranked_by_homeground(collection)
    plain = ranked_by_plain_fusion(collection, encoder)
    return Figures(_scored(ours, collection), _scored(plain, collection), milliseconds)


def _scored(ranked: dict[str, list[str]], collection: Collection) -> NDArray[np.float64]:
    return np.array([ndcg(each, collection.gains[question]) for question, each in ranked.items()])


def show(name: str, figures: Figures) -> None:
    """One line of the table."""
    values = [
        half.mean() for all_of in (figures.plain, figures.homeground) for half in (all_of[::2], all_of[1::2], all_of)
    ]
    cells = " | ".join(f"{value:.3f}" for value in values)
    print(f"| {name} | {len(figures.plain)} | {cells} | {figures.milliseconds:.0f} |", flush=True)


def main() -> None:
    """Measures, prints the table, and the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the small sets, at most 50 questions of each")
    parser.add_argument("--sets", nargs="+", choices=SETS, help="only these")
    options = parser.parse_args()
    names = options.sets or (QUICK if options.quick else tuple(SETS))
    encoder = load_encoder("all-minilm-l6-v2-int8")
    print("nDCG@10; A: the half that defaults were chosen on, B: the other half\n")
    print("| set | questions | plain A | plain B | plain | homeground A | B | all | search ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    results = {}
    for name in names:
        results[name] = measure(load(name, 50 if options.quick else 10_000), encoder)
        show(name, results[name])
    print(json.dumps(_keys(results)))


def _keys(results: dict[str, Figures]) -> dict[str, float]:
    keys = {f"ndcg10_{name.replace('-', '_')}": round(each.homeground.mean(), 4) for name, each in results.items()}
    keys |= {f"plain_{name.replace('-', '_')}": round(each.plain.mean(), 4) for name, each in results.items()}
    if all(name in results for name in ENGLISH):
        keys["mean_gain"] = round(
            np.mean([(results[name].homeground - results[name].plain).mean() for name in ENGLISH]), 4
        )
    return {key: float(value) for key, value in keys.items()}


if __name__ == "__main__":
    main()
