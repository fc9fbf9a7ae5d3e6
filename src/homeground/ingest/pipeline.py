"""Three stages at once on few cores: one thread makes batches, the caller embeds them, another thread commits them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

from homeground.ingest.batch import Entry

T = TypeVar("T")

_PATIENCE_S = 5

AHEAD = 2  # batches made while one is embedded: enough to keep the embedder busy, little enough memory
_FIRST = 8  # the first batch is one in so many of a whole one, each next one twice as large
_MOST_DOCUMENTS = 256  # documents without text make no passages, but should not wait for ever to be committed


def batches_of(entries: Iterable[Entry], passages: int) -> Iterator[list[Entry]]:
    """Whole documents, together about ``passages`` passages a batch; fewer at first, so that embedding starts soon."""
    batch: list[Entry] = []
    size, enough = 0, max(1, passages // _FIRST)
    for entry in entries:
        batch.append(entry)
        size += len(entry.cut.passages)
        if size >= enough or len(batch) >= _MOST_DOCUMENTS:
            yield batch
            batch, size, enough = [], 0, min(2 * enough, passages)
    if batch:
        yield batch


class Prefetch(Generic[T]):
    """Runs an iterator in a thread of its own, at most ``AHEAD`` items ahead; leaving the context stops the thread."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._queue: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="homeground-read", daemon=True)

    def __enter__(self) -> Iterator[T]:
        self._thread.start()
        return self._taken()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(_PATIENCE_S)  # after Ctrl-C: a parser may be in the middle of a long file

    def _taken(self) -> Iterator[T]:
        while True:
            item, error = self._queue.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put((item, None)):
                    break
            self._put((None, None))
        except BaseException as error:
            self._put((None, error))
        finally:
            close = getattr(self._items, "close", None)
            if close is not None:
                close()  # ends the worker processes, in the thread that started them

    def _put(self, item: tuple[T | None, BaseException | None]) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False


class InOrder:
    """Runs one task at a time in a thread. Handing in the next waits for the one before, and raises its error."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "homeground-commit")
        self._last: Future[None] | None = None

    def __enter__(self) -> InOrder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
        if error is None:
            self.wait()

    def wait(self) -> None:
        """Waits for the task before."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def hand(self, task: Callable[[], None]) -> None:
        """Waits for the task before, then starts this one."""
        self.wait()
        self._last = self._pool.submit(task)
