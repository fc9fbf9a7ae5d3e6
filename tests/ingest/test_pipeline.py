"""Making, embedding and committing at once: order, errors, and an end."""

import threading
import time

import pytest

from homeground.ingest.pipeline import AHEAD, InOrder, Prefetch


def test_items_come_in_order_and_only_a_few_ahead():
    made = []

    def items():
        for number in range(20):
            made.append(number)
            yield number

    with Prefetch(items()) as ready:
        first = next(ready)
        time.sleep(0.3)
        assert len(made) <= AHEAD + 2
        assert [first, *ready] == list(range(20))


def test_an_error_in_the_making_reaches_the_caller():
    def items():
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"), Prefetch(items()) as ready:
        list(ready)


def test_leaving_early_ends_the_making_and_closes_its_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with pytest.raises(KeyboardInterrupt), Prefetch(items()) as ready:
        next(ready)
        raise KeyboardInterrupt
    assert closed.is_set()


def test_tasks_run_one_after_another_in_the_order_given():
    done = []

    def task(number: int) -> None:
        time.sleep(0.02 if number == 0 else 0)
        done.append(number)

    with InOrder() as committer:
        for number in range(5):
            committer.hand(lambda number=number: task(number))
    assert done == list(range(5))


@pytest.mark.parametrize("more", [0, 1])
def test_an_error_of_a_task_is_raised_at_the_next_or_at_the_end(more):
    def fail() -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"), InOrder() as committer:
        committer.hand(fail)
        for _ in range(more):
            committer.hand(lambda: None)


def test_what_was_handed_in_is_finished_when_the_caller_fails():
    done = threading.Event()

    def task() -> None:
        time.sleep(0.1)
        done.set()

    with pytest.raises(KeyboardInterrupt), InOrder() as committer:
        committer.hand(task)
        raise KeyboardInterrupt
    assert done.is_set()
