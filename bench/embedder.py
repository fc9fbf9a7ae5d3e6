"""The shipped int8 embedder against float32: dense-only nDCG@10 on the retrieval sets.

Both are OpenVINO models, built by tools/build_embedder.py from the same public weights; float32 runs in float32, each
document is one text. `ndcg10_delta_max` is the largest loss, `ndcg10_change_max` the largest change either way.

    python bench/embedder.py [--quick]
"""

from __future__ import annotations

import argparse
import json

import numpy as np
from ranking import DEPTH, Collection, load, ndcg
from rivals import fp32_embedder

from homeground.models.encoder import Encoder, load_encoder

SETS = ("scifact", "cranfield", "cisi", "hotpotqa-small", "xquad-zh", "drcd")
QUICK = ("cranfield", "hotpotqa-small")


def dense_ndcg(collection: Collection, encoder: Encoder) -> float:
    """nDCG@10 of ranking whole documents by cosine."""
    names = list(collection.documents)
    documents = encoder.encode([f"{title}\n{text}" for title, text in collection.documents.values()])
    scores = encoder.encode(list(collection.questions.values())) @ documents.T
    best = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    ranked = zip(collection.questions, best, strict=True)
    return float(np.mean([ndcg([names[at] for at in row], collection.gains[each]) for each, row in ranked]))


def main() -> None:
    """Measure each set with both, print the table and the figures."""
    parser = argparse.ArgumentParser(description="int8 against float32")
    parser.add_argument("--quick", action="store_true", help="two small sets")
    sets = QUICK if parser.parse_args().quick else SETS
    int8, fp32 = load_encoder("all-minilm-l6-v2-int8"), load_encoder(str(fp32_embedder()))
    figures: dict[str, float] = {}
    print(f"{'set':<16}{'fp32':>8}{'int8':>8}{'loss':>8}", flush=True)
    for name in sets:
        collection = load(name, 10**9)
        full, small = dense_ndcg(collection, fp32), dense_ndcg(collection, int8)
        print(f"{name:<16}{full:>8.4f}{small:>8.4f}{full - small:>8.4f}", flush=True)
        key = name.replace("-", "_")
        figures |= {f"ndcg10_int8_{key}": round(small, 4), f"ndcg10_delta_{key}": round(full - small, 4)}
    deltas = [value for key, value in figures.items() if "_delta_" in key]
    figures |= {"ndcg10_delta_max": max(deltas), "ndcg10_change_max": max(map(abs, deltas))}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
