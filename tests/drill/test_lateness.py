"""How late a job may start when the database goes away again and again."""

from types import SimpleNamespace

import pytest

from verification.drill.evidence import Allowance
from verification.drill.lateness import allowed_delay

WINDOW, MAX_DELAY = 5.0, 15.0


def away(begin, end):
    """A database that is away from `begin` to `end`."""
    return Allowance("database-down", begin - WINDOW, end + WINDOW, end - begin, (begin, end))


def allowed(moment, *allowances):
    return allowed_delay(moment, SimpleNamespace(max_delay=MAX_DELAY, allowances=list(allowances)))


def test_without_a_fault_it_is_max_delay():
    assert allowed(100.0) == MAX_DELAY
    assert allowed(100.0, away(0.0, 20.0)) == MAX_DELAY, "long over"


def test_a_fault_around_the_moment_adds_what_it_has_declared():
    assert allowed(100.0, away(98.0, 110.0)) == MAX_DELAY + 12.0


@pytest.mark.parametrize(
    ("outages", "right"),
    [
        ([(110.0, 130.0)], 35.0),  # begins within MaxDelayTime
        ([(115.5, 130.0)], 15.0),  # begins after it
        ([(98.0, 110.0), (120.0, 140.0)], 15.0 + 12.0 + 20.0),
        ([(98.0, 110.0), (128.0, 140.0)], 15.0 + 12.0),  # the first one's time was over by then
        ([(98.0, 112.0), (110.0, 130.0)], 15.0 + 14.0 + 18.0),  # two at a time are away once
        ([(110.0, 130.0), (112.0, 120.0)], 35.0),
        ([(110.0, 130.0), (134.0, 144.0), (144.5, 150.0)], 15.0 + 20.0 + 10.0 + 5.5),
    ],
)
def test_while_the_database_is_away_its_clock_stands_still(outages, right):
    assert allowed(100.0, *[away(begin, end) for begin, end in outages]) == right


def test_what_stops_one_worker_stops_no_clock():
    stopped = Allowance("worker-stop", 105.0, 125.0, 10.0)
    assert allowed(100.0, stopped) == MAX_DELAY
    assert allowed(106.0, stopped) == MAX_DELAY + 10.0
