"""Embedders that are made in a moment: a table of random vectors for tokens, averaged over a text."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from homeground.models import runtime
from homeground.models.folders import HOUSE
from homeground.models.manifest import write_json, write_manifest

TOKENS = 30_522  # of the house tokenizer

MakeEmbedder = Callable[..., Path]


def save_embedder(folder: Path, *, dimension: int = 16, seed: int | None = 0) -> Path:
    """A real OpenVINO embedder with card and manifest. Without a seed every text has the same vector."""
    openvino = runtime.openvino()
    from openvino import opset13 as op

    ids, mask = (op.parameter([-1, -1], np.int64, name) for name in ("input_ids", "attention_mask"))
    for each, name in ((ids, "input_ids"), (mask, "attention_mask")):
        each.output(0).set_names({name})
    table = (
        np.ones((TOKENS, dimension)) if seed is None else np.random.default_rng(seed).normal(size=(TOKENS, dimension))
    )
    vectors = op.gather(op.constant(table.astype(np.float32)), ids, np.int64(0))
    there = op.unsqueeze(op.convert(mask, "f32"), op.constant([2], np.int64))
    summed = op.reduce_sum(op.multiply(vectors, there), op.constant([1], np.int64))
    model = openvino.Model([op.normalize_l2(summed, op.constant([1], np.int64), 1e-12, "add")], [ids, mask], "words")
    folder.mkdir(parents=True)
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=True)
    shutil.copyfile(HOUSE / "all-minilm-l6-v2-int8" / "tokenizer.json", folder / "tokenizer.json")
    card = {"name": folder.name, "task": "embedder", "format": "OpenVINO IR", "precision": "fp32"}
    write_json(folder / "card.json", card | {"dimension": dimension, "max_tokens": 256, "licence": "Apache-2.0"})
    write_manifest(folder)
    return folder


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Your models folder: `words`, which finds by common words, and `blind`, for which all texts are alike."""
    monkeypatch.setenv("HOMEGROUND_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOMEGROUND_CACHE", str(tmp_path / "cache"))
    save_embedder(tmp_path / "models" / "words")
    save_embedder(tmp_path / "models" / "blind", dimension=8, seed=None)
    return tmp_path / "models"
