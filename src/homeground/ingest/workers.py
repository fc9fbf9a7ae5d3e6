"""Reading processes: started once, one file at a time each, replaced when one crashes, hangs or grows too large.

A thread per process (see ``process``) hands it files; one watches time and memory.
"""

from __future__ import annotations

import itertools
import os
import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from homeground.errors import HomegroundError
from homeground.ingest.parse.wire import Message, unpack
from homeground.ingest.process import Process
from homeground.settings import IngestSettings
from homeground.types import ParsedDocument

_AHEAD = 4  # files per process that are handed out before results are taken
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of one file: its document, or the problem in words.

    ``sha256`` (hex) is of the very bytes that were parsed; empty when they could not be read. ``crashed`` tells that
    the reading process ended over it.
    """

    path: Path
    document: ParsedDocument | None
    problem: str | None
    seconds: float
    sha256: str = ""
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    results: queue.SimpleQueue[Parsed | BaseException]
    dropped: threading.Event


class ParserPool:
    """Reads files in worker processes; a context manager that leaves no process behind."""

    def __init__(self, settings: IngestSettings) -> None:
        self._settings = settings
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._readers = [_Reader(settings, self._tasks) for _ in range(settings.workers)]
        self._closed = threading.Event()

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process, at once and for good."""
        if self._closed.is_set():
            return
        self._closed.set()
        for reader in self._readers:
            self._tasks.put(None)
            reader.stop()
        for reader in self._readers:
            if reader.ident is not None:
                reader.join()

    def parse_all(self, paths: Iterable[Path]) -> Iterator[Parsed]:
        """Read every file; results come as they finish, and files are drawn from `paths` only a few ahead of them.

        Raises:
            HomegroundError: when no reading process can be started at all.
        """
        results: queue.SimpleQueue[Parsed | BaseException] = queue.SimpleQueue()
        dropped = threading.Event()
        waiting, out, most = iter(paths), 0, _AHEAD * len(self._readers)
        try:
            while True:
                fresh = list(itertools.islice(waiting, most - out))
                self._start(out + len(fresh))
                for path in fresh:
                    self._tasks.put(_Task(Path(path), results, dropped))
                out += len(fresh)
                if not out:
                    return
                yield _taken(results)
                out -= 1
        finally:
            dropped.set()

    def _start(self, wanted: int) -> None:
        """Start as many readers as there is work for, and the watch over them."""
        if self._closed.is_set():
            raise HomegroundError("the pool of reading processes is closed")
        idle = [reader for reader in self._readers[:wanted] if not reader.is_alive()]
        if idle and not any(reader.is_alive() for reader in self._readers):
            threading.Thread(target=self._watch, name="homeground-watch", daemon=True).start()
        for reader in idle:
            reader.start()

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_S):
            for reader in self._readers:
                reader.look()


def _taken(results: queue.SimpleQueue[Parsed | BaseException]) -> Parsed:
    result = results.get()
    if isinstance(result, BaseException):
        raise result
    return result


class _Reader(threading.Thread):
    """A thread that feeds one process, and replaces it when it ends."""

    def __init__(self, settings: IngestSettings, tasks: queue.SimpleQueue[_Task | None]) -> None:
        super().__init__(name="homeground-parse", daemon=True)
        self._tasks, self._process, self._stopped = tasks, Process(settings), False

    def run(self) -> None:
        """Read tasks until there is a None among them."""
        while (task := self._tasks.get()) is not None:
            if task.dropped.is_set() or self._stopped:
                continue
            try:
                task.results.put(self._parse(task.path))
            except BaseException as error:
                task.results.put(error)
        self._process.end()

    def stop(self) -> None:
        """End the process, whatever it is doing; the thread ends by itself."""
        self._stopped = True
        self._process.stop()

    def look(self) -> None:
        """End the process when its file has taken too long or too much memory."""
        self._process.look()

    def _parse(self, path: Path) -> Parsed:
        """Read one file. When a process that has read others ends over it, a fresh one tries again: it may be fine."""
        started = time.perf_counter()
        while True:
            fresh = self._process.fresh
            answer = self._process.ask({"path": os.fspath(path)})
            if answer is not None:
                return _parsed(path, answer)
            problem, too_slow = self._process.why(), self._process.too_slow
            self._process.end()
            if fresh or too_slow or self._stopped:
                return Parsed(path, None, problem, time.perf_counter() - started, crashed=True)


def _parsed(path: Path, answer: Message) -> Parsed:
    document = unpack(answer["document"]) if answer["document"] else None
    return Parsed(path, document, answer["problem"], answer["seconds"], answer["sha256"] or "")
