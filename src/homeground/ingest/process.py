"""A reading process: started when it is first asked, ended when it takes too long or too much memory.

It is ``python -c …`` with two pipes (see ``parse.worker``), not a ``multiprocessing`` one: nothing is pickled, and the
caller's main module is not imported again. Whoever asks is one thread; any may look, and stop it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import homeground
from homeground.errors import HomegroundError
from homeground.ingest.parse.wire import Message, receive, send
from homeground.ingest.parse.worker import OUT_OF_MEMORY, resident_mb
from homeground.settings import IngestSettings

_CALM_S = 10.0  # a process that does not answer its greeting by then never will


class Process:
    """One process after another. ``waited_for``: a person waits for what it does, so it does not give way to others."""

    def __init__(self, settings: IngestSettings, *, waited_for: bool = False) -> None:
        self._settings, self._waited_for = settings, waited_for
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0  # requests that the process has answered
        self._since: float | None = None  # when it got the one that it is at
        self._ended_for: str | None = None
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def fresh(self) -> bool:
        """Whether nothing was asked of it yet."""
        return self._done == 0

    @property
    def pid(self) -> int | None:
        """Its number; None while there is none."""
        return self._process.pid if self._process else None

    @property
    def too_slow(self) -> bool:
        """Whether it was ended since it took too long."""
        return self._ended_for is not None and "timeout_s" in self._ended_for

    def ask(self, request: Message) -> Message | None:
        """The process's answer; None when it ended instead, and ``why`` tells why. Then ``end`` it.

        HomegroundError when no process can be started.
        """
        process = self._ready()
        assert process.stdin and process.stdout
        try:
            self._since = time.monotonic()
            send(process.stdin, request)
            answer = receive(process.stdout)
        except (OSError, ValueError):
            answer = None
        finally:
            with self._lock:
                self._since = None
        if answer is not None:
            self._done += 1
            if answer["last"]:
                self.end()
        return answer

    def stop(self) -> None:
        """End the process for good, whatever it is doing."""
        with self._lock:
            self._stopped = True
            self._kill()

    def look(self, most_s: float | None = None) -> None:
        """End the process when its request has taken too long (``most_s`` instead of the settings) or too much
        memory."""
        since, process, settings = self._since, self._process, self._settings
        if since is None or process is None:
            return
        reason = None
        if time.monotonic() - since > (settings.timeout_s if most_s is None else most_s):
            reason = f"reading it took longer than the limit of {settings.timeout_s} s (timeout_s)"
        elif resident_mb(process.pid) > settings.memory_mb:
            reason = _out_of_memory(settings)
        if reason:
            with self._lock:
                if self._since == since and self._process is process:
                    self._ended_for = reason
                    self._kill()

    def why(self) -> str:
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

    # -- Beginning and end ------------------------------------------------------------------------

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            with self._lock:
                if self._stopped:
                    raise HomegroundError("the pool of reading processes is closed")
                self._process, self._done, self._ended_for = _start_process(), 0, None
            if not self._greet(self._process):
                self.end()
                command = f"{sys.executable} -m homeground.ingest.parse.worker"
                raise HomegroundError(f"a reading process could not be started; `{command}` tells why")
        return self._process

    def _greet(self, process: subprocess.Popen[bytes]) -> bool:
        assert process.stdin and process.stdout
        timer = threading.Timer(_CALM_S * 6, process.kill)
        timer.daemon = True
        timer.start()
        try:
            send(process.stdin, {"settings": asdict(self._settings), "waited_for": self._waited_for})
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

    def end(self) -> None:
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


def _out_of_memory(settings: IngestSettings) -> str:
    return f"reading it takes more memory than the limit of {settings.memory_mb} MB (memory_mb)"
