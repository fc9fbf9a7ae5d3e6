"""One peer's side of bench/peers.py; runs in the peers' environment and prints seconds as JSON.

    python peer.py embed  MODEL_FOLDER TEXTS.json      sentence-transformers: encode the texts
    python peer.py txtai  MODEL_FOLDER FOLDER          files to a searchable index
    python peer.py haystack MODEL_FOLDER FOLDER

Peers read the files, split them, embed with the same weights on two threads, index them, and answer one question.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HAYSTACK_TELEMETRY_ENABLED="False", TOKENIZERS_PARALLELISM="false")
WORDS, OVERLAP = 170, 30
QUESTION = "How do I request time off?"


def embed(model: str, texts: str) -> tuple[float, int]:
    """Seconds that sentence-transformers needs to encode the texts, loading apart."""
    from sentence_transformers import SentenceTransformer

    passages = json.loads(Path(texts).read_text("utf-8"))
    encoder = SentenceTransformer(model, device="cpu")
    encoder.encode(passages[:32])
    started = time.perf_counter()
    encoder.encode(passages, batch_size=32, show_progress_bar=False)
    return time.perf_counter() - started, len(passages)


def _passages(folder: str) -> list[str]:
    """Each file in windows of words: txtai has no splitter of its own without further packages."""
    texts = [path.read_text("utf-8").split() for path in sorted(Path(folder).rglob("*.md"))]
    return [" ".join(words[at : at + WORDS]) for words in texts for at in range(0, len(words), WORDS - OVERLAP)]


def txtai(model: str, folder: str) -> tuple[float, int]:
    """Seconds from files to a saved hybrid index that answers."""
    from txtai import Embeddings

    index = Embeddings(path=model, content=True, hybrid=True)
    started = time.perf_counter()
    passages = _passages(folder)
    index.index(passages)
    index.search(QUESTION, 3)
    return time.perf_counter() - started, len(passages)


def haystack(model: str, folder: str) -> tuple[float, int]:
    """Seconds from files to a filled document store that answers."""
    from haystack import Document
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )

    embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    asker = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    splitter = DocumentSplitter(split_by="word", split_length=WORDS, split_overlap=OVERLAP)
    for part in (embedder, asker, splitter):
        part.warm_up()
    store = InMemoryDocumentStore()
    started = time.perf_counter()
    files = [Document(content=path.read_text("utf-8")) for path in sorted(Path(folder).rglob("*.md"))]
    documents = embedder.run(splitter.run([each for each in files if each.content.strip()])["documents"])["documents"]
    store.write_documents(documents)
    InMemoryEmbeddingRetriever(store).run(asker.run(QUESTION)["embedding"])
    return time.perf_counter() - started, len(documents)


if __name__ == "__main__":
    seconds, passages = {"embed": embed, "txtai": txtai, "haystack": haystack}[sys.argv[1]](sys.argv[2], sys.argv[3])
    print(json.dumps({"seconds": seconds, "passages": passages}))
