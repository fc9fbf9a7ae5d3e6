"""What fits is a matter of memory, how fast of bandwidth; the short list says where its facts are from."""

from __future__ import annotations

import json

from homeground.models.fit import EFFICIENCY, Machine, candidates, measure


def test_the_measurement_is_plausible_and_short() -> None:
    machine = measure()
    assert 0 < machine.available <= machine.memory
    assert 1e8 < machine.bandwidth < 1e13


def test_more_memory_lets_more_fit_and_more_bandwidth_is_faster() -> None:
    small = candidates(Machine(2 * 10**9, 10**9, 2, 10e9))
    large = candidates(Machine(64 * 10**9, 60 * 10**9, 2, 20e9))
    assert 0 < sum(each.fits for each in small) < sum(each.fits for each in large) == len(large)
    assert all(b.tokens_per_s > a.tokens_per_s for a, b in zip(small, large, strict=True))


def test_the_estimate_is_what_is_said_of_it() -> None:
    for each in candidates(Machine(64 * 10**9, 60 * 10**9, 2, 40e9)):
        assert each.tokens_per_s == round(40e9 * EFFICIENCY[each.precision] / each.bytes, 1)
        assert all((each.source, each.licence, "/" in each.repository))


def test_nothing_fits_where_memory_is_not_enough_for_the_process() -> None:
    assert not any(each.fits for each in candidates(Machine(10**9, 5 * 10**8, 2, 10e9)))
    assert json.dumps(len(candidates(Machine(1, 1, 1, 1.0))))
