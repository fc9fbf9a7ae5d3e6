"""The reading process: files named on its standard input, what they hold on its standard output, until the input ends;
or pages of them, of which it gives pictures.

Started by ``ingest.workers``; messages are those of ``wire``. The process limits its own memory and time, so that it
ends by itself even where the one that started it is gone.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from homeground.errors import HomegroundError, NotFoundError, ReadError
from homeground.ingest.parse import parse_bytes
from homeground.ingest.parse.file import load
from homeground.ingest.parse.wire import Message, pack, receive, send
from homeground.settings import IngestSettings

OUT_OF_MEMORY = 77  # exit code
_MOST_FILES = 2_000  # a fresh process now and then keeps slow leaks of parsers small
_GRACE_S = 15  # beyond the time limit, which is the parent's to keep
_LOOK_S = 0.25


def main() -> None:
    """Serve until the input ends."""
    requests, answers = _channels()
    hello = receive(requests)
    if hello is None:
        return
    settings = _settings(hello["settings"])
    _limit_memory(settings.memory_mb)
    if not hello["waited_for"]:
        _give_way()
    gc.freeze()
    send(answers, {"ready": True})
    for number in range(1, _MOST_FILES + 1):
        request = receive(requests)
        if request is None:
            return
        _alarm(settings.timeout_s + _GRACE_S)
        answer = _picture(request) if "page" in request else _answer(Path(request["path"]), settings)
        _alarm(0)
        answer["last"] = number == _MOST_FILES or resident_mb(os.getpid()) > settings.memory_mb / 2
        send(answers, answer)
        if answer["last"]:
            return


def _give_way() -> None:
    """Reading takes the processor time that nobody waits for."""
    if hasattr(os, "nice"):
        os.nice(5)


def _answer(path: Path, settings: IngestSettings) -> Message:
    started = time.perf_counter()
    answer: Message = {"sha256": None, "document": None, "problem": None}
    try:
        data = load(path, settings)
        answer["sha256"] = hashlib.sha256(data).hexdigest()
        answer["document"] = pack(parse_bytes(data, path.name, settings))
    except ReadError as error:
        answer["problem"] = str(error)
    except MemoryError:
        answer["problem"] = f"reading it takes more memory than the limit of {settings.memory_mb} MB (memory_mb)"
    except Exception as error:  # a parser met a file that nobody thought of; it costs this file alone
        answer["problem"] = f"it is damaged, or its reader failed on it ({type(error).__name__}: {str(error)[:200]})"
    answer["seconds"] = time.perf_counter() - started
    return answer


def _picture(request: Message) -> Message:
    """The page as a picture in base 64, or why there is none; ``missing`` when there is no such page."""
    from homeground.ingest.render import render_page

    try:
        span = request["span"][0], request["span"][1]
        png = render_page(Path(request["path"]), request["revision"], request["page"], span)
        return {"png": base64.b64encode(png).decode("ascii"), "problem": None}
    except HomegroundError as error:
        return {"png": None, "problem": str(error), "missing": isinstance(error, NotFoundError)}
    except MemoryError:
        return {"png": None, "problem": f"Page {request['page']} takes too much memory to draw.", "missing": False}


def _settings(fields: Message) -> IngestSettings:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return IngestSettings(**values)


def _channels() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes under numbers of their own, so that nothing a library prints gets between the messages."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device, not a file
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _alarm(seconds: int) -> None:
    """Let the system end this process after `seconds`, in native code too; 0 calls it off."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(megabytes: int) -> None:
    """Bound what the process allocates. RLIMIT_DATA leaves out mapped libraries, which RLIMIT_AS would count."""
    if sys.platform == "linux":
        import resource

        limit = megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    else:
        threading.Thread(target=_watch_memory, args=(megabytes,), daemon=True).start()


def _watch_memory(megabytes: int) -> None:
    """End the process when it grows beyond its limit, where the system does not."""
    while resident_mb(os.getpid()) <= megabytes:
        time.sleep(_LOOK_S)
    os._exit(OUT_OF_MEMORY)


def resident_mb(process: int) -> float:
    """Memory in use in MB; on other systems than Linux the peak of this very process, or 0 where that is unknown."""
    if sys.platform == "linux":
        try:
            return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except (OSError, IndexError, ValueError):
            return 0.0
    if sys.platform == "win32" or process != os.getpid():
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
