"""Texts become vectors: the same ones whatever they are batched with, and nothing is looked up anywhere."""

import os
import random
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from homeground.models.encoder import Encoder, load_encoder

WORDS = [*"abcdefg", "warranty", "pump", "thirty-six", "months", "delivery", "东京", "café", "№7", "🙂", "1,577.00"]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder("all-minilm-l6-v2-int8")


def texts_of(seed: int, count: int) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(WORDS, k=dice.randint(0, 120))) for _ in range(count)]


def test_vectors_have_the_shape_and_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(texts_of(1, 40))
    assert vectors.shape == (40, encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimension)


@pytest.mark.parametrize("text", ["", " ", "\x00\x01", "\ud83d", "a" * 1_000_000, "字" * 100_000, "🙂" * 500])
def test_odd_texts_give_finite_vectors(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode([text])).all()


def test_a_text_has_the_same_vector_in_any_company_and_order(encoder: Encoder) -> None:
    texts = texts_of(2, 80)
    together = encoder.encode(texts)
    order = random.Random(3).sample(range(80), 80)
    shuffled = encoder.encode([texts[at] for at in order])
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert (together[order] * shuffled).sum(1).min() > 0.999
    assert (together * alone).sum(1).min() > 0.999


def test_meaning_shows(encoder: Encoder) -> None:
    question, answer, other = encoder.encode(
        ["How long does the warranty last?", "The guarantee is valid for three years.", "Cats sleep most of the day."]
    )
    assert question @ answer > question @ other + 0.2


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    texts = texts_of(4, 30)
    expected, found = encoder.encode(texts), {}
    threads = [threading.Thread(target=lambda at=at: found.update({at: encoder.encode(texts)})) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all((vectors * expected).sum(1).min() > 0.999 for vectors in found.values())


def test_loading_and_encoding_touch_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_encoder("all-minilm-l6-v2-int8").encode(["hello"]).shape == (1, 384)


def test_openvino_reports_nothing_and_leaves_no_id_at_home(tmp_path: Path) -> None:
    # openvino_telemetry keeps quiet by itself where it believes to run in a CI job, so those variables go.
    quiet = {"CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS"}
    variables = {key: value for key, value in os.environ.items() if key not in quiet} | {
        "HOME": str(tmp_path),
        "HOMEGROUND_CACHE": str(tmp_path.parent / "cache"),
    }
    script = (
        "import sys, threading; from homeground.models.encoder import load_encoder as l;"
        "l('all-minilm-l6-v2-int8').encode(['x']); import openvino.tools.ovc as ovc;"
        "assert type(ovc.telemetry).__module__ == 'openvino.tools.ovc.telemetry_stub', type(ovc.telemetry);"
        "assert not [each for each in threading.enumerate() if 'ThreadPool' in each.name]"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False, env=variables
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_encoded_ends_cleanly() -> None:
    script = (
        "from homeground.models.encoder import load_encoder as l; e = l('all-minilm-l6-v2-int8'); e.encode(['x'] * 99)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
