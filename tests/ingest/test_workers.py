"""The reading processes: what one file costs when its parser crashes, hangs or grows, and what is left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeground.errors import HomegroundError
from homeground.ingest import process
from homeground.ingest.workers import Parsed, ParserPool
from homeground.settings import IngestSettings

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

# A reader that misbehaves by the name of the file.
EVIL = """
import ctypes, os, time
import homeground.ingest.parse.worker as worker
real, seen = worker.parse_bytes, []
def parse_bytes(data, name, settings):
    seen.append(name)
    if name.startswith("abort"): os.abort()
    if name.startswith("segfault"): ctypes.string_at(0)
    if name.startswith("hang"):
        while True: pass
    if name.startswith("sleep"): time.sleep(600)
    if name.startswith("grow"):
        hoard = []
        while True: hoard.append(bytearray(2**24))
    if name.startswith("raise"): raise KeyError("no such key")
    if name.startswith("print"): os.write(1, b"noise from a library")
    if name.startswith("later") and len(seen) > 1: os.abort()
    if name.startswith("child"):
        import subprocess
        subprocess.run(["sleep", "600"])
    return real(data, name, settings)
worker.parse_bytes = parse_bytes
worker.main()
"""


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(process.__file__).parents[2])
    monkeypatch.setattr(process, "_code", lambda: f"import sys; sys.path.append({root!r})\n{EVIL}")


def write(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).write_text(f"The text of {name}.")
    return [folder / name for name in names]


def read(paths: list[Path], **settings: object) -> dict[str, Parsed]:
    with ParserPool(IngestSettings(**{"workers": 2, **settings})) as pool:  # type: ignore[arg-type]
        return {one.path.name: one for one in pool.parse_all(paths)}


def test_every_file_comes_back_once_with_the_digest_of_its_bytes(tmp_path: Path) -> None:
    paths = write(tmp_path, *(f"note-{number}.txt" for number in range(40)))
    found = read(paths)
    assert set(found) == {path.name for path in paths}
    for path in paths:
        one = found[path.name]
        assert one.document is not None
        assert one.document.pages[0].text == f"The text of {path.name}."
        assert one.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert one.problem is None


def test_files_are_drawn_only_a_few_ahead(tmp_path: Path) -> None:
    paths = write(tmp_path, *(f"{number}.txt" for number in range(60)))
    drawn: list[Path] = []

    def counted() -> Iterator[Path]:
        for path in paths:
            drawn.append(path)
            yield path

    with ParserPool(IngestSettings(workers=1)) as pool:
        next(iter(pool.parse_all(counted())))
        assert len(drawn) < 10


def test_a_pool_reads_again_after_a_reading_was_given_up(tmp_path: Path) -> None:
    paths = write(tmp_path, *(f"{number}.txt" for number in range(30)))
    with ParserPool(IngestSettings(workers=2)) as pool:
        for _ in pool.parse_all(paths):
            break
        assert sorted(one.path for one in pool.parse_all(paths)) == sorted(paths)


@pytest.mark.usefixtures("evil")
@pytest.mark.parametrize(("name", "words"), [("abort.txt", "SIGABRT"), ("segfault.txt", "SIGSEGV")])
def test_a_crash_costs_one_file_and_names_the_reason(tmp_path: Path, name: str, words: str) -> None:
    found = read(write(tmp_path, "a.txt", "b.txt", name, "c.txt", "d.txt"))
    assert found[name].document is None
    assert found[name].crashed
    assert words in str(found[name].problem)
    assert [one for one in found.values() if one.document is None] == [found[name]]


@pytest.mark.usefixtures("evil")
@pytest.mark.parametrize("name", ["hang.txt", "sleep.txt"])
def test_a_hang_ends_at_the_time_limit(tmp_path: Path, name: str) -> None:
    started = time.monotonic()
    found = read(write(tmp_path, "a.txt", name, "b.txt"), timeout_s=1)
    assert time.monotonic() - started < 20
    assert "longer than the limit of 1 s" in str(found[name].problem)
    assert found["a.txt"].document
    assert found["b.txt"].document


@needs_linux
@pytest.mark.usefixtures("evil")
def test_memory_is_limited(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.txt", "grow.txt", "b.txt"), memory_mb=256)
    assert "memory than the limit of 256 MB" in str(found["grow.txt"].problem)
    assert found["a.txt"].document
    assert found["b.txt"].document


@pytest.mark.usefixtures("evil")
def test_an_unexpected_error_of_a_parser_is_a_report(tmp_path: Path) -> None:
    found = read(write(tmp_path, "raise.txt"))
    assert "KeyError" in str(found["raise.txt"].problem)
    assert not found["raise.txt"].crashed


@pytest.mark.usefixtures("evil")
def test_what_a_library_prints_does_not_get_between_the_messages(tmp_path: Path) -> None:
    found = read(write(tmp_path, "print-1.txt", "print-2.txt"))
    assert all(one.document for one in found.values())


@pytest.mark.usefixtures("evil")
def test_a_file_that_fails_in_a_used_process_is_tried_in_a_fresh_one(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.txt", "later.txt", "b.txt"), workers=1)
    assert found["later.txt"].document is not None


def children() -> set[int]:
    """Processes below this one, by /proc; zombies are among them."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == os.getpid():
            found.add(int(status.parent.name))
    return found


