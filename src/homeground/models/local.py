"""The local engine: a generator on this machine's processor, by OpenVINO GenAI, in this process.

All requests share one engine. A thread of its own lets it take step after step: each step gives every running request
its next token, so that requests at once cost little more than one. What prompts have in common is computed once.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeground.errors import ModelError
from homeground.models import registry, runtime
from homeground.models.generator import Finish, Message, Sampling, Usage
from homeground.models.pieces import Pieces
from homeground.settings import LocalSettings
from homeground.types import ToolCall

if TYPE_CHECKING:
    from homeground.models.card import ModelCard

_NATIVE = (RuntimeError, IndexError, ValueError, TypeError)  # what C++ raises, by way of pybind11
_UNSTATED_WINDOW = 2048  # tokens, of a model whose card does not say
_IDLE_S = 0.5  # how often a waiter looks whether the engine is still there


def load_generator(name: str, settings: LocalSettings) -> LocalGenerator:
    """The generator of that name or in that folder, after its files were checked.

    Raises:
        ModelError: when a file is not the one that the manifest lists, or the model is no generator.
        NotFoundError: when there is no such model.
    """
    card = registry.verify(registry.find(name))
    if card.task != "generator":
        raise ModelError(f"The model {card.name} is no generator (its card says: {card.task})")
    return LocalGenerator(card, settings)


class LocalGenerator:
    """A `Generator`. The model is loaded at the first request; `close` lets it go."""

    def __init__(self, card: ModelCard, settings: LocalSettings) -> None:
        self.destination = ""
        self.name, self.digest, self.context_tokens = card.name, card.digest, card.max_tokens or _UNSTATED_WINDOW
        self._card, self._settings = card, settings
        self._lock = threading.Lock()

    @cached_property
    def _engine(self) -> _Engine:
        return _Engine(self._card, self._settings)

    def _started(self) -> _Engine:
        with self._lock:
            return self._engine

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """See `Generator.count_tokens`."""
        return int(self._started().tokens_of(messages).shape[1])

    def generate(self, messages: Sequence[Message], sampling: Sampling) -> LocalGeneration:
        """See `Generator.generate`.

        Raises:
            ModelError: when prompt and answer do not fit into the model's window.
        """
        engine = self._started()
        tokens = engine.tokens_of(messages)
        used = int(tokens.shape[1])
        if used + sampling.max_tokens > self.context_tokens:
            raise ModelError(
                f"The prompt has {used} tokens and the answer may have {sampling.max_tokens}: more than the "
                f"{self.context_tokens} that {self.name} takes. Ask for a shorter answer, or show fewer passages."
            )
        return engine.begin(tokens, sampling)

    def close(self) -> None:
        """Ends what is running and gives the memory back."""
        with self._lock:
            if "_engine" in self.__dict__:
                self._engine.close()
                del self.__dict__["_engine"]


class LocalGeneration:
    """A `Generation`: the engine's thread puts pieces in, whoever iterates takes them out."""

    def __init__(self, handle: Any, pieces: Pieces[int], input_tokens: int, alive: Callable[[], bool]) -> None:
        self._handle, self._pieces, self._alive = handle, pieces, alive
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._input, self._output = input_tokens, 0
        self._finish: Finish | None = None
        self._error: str | None = None
        self._cancelled = False

    def __iter__(self) -> Iterator[str]:
        while True:
            try:
                piece = self._queue.get(timeout=_IDLE_S)
            except queue.Empty:
                if self._alive():
                    continue
                raise ModelError("The model was closed while it was answering") from None
            if piece is None:
                break
            yield piece
        if self._error:
            raise ModelError(self._error)

    @property
    def usage(self) -> Usage:
        """See `Generation.usage`."""
        return Usage(self._input, self._output)

    @property
    def finish(self) -> Finish:
        """See `Generation.finish`."""
        return self._finish or "cancelled"

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """See `Generation.calls`."""
        return ()

    def cancel(self) -> None:
        """See `Generation.cancel`."""
        self._cancelled = True

    # -- Called by the engine's thread --------------------------------------------------------------

    def advance(self, reasons: Any, statuses: Any) -> bool:
        """Takes what the last step made; true while more is to come."""
        while self._finish is None and self._handle.can_read():
            for made in self._handle.read().values():
                self._output += len(made.generated_ids)
                self._put(self._pieces.add(made.generated_ids))
                if self._pieces.stopped:
                    self._end("stop")
                elif made.finish_reason != reasons.NONE:
                    self._end("length" if made.finish_reason == reasons.LENGTH else "stop")
        if self._finish is None and self._cancelled:
            self._end("cancelled")
        if self._finish is None and self._handle.get_status() == statuses.IGNORED:
            self.fail("There is not enough memory for this prompt: raise cache_gb in [local]")
        return self._finish is None

    def fail(self, words: str) -> None:
        """Ends it with an error, which whoever iterates will see."""
        self._error = words
        self._end("cancelled")

    def _put(self, piece: str) -> None:
        if piece:
            self._queue.put(piece)

    def _end(self, finish: Finish) -> None:
        if finish != "cancelled":
            self._put(self._pieces.end())
        if self._handle is not None and (finish == "cancelled" or self._pieces.stopped):
            self._handle.cancel()
        self._finish = finish
        self._queue.put(None)


