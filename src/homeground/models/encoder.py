"""The embedder: texts in, vectors of unit length out, by OpenVINO on the CPU.

Texts are sorted by length and cut into batches of a bounded number of tokens, which run side by side on all cores.
Lengths are rounded up to a few sizes: OpenVINO keeps compiled kernels per shape, and free shapes would grow that cache.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from homeground.errors import ModelError
from homeground.models import registry, runtime
from homeground.models.turns import Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from homeground.models.card import ModelCard

BATCH_TOKENS = 512  # as fast as 2048, and whoever asks during a sync waits a quarter as long for a batch to end
FEW = 64  # texts: as many as a question has, which goes before a sync that embeds thousands
FEW_TOKENS = 256  # of a batch where there are few texts: less is spent on padding, and all cores have something to do
LENGTH_STEP = 16
MAX_CHARACTERS = 8_000  # of one text before it is tokenised: more never fits into the model's window


def load_encoder(name: str) -> Encoder:
    """The embedder of that name (a house model) or in that folder.

    Raises:
        ModelError: when a file is not the one that the manifest lists, or the model is no embedder.
        NotFoundError: when there is no such model.
    """
    card = registry.verify(registry.find(name))
    if card.task != "embedder" or card.dimension < 1:
        raise ModelError(f"The model {card.name} is no embedder (its card says: {card.task})")
    return Encoder(card)


class Encoder:
    """Turns texts into vectors. Safe to share between threads; `load_encoder` makes one.

    The model is compiled at the first text: a sync that finds nothing new should not wait for it.
    """

    def __init__(self, card: ModelCard) -> None:
        self.name, self.digest, self.dimension = card.name, card.digest, card.dimension
        self.model = registry.reference(card)
        self._card = card

    @cached_property
    def _tokenizer(self) -> Any:
        return _tokenizer(self._card.folder / "tokenizer.json", self._card.max_tokens)

    @cached_property
    def _turns(self) -> Turns[Any]:
        """The model's requests: as many as keep all cores busy, each one batch at a time."""
        model = _compiled(self._card.folder / "model.xml", self._card.precision)
        return Turns([model.create_infer_request() for _ in range(_requests_at_once(model))])

    @property
    def loaded(self) -> bool:
        """Whether the model is compiled already."""
        return "_turns" in self.__dict__

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimension), each of length 1, in the order of the texts.

        A text beyond the model's window counts by its beginning.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)
        tokens = (
            [each.ids for each in self._tokenizer.encode_batch([_clean(text) for text in texts])] if len(texts) else []
        )
        urgent = len(texts) <= FEW
        running: deque[tuple[Any, list[int]]] = deque()
        try:
            for rows in _batches([len(each) for each in tokens]):
                request = self._request(running, vectors, urgent=urgent)
                running.append((request, rows))
                request.start_async(_padded([tokens[row] for row in rows]))
        finally:
            while running:
                self._collect(*running.popleft(), vectors)
        return vectors

    def _request(self, running: deque[tuple[Any, list[int]]], vectors: NDArray[np.float32], *, urgent: bool) -> Any:
        """A free request: a spare one beside those that are running, or else the next that is free.

        They are lent one batch at a time, so that several questions share the cores and a sync gives way between two
        batches. OpenVINO's AsyncInferQueue would lend them as well, but its callbacks need the GIL in OpenVINO's own
        threads: that hung, and aborted at interpreter exit (2026.4).
        """
        while running:
            if (spare := self._turns.take_spare(urgent=urgent)) is not None:
                return spare
            self._collect(*running.popleft(), vectors)
        return self._turns.take(urgent=urgent)

    def _collect(self, request: Any, rows: list[int], vectors: NDArray[np.float32]) -> None:
        """Wait for what the request is running, keep its vectors, and let others have it."""
        try:
            request.wait()
            vectors[rows] = request.get_output_tensor(0).data
        finally:
            self._turns.give_back(request)


def _clean(text: str) -> str:
    """The beginning of the text; lone surrogates, which the tokenizer refuses, become question marks."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers in batches of like length, the longest first so that the last batch is a short one.

    The 20 sentences of an answer take 118 ms of processor time in batches of 1024 tokens, 96 of 512, 86 of 256.
    """
    most = min(BATCH_TOKENS, max(FEW_TOKENS, sum(lengths) // 8))
    rows: list[int] = []
    width = 0
    for row in sorted(range(len(lengths)), key=lambda each: -lengths[each]):
        if rows and (len(rows) + 1) * width > most:
            yield rows
            rows = []
        width = width if rows else _rounded(lengths[row])
        rows.append(row)
    if rows:
        yield rows


def _rounded(length: int) -> int:
    return -(-max(length, 1) // LENGTH_STEP) * LENGTH_STEP


def _padded(tokens: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
    ids = np.zeros((len(tokens), _rounded(max(len(each) for each in tokens))), np.int64)
    mask = np.zeros_like(ids)
    for row, each in enumerate(tokens):
        ids[row, : len(each)] = each
        mask[row, : len(each)] = 1
    return {"input_ids": ids, "attention_mask": mask}


def _tokenizer(path: Path, max_tokens: int) -> Any:
    # Python's tokenizers warns, and may deadlock, when a process forks after its threads have started.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _requests_at_once(model: Any) -> int:
    return max(1, int(model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")))


def _compiled(path: Path, precision: str) -> Any:
    # A float32 model stays float32: left to itself OpenVINO runs it in bfloat16 where the processor can.
    hints = {"PERFORMANCE_HINT": "THROUGHPUT"} | ({"INFERENCE_PRECISION_HINT": "f32"} if precision == "fp32" else {})
    try:
        return runtime.openvino().Core().compile_model(path, "CPU", hints)
    except RuntimeError as error:
        raise ModelError(f"OpenVINO cannot load {path}: {str(error).splitlines()[0]}") from None