@needs_linux
@pytest.mark.usefixtures("evil")
def test_no_process_is_left_behind(tmp_path: Path) -> None:
    before = children()
    with ParserPool(IngestSettings(workers=2)) as pool:
        reading = pool.parse_all(write(tmp_path, "a.txt", "sleep.txt", "b.txt"))
        next(reading)
        assert children() > before
    assert children() == before
    with pytest.raises(HomegroundError, match="closed"):
        next(iter(pool.parse_all([tmp_path / "a.txt"])))


@needs_linux
@pytest.mark.usefixtures("evil")
def test_programs_that_a_reader_started_end_with_it(tmp_path: Path) -> None:
    read(write(tmp_path, "child.txt"), timeout_s=1, workers=1)
    time.sleep(0.2)
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert b"sleep\x00600\x00" not in commands


@needs_linux
def test_ctrl_c_in_a_script_ends_all_processes(tmp_path: Path) -> None:
    """A script without a main guard works too: nothing imports it again."""
    write(tmp_path, *(f"{number}.txt" for number in range(20)))
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import time
        from pathlib import Path
        from homeground.settings import IngestSettings
        from homeground.ingest.workers import ParserPool
        with ParserPool(IngestSettings(workers=2)) as pool:
            for one in pool.parse_all(sorted(Path({str(tmp_path)!r}).glob("*.txt"))):
                pids = [reader._process.pid for reader in pool._readers]
                print(one.path.name, [pid for pid in pids if pid], flush=True)
                for _ in range(600):
                    time.sleep(0.05)  # one long sleep misses a signal that comes just before it
        """)
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        workers_of_it = [int(number) for number in line.split("[")[1].strip("]\n").split(",")]
        process.send_signal(signal.SIGINT)
        assert process.wait(25) != 0
    assert workers_of_it
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{number}").exists() for number in workers_of_it) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{number}").exists() for number in workers_of_it)


@needs_linux
def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    code = f"""
import os, signal
from pathlib import Path
from homeground.settings import IngestSettings
from homeground.ingest.workers import ParserPool
pool = ParserPool(IngestSettings(workers=1))
list(pool.parse_all([Path({str(tmp_path)!r}) / "a.txt"]))
print(pool._readers[0]._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    orphan = Path(f"/proc/{int(done.stdout)}")
    deadline = time.monotonic() + 5
    while orphan.exists() and "Z" not in (orphan / "stat").read_text().rsplit(")", 1)[1][:3]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_special_files_are_refused_without_opening_them(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.txt")
    found = read([tmp_path / "pipe.txt", tmp_path, tmp_path / "gone.txt", Path("/dev/zero")], timeout_s=5)
    assert found["pipe.txt"].problem == "it is a named pipe, not a file"
    assert found[tmp_path.name].problem == "it is a folder, not a file"
    assert found["zero"].problem == "it is a device, not a file"
    assert "cannot be opened" in str(found["gone.txt"].problem)


def test_a_large_file_is_reported(tmp_path: Path) -> None:
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(3 * 2**20)
    found = read([tmp_path / "large.txt"], max_file_mb=2)
    assert found["large.txt"].problem == "it is too large: 3 MB, the limit is 2 MB (max_file_mb)"
