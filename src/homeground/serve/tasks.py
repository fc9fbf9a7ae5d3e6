"""What each kind of job does. A job may be cut off at any point and begun anew: everything here stands that."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from homeground.catalogue.job_rows import Job
from homeground.serve.jobs import Jobs, Task, Watch
from homeground.types import Principal

if TYPE_CHECKING:
    from homeground.ingest.progress import Progress, SyncReport
    from homeground.swap import SwapReport
    from homeground.workspace import Workspace

SYNC, ADD, REMOVE, SWAP, SWAP_BACK, SWAP_DROP = "sync", "add", "remove", "swap", "swap back", "swap drop"
COMMON = frozenset({SYNC})  # what everybody who may write starts, and sees of others; the rest is for owners
_TICK_S = 600.0
_FOLD_S, _FOLD_WAIT_S = 60.0, 1.0  # where questions follow one another without a gap, a wait now and then makes one


def jobs_of(workspace: Workspace) -> Jobs:
    """The jobs of a workspace: it must be one that stays open as long as they work."""
    kinds: Mapping[str, Callable[[Workspace, Job, Watch], Mapping[str, Any]]] = {
        SYNC: _sync,
        ADD: _add,
        REMOVE: _remove,
        SWAP: _swap,
        SWAP_BACK: _swap_back,
        SWAP_DROP: _swap_drop,
    }
    tasks: dict[str, Task] = {kind: partial(work, workspace) for kind, work in kinds.items()}
    return Jobs(workspace.catalogue, workspace.parts.home, tasks, merged=COMMON, tick=_Tidy(workspace))


class _Tidy:
    """Now and then: what the settings do not keep is forgotten, and what was cut off on its way in is deleted.

    Each time: deleted text leaves the disk that could not at once; the first time, what a kill may have left.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._next, self._waits_at = workspace, 0.0, time.monotonic() + _FOLD_S
        self._begun = False

    def __call__(self) -> None:
        self._fold()
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TICK_S
            self._workspace.log.expire()
            self._workspace.uploads.sweep()

    def _fold(self) -> None:
        catalogue, now = self._workspace.catalogue, time.monotonic()
        if self._begun and not catalogue.owes():
            self._waits_at = now + _FOLD_S
            return
        self._begun, patient = True, now >= self._waits_at
        catalogue.checkpoint(_FOLD_WAIT_S if patient else 0.0)
        if patient:
            self._waits_at = now + _FOLD_S


def _sync(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    report = watch.patient(lambda: workspace.sync_uploads(on_progress=_listener(watch)))
    done = {name: getattr(report, name) for name in ("added", "changed", "renamed", "removed", "rebuilt")}
    if any(done.values()):
        what = ", ".join(f"{count} {name}" for name, count in done.items() if count)
        workspace.log.record(SYNC, Principal(job.by), {"what": what, **done})
    return report_json(report)


def _add(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    from homeground.adding import add_sources

    given = job.parameters
    add = partial(add_sources, workspace.parts, job.by, [given["path"]], access=given["access"], label=given["label"])
    [source] = watch.patient(lambda: add(name=given["name"], prefix=given["name"]))
    workspace.log.record(ADD, Principal(job.by), {"what": source.name, "source": source.name})
    return {"source": source.name, **_sync(workspace, job, watch)}


def _remove(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    owner, name = Principal(job.by, owner=True), job.parameters["name"]
    removed, heir = watch.patient(lambda: workspace.remove(name, owner))
    workspace.log.record(REMOVE, owner, {"what": name, "source": name})
    return {"source": name, "removed": removed, "passes_to": heir}


def _swap(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    given = job.parameters
    swap = workspace.embedder_swap(Principal(job.by, owner=True), on_progress=_listener(watch))
    return _swapped(swap.swap(given["name"], allow_loss=given["allow_loss"], accept=given["accept"]))


def _swap_back(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    return _swapped(workspace.embedder_swap(Principal(job.by, owner=True), on_progress=_listener(watch)).back())


def _swap_drop(workspace: Workspace, job: Job, watch: Watch) -> Mapping[str, Any]:
    return {"dropped": workspace.embedder_swap(Principal(job.by, owner=True)).drop()}


def _swapped(report: SwapReport) -> Mapping[str, Any]:
    told: dict[str, Any] = asdict(report)
    return told


def _listener(watch: Watch) -> Callable[[Progress], None]:
    stage = ""

    def tell(progress: Progress) -> None:
        nonlocal stage
        told = asdict(progress)
        told["share"] = progress.files_done / progress.files_total if progress.files_total else None
        begins, stage = progress.stage != stage, progress.stage
        watch.tell(told, at_once=begins)  # a large file is read for minutes after the stage began, without a word

    return tell


def report_json(report: SyncReport) -> dict[str, Any]:
    """What a sync did, as JSON: counts, and what was not read, by name and reason."""
    return asdict(report)