@dataclass
class _Engine:
    """A loaded model and the thread that drives it."""

    card: ModelCard
    settings: LocalSettings
    _running: list[LocalGeneration] = field(default_factory=list)
    _number: int = 0
    _closing: bool = False

    def __post_init__(self) -> None:
        self._genai = runtime.openvino_genai()
        self._pipeline = _pipeline(self._genai, self.card, self.settings)
        self._tokenizer = self._pipeline.get_tokenizer()
        self._work = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="homeground-generate", daemon=True)
        self._thread.start()

    def tokens_of(self, messages: Sequence[Message]) -> Any:
        """Token ids of shape (1, tokens), by the model's own chat template."""
        history = [{"role": each.role, "content": each.text} for each in messages]
        prompt = self._tokenizer.apply_chat_template(history, True)
        return self._tokenizer.encode(prompt, add_special_tokens=False).input_ids

    def begin(self, tokens: Any, sampling: Sampling) -> LocalGeneration:
        """Hands a request to the engine."""
        config = self._config(sampling)
        with self._work:
            if self._closing:
                raise ModelError(f"The model {self.card.name} was closed")
            self._number += 1
            handle = self._pipeline.add_request(self._number, tokens, config)
            pieces: Pieces[int] = Pieces(lambda ids: str(self._tokenizer.decode(list(ids))), sampling.stop)
            made = LocalGeneration(handle, pieces, int(tokens.shape[1]), self._thread.is_alive)
            self._running.append(made)
            self._work.notify()
        return made

    def close(self) -> None:
        """Ends all requests and the thread."""
        with self._work:
            self._closing = True
            for each in self._running:
                each.cancel()
            self._work.notify()
        self._thread.join()

    def _run(self) -> None:
        reasons, statuses = self._genai.GenerationFinishReason, self._genai.GenerationStatus
        while True:
            with self._work:
                while not self._running and not self._closing:
                    self._work.wait()
                if self._closing and not self._running:
                    return
                running = list(self._running)
            try:
                if self._pipeline.has_non_finished_requests():
                    self._pipeline.step()
                over = [each for each in running if not each.advance(reasons, statuses)]
            except _NATIVE as error:
                over = running
                for each in running:
                    each.fail(f"OpenVINO failed while {self.card.name} was answering: {str(error).splitlines()[-1]}")
            with self._work:
                self._running = [each for each in self._running if each not in over]

    def _config(self, sampling: Sampling) -> Any:
        config = self._genai.GenerationConfig()
        config.max_new_tokens = sampling.max_tokens
        config.eos_token_id = self._tokenizer.get_eos_token_id()
        config.stop_token_ids = {config.eos_token_id}
        config.apply_chat_template = False
        if sampling.temperature > 0:
            config.do_sample, config.temperature = True, sampling.temperature
            config.rng_seed = sampling.seed or 0
        if sampling.schema is not None:
            config.structured_output_config = self._genai.StructuredOutputConfig(
                json_schema=json.dumps(sampling.schema)
            )
        if self.settings.prompt_lookup:
            config.num_assistant_tokens = self.settings.prompt_lookup
            config.max_ngram_size = self.settings.lookup_ngram
        elif self.settings.draft != "none":
            config.num_assistant_tokens = self.settings.draft_tokens
        return config


def _pipeline(genai: Any, card: ModelCard, settings: LocalSettings) -> Any:
    scheduler = genai.SchedulerConfig()
    scheduler.cache_size = settings.cache_gb
    scheduler.enable_prefix_caching = settings.prefix_cache
    scheduler.max_num_seqs = settings.requests
    properties: dict[str, Any] = {}
    if settings.threads:
        properties["INFERENCE_NUM_THREADS"] = settings.threads
    if settings.kv_cache != "auto":
        properties["KV_CACHE_PRECISION"] = settings.kv_cache
    if settings.kv_cache == "f32":  # a processor with bfloat16 computes in it, and then keeps nothing finer
        properties["INFERENCE_PRECISION_HINT"] = "f32"
    if settings.prompt_lookup:
        properties["prompt_lookup"] = True
    elif settings.draft != "none":
        draft = registry.verify(registry.find(settings.draft))
        properties["draft_model"] = genai.draft_model(str(draft.folder), "CPU")
    if settings.adapters:
        properties["adapters"] = _adapters(genai, settings.adapters)
    try:
        return genai.ContinuousBatchingPipeline(str(_weights(card)), scheduler, "CPU", properties)
    except _NATIVE as error:
        raise ModelError(f"OpenVINO cannot load {card.folder}: {str(error).strip().splitlines()[-1]}") from None


def _weights(card: ModelCard) -> Path:
    """What OpenVINO opens: the folder of an OpenVINO model, or the one file of GGUF."""
    return next(iter(sorted(card.folder.glob("*.gguf"))), card.folder)


def _adapters(genai: Any, given: Sequence[str]) -> Any:
    """From texts like ``adapter.safetensors`` or ``adapter.safetensors=0.5`` (the weight)."""
    config = genai.AdapterConfig()
    for each in given:
        path, _, alpha = each.partition("=")
        try:
            config.add(genai.Adapter(path), float(alpha or 1))
        except _NATIVE as error:
            raise ModelError(f"The adapter {each} cannot be used: {str(error).splitlines()[-1]}") from None
    return config
