"""Jobs: one after the other, told while they work, stopped when asked, and taken up after a death."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homeground.catalogue import Catalogue, job_rows
from homeground.catalogue.job_rows import Job
from homeground.errors import LockedError, NotFoundError, ReadError
from homeground.ingest.lock import writer_lock
from homeground.ingest.progress import Progress
from homeground.serve import tasks
from homeground.serve.jobs import DEFECT, Jobs, Task, Watch

PATIENCE_S = 20


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path / "catalogue.db", create=True)
    yield opened
    opened.close()


Working = Callable[..., "contextmanager[Jobs]"]


@contextmanager
def working(catalogue: Catalogue, **tasks: Task) -> Iterator[Jobs]:
    jobs = Jobs(catalogue, catalogue.path.parent, tasks, merged=frozenset({"merged"}))
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop(PATIENCE_S)


def ended(jobs: Jobs, job: Job) -> Job:
    return until(jobs, job, *job_rows.ENDED)


def until(jobs: Jobs, job: Job, *states: str) -> Job:
    pause = threading.Event()
    for _ in range(PATIENCE_S * 100):
        now = jobs.find(job.id)
        if now.state in states:
            return now
        pause.wait(0.01)
    raise AssertionError(f"still {now.state}")


def test_jobs_are_done_one_after_the_other_in_their_order(catalogue):
    order: list[int] = []

    def work(job: Job, watch: Watch) -> dict[str, int]:
        order.append(job.parameters["at"])
        return {"at": job.parameters["at"]}

    with working(catalogue, plain=work) as jobs:
        wanted = [jobs.submit("plain", "ann", {"at": at}) for at in range(4)]
        assert [ended(jobs, job).result for job in wanted] == [{"at": at} for at in range(4)]
    assert order == [0, 1, 2, 3]


def test_a_kind_that_waits_once_is_merged_only_while_it_waits(catalogue):
    jobs = Jobs(catalogue, catalogue.path.parent, {}, merged=frozenset({"merged"}))
    first = jobs.submit("merged", "ann")
    assert jobs.submit("merged", "bob").id == first.id
    assert jobs.submit("merged", "bob", {"other": 1}).id != first.id
    assert jobs.submit("plain", "ann").id != jobs.submit("plain", "ann").id
    with catalogue.writing() as connection:
        assert job_rows.take(connection).id == first.id
    assert jobs.submit("merged", "bob").id != first.id


def test_what_fails_says_why_in_words_and_the_next_one_is_done(catalogue, caplog):
    def unreadable(job: Job, watch: Watch) -> dict[str, int]:
        raise ReadError("a.pdf is encrypted")

    def defect(job: Job, watch: Watch) -> dict[str, int]:
        raise ZeroDivisionError("token=abc")

    with working(catalogue, unreadable=unreadable, defect=defect, plain=lambda job, watch: {}) as jobs:
        wanted = [jobs.submit(kind, "ann") for kind in ("unreadable", "defect", "unknown", "plain")]
        states = [ended(jobs, job) for job in wanted]
    assert [job.state for job in states] == ["failed", "failed", "failed", "done"]
    assert [job.problem for job in states] == ["a.pdf is encrypted", DEFECT, DEFECT, None]


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_at_its_next_step(catalogue):
    go_on = threading.Event()

    def steps(job: Job, watch: Watch) -> dict[str, int]:
        while True:
            watch.tell({"stage": "read"}, at_once=True)
            go_on.wait(0.01)

    with working(catalogue, steps=steps) as jobs:
        running, waiting = jobs.submit("steps", "ann"), jobs.submit("steps", "ann")
        until(jobs, running, "running")
        assert jobs.cancel(waiting.id).state == "cancelled"
        assert jobs.cancel(running.id).cancelling
        assert ended(jobs, running).state == "cancelled"
        assert jobs.find(running.id).progress == {"stage": "read"}
        assert jobs.cancel(running.id).state == "cancelled"


def test_what_a_stop_interrupts_goes_on_with_the_next_start(catalogue):
    runs: list[str] = []

    def steps(job: Job, watch: Watch) -> dict[str, int]:
        runs.append(job.id)
        while len(runs) < 2:
            watch.tell({}, at_once=True)
        return {"runs": len(runs)}

    with working(catalogue, steps=steps) as jobs:
        job = jobs.submit("steps", "ann")
        until(jobs, job, "running")
    assert jobs.find(job.id).state == "queued"
    with working(catalogue, steps=steps) as jobs:
        assert ended(jobs, job).result == {"runs": 2}


def test_what_a_dead_process_was_doing_is_taken_up_and_what_it_should_stop_is_stopped(catalogue):
    dead = Jobs(catalogue, catalogue.path.parent, {})
    cut, stopped = dead.submit("plain", "ann"), dead.submit("plain", "ann")
    with catalogue.writing() as connection:
        job_rows.take(connection)
        job_rows.take(connection)
    dead.cancel(stopped.id)
    with working(catalogue, plain=lambda job, watch: {"done": True}) as jobs:
        assert ended(jobs, cut).result == {"done": True}
        assert ended(jobs, stopped).state == "cancelled"


def test_of_two_services_one_works_and_the_other_takes_over(catalogue):
    with working(catalogue, plain=lambda job, watch: {"by": "first"}) as first:
        ended(first, first.submit("plain", "ann"))
        with working(catalogue, plain=lambda job, watch: {"by": "second"}) as second:
            assert ended(second, second.submit("plain", "ann")).result == {"by": "first"}
            first.stop(PATIENCE_S)
            assert ended(second, second.submit("plain", "ann")).result == {"by": "second"}


def test_work_waits_for_another_writer_and_says_for_whom(catalogue, tmp_path):
    def write(job: Job, watch: Watch) -> dict[str, bool]:
        def locked() -> dict[str, bool]:
            with writer_lock(tmp_path):
                return {"written": True}

        return watch.patient(locked)

    with working(catalogue, write=write) as jobs:
        with writer_lock(tmp_path):
            job = jobs.submit("write", "ann")
            until(jobs, job, "running")
            pause = threading.Event()
            while not (told := jobs.find(job.id).progress):
                pause.wait(0.01)
            assert told["stage"] == "wait"
            assert "being written to by process" in told["waiting_for"]
        assert ended(jobs, job).result == {"written": True}


def test_waiting_for_another_writer_can_be_cancelled(catalogue):
    def never(job: Job, watch: Watch) -> dict[str, int]:
        def locked() -> dict[str, int]:
            raise LockedError("somebody else")

        return watch.patient(locked)

    with working(catalogue, never=never) as jobs:
        job = jobs.submit("never", "ann")
        until(jobs, job, "running")
        jobs.cancel(job.id)
        assert ended(jobs, job).state == "cancelled"


def test_a_job_that_is_not_there_is_not_found(catalogue):
    with pytest.raises(NotFoundError, match="no job 'x'"):
        Jobs(catalogue, catalogue.path.parent, {}).find("x")


def test_a_stage_that_begins_is_told_at_once(workspace):
    """A large file is read for minutes after the stage has begun, without another word."""
    jobs = tasks.jobs_of(workspace)
    job = jobs.submit(tasks.SYNC, "ines")
    tell = tasks._listener(Watch(workspace.catalogue, job, jobs._stopping))
    tell(Progress("look"))
    tell(Progress("read", 0, 1))
    assert jobs.find(job.id).progress["stage"] == "read"
