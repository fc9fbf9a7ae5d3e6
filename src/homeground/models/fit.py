"""Which of a short list of models fits this machine, and how fast it would write: an estimate from two measurements.

To write one token a model's weights are read once, so memory bandwidth bounds the speed (batch of one, short prompt).
The bandwidth is measured by copying, on all cores; EFFICIENCY is the share of it that OpenVINO reaches while it reads
weights of 8 or 4 bits, measured in docs/lab-log.md.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EFFICIENCY = {"int8": 0.7, "int4": 0.5}
BYTES_PER_PARAMETER = {"int8": 1.05, "int4": 0.65}  # scales, and layers kept at 8 bits, included
WORK_BYTES = 600_000_000  # the process, and the context of some thousand tokens
_COPIED = 100_000_000
_ROUNDS = 6
_SHORT_LIST = Path(__file__).with_name("shortlist.json")


@dataclass(frozen=True, slots=True)
class Machine:
    """What counts here: memory in bytes, and bytes per second that can be read and written. 0 means: not known."""

    memory: int
    available: int
    cores: int
    bandwidth: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model of the short list at a precision. ``tokens_per_s`` and ``bytes`` are estimates.

    ``build`` is a repository with a ready OpenVINO model; "" where none is known, and it must be converted first.
    """

    name: str
    repository: str
    licence: str
    parameters: int
    precision: str
    bytes: int
    fits: bool
    tokens_per_s: float
    build: str
    source: str


def measure(cores: int | None = None) -> Machine:
    """Measure this machine; takes less than a second."""
    total, available = _memory()
    cores = cores or _cores()
    return Machine(total, available, cores, _bandwidth(cores))


def candidates(machine: Machine) -> list[Candidate]:
    """The short list for a machine, smallest first."""
    found = [_candidate(entry, precision, machine) for entry in _short_list() for precision in ("int8", "int4")]
    return sorted(found, key=lambda each: (each.parameters, -each.bytes))


def _candidate(entry: dict[str, Any], precision: str, machine: Machine) -> Candidate:
    size = int(entry["parameters"] * BYTES_PER_PARAMETER[precision])
    return Candidate(
        name=entry["name"],
        repository=entry["repository"],
        licence=entry["licence"],
        parameters=entry["parameters"],
        precision=precision,
        bytes=size,
        fits=size + WORK_BYTES <= machine.available,
        tokens_per_s=round(machine.bandwidth * EFFICIENCY[precision] / size, 1),
        build=entry.get("builds", {}).get(precision, ""),
        source=entry["source"],
    )


def _short_list() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_SHORT_LIST.read_text("utf-8"))["models"]
    return found


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bandwidth(cores: int) -> float:
    """Bytes read and written per second while copying, the best of a few rounds: other work only slows it down."""
    import numpy as np

    source = np.ones(_COPIED // 8)
    target = np.empty_like(source)
    pieces = list(zip(np.array_split(target, cores), np.array_split(source, cores), strict=True))
    best = float("inf")
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            list(pool.map(lambda piece: np.copyto(*piece), pieces))
            best = min(best, time.perf_counter() - began)
    return 2 * source.nbytes / best


def _memory() -> tuple[int, int]:
    """Bytes in all and bytes available, within the limit of a container."""
    if sys.platform == "linux":
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
        limit = _container_limit()
        return min(found["MemTotal"], limit), min(found.get("MemAvailable", found["MemTotal"]), limit)
    if sys.platform == "win32":
        return _windows_memory()
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return total, total * 3 // 4  # macOS compresses and swaps: what is available is not told by one number


def _container_limit() -> int:
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text("ascii"))
    except (OSError, ValueError):
        return sys.maxsize


def _windows_memory() -> tuple[int, int]:
    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")
        ]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.total), int(status.free)
