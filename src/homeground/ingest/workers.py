"""Reading processes: started once, one file at a time each, replaced when one crashes, hangs or grows too large.

A process is ``python -c …`` with two pipes (see ``parse.worker``), not a ``multiprocessing`` one: nothing is pickled,
and the caller's main module is not imported again. A thread per process hands it files; one watches time and memory.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

import homeground
from homeground.errors import HomegroundError
from homeground.ingest.parse.wire import Message, receive, send, unpack
from homeground.ingest.parse.worker import OUT_OF_MEMORY, resident_mb
from homeground.settings import IngestSettings
from homeground.types import ParsedDocument

_AHEAD = 4  # files per process that are handed out before results are taken
_LOOK_S = 0.1
_CALM_S = 10.0  # a process that does not answer its greeting by then never will


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
        self._settings, self._tasks = settings, tasks
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0  # files that the process has read
        self._since: float | None = None  # when it got the file that it is reading
        self._ended_for: str | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Read tasks until there is a None among them."""
        while (task := self._tasks.get()) is not None:
            if task.dropped.is_set() or self._stopped:
                continue
            try:
                task.results.put(self._parse(task.path))
            except BaseException as error:
                task.results.put(error)
        self._end()

    def stop(self) -> None:
        """End the process, whatever it is doing; the thread ends by itself."""
        with self._lock:
            self._stopped = True
            self._kill()

    def look(self) -> None:
        """End the process when its file has taken too long or too much memory."""
        since, process, settings = self._since, self._process, self._settings
        if since is None or process is None:
            return
        reason = None
        if time.monotonic() - since > settings.timeout_s:
            reason = f"reading it took longer than the limit of {settings.timeout_s} s (timeout_s)"
        elif resident_mb(process.pid) > settings.memory_mb:
            reason = _out_of_memory(settings)
        if reason:
            with self._lock:
                if self._since == since and self._process is process:
                    self._ended_for = reason
                    self._kill()

    # -- One file -------------------------------------------------------------------------------

    def _parse(self, path: Path) -> Parsed:
        """Read one file. When a process that has read others ends over it, a fresh one tries again: it may be fine."""
        started = time.perf_counter()
        while True:
            fresh = self._read == 0
            answer = self._ask(path)
            if answer is not None:
                return _parsed(path, answer)
            problem, too_slow = self._why(), self._ended_for is not None and "timeout_s" in self._ended_for
            self._end()
            if fresh or too_slow or self._stopped:
                return Parsed(path, None, problem, time.perf_counter() - started, crashed=True)

    def _ask(self, path: Path) -> Message | None:
        """The process's answer; None when it ended instead."""
        process = self._ready()
        assert process.stdin and process.stdout
        try:
            self._since = time.monotonic()
            send(process.stdin, {"path": os.fspath(path)})
            answer = receive(process.stdout)
        except (OSError, ValueError):
            answer = None
        finally:
            with self._lock:
                self._since = None
        if answer is not None:
            self._read += 1
            if answer["last"]:
                self._end()
        return answer

    def _why(self) -> str:
        """Why the process ended, in words."""
        code = self._process.wait() if self._process else 0
        if self._ended_for:
            return self._ended_for
        if code == OUT_OF_MEMORY or code == -getattr(signal, "SIGKILL", 9):
            return _out_of_memory(self._settings)
        if code == -getattr(signal, "SIGALRM", 14):
            return f"reading it took longer than the limit of {self._settings.timeout_s} s (timeout_s)"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"
        return f"its reader crashed on it ({name}); the file is probably damaged"

    # -- The process ----------------------------------------------------------------------------

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            with self._lock:
                if self._stopped:
                    raise HomegroundError("the pool of reading processes is closed")
                self._process, self._read, self._ended_for = _start_process(), 0, None
            if not self._greet(self._process):
                self._end()
                command = f"{sys.executable} -m homeground.ingest.parse.worker"
                raise HomegroundError(f"a reading process could not be started; `{command}` tells why")
        return self._process

    def _greet(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.stdin and process.stdout
        timer = threading.Timer(_CALM_S * 6, process.kill)
        timer.daemon = True
        timer.start()
        try:
            send(process.stdin, {"settings": asdict(self._settings)})
            return receive(process.stdout) is not None
        except OSError:
            return False
        finally:
            timer.cancel()

    def _kill(self) -> None:
        """End the process and those that it started."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()

    def _end(self) -> None:
        """Take leave of the process: no zombie and no open pipe stays behind."""
        with self._lock:
            process = self._process
            if process is None:
                return
            assert process.stdin and process.stdout
            with contextlib.suppress(OSError):
                process.stdin.close()
            self._kill()
            process.stdout.close()
            process.wait()
            self._process = None


def _start_process() -> subprocess.Popen[bytes]:
    # Its own process group: Ctrl-C is for the parent, which then ends the group, programs that a reader ran included.
    new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-P", "-c", _code()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_THREAD_LIMIT": "1", "RAYON_NUM_THREADS": "1"},
        creationflags=new_group,
        process_group=None if new_group else 0,
    )


def _code() -> str:
    """The program of a process, which finds homeground where its parent found it, and nothing else by accident."""
    root = str(Path(homeground.__file__).resolve().parent.parent)
    return f"import sys; sys.path.append({root!r}); from homeground.ingest.parse.worker import main; main()"


def _parsed(path: Path, answer: Message) -> Parsed:
    document = unpack(answer["document"]) if answer["document"] else None
    return Parsed(path, document, answer["problem"], answer["seconds"], answer["sha256"] or "")


def _out_of_memory(settings: IngestSettings) -> str:
    return f"reading it takes more memory than the limit of {settings.memory_mb} MB (memory_mb)"
