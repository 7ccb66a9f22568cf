"""By hand: what the rows of a steady load say."""

from datetime import timedelta

import pytest

from tests.benchmark.steady.made import SINCE, life
from verification.benchmark.steady.job_times import figures, overdue
from verification.benchmark.steady.samples import memory


def test_delays_leads_and_shares():
    found = figures(
        [
            life(0),
            life(1000, listed=-500, entered=1002.0),
            life(
                2000, listed=2100, taken=2150, entered=2160, deliveries=2
            ),  # lost, and listed again when it was overdue
            life(3000, listed=None, taken=None, entered=None, deliveries=0),
        ],
        6000,
    )
    assert found.delay is not None
    assert (found.delay.jobs, found.delay.p50, found.delay.high) == (3, 2, 160)
    assert found.lead is not None
    assert (found.lead.low, found.lead.p50) == (-0.1, 1.5)
    assert found.lead.p5 == pytest.approx(-0.1 + 0.1 * 1.6)
    assert (found.listed_in_time, found.taken_in_time, found.listed_again) == (0.5, 0.5, 1)
    assert (found.early, found.committed_ahead) == (0, 12.5)


def test_a_start_before_its_time_is_seen():
    assert figures([life(0, entered=-0.001), life(1, entered=1)], 3000).early == 1


def test_the_first_third_is_compared_with_the_last():
    worse = [life(at, entered=at + (1 if at < 3000 else 50), taken=at + 1500) for at in range(0, 9000, 1000)]
    found = figures(worse, 9000)
    assert (found.first_third.jobs, found.last_third.jobs) == (3, 3)
    assert (found.first_third.delay_p95_ms, found.last_third.delay_p95_ms) == (1, 50)
    assert (found.first_third.overdue, found.last_third.overdue) == (1, 1)


@pytest.mark.parametrize(
    ("begin", "end", "most"),
    [
        (0, 1000, 0),
        (0, 1001, 1),
        (1200, 1300, 2),
        (1100, 5000, 2),
        (4000, 5000, 1),
        (9000, 9500, 1),
        (1600, 4000, 1),
        (1250, 1490, 2),
    ],
)
def test_overdue_is_who_is_due_for_a_second_and_not_taken(begin, end, most):
    late = [life(0, taken=1500), life(100, taken=1600), life(2000, taken=3000), life(2500, taken=None)]
    late.append(life(1000, taken=1200))  # late, but not by a second
    assert overdue(late, begin, end) == most


def test_nothing_at_all_is_no_error():
    found = figures([], 1000)
    assert (found.delay, found.lead, found.listed_in_time, found.committed_ahead) == (None, None, 0, 0)


def test_memory_by_its_thirds():
    seen = [(SINCE + timedelta(seconds=at), 100.0 + at) for at in range(-5, 12)]
    found = memory("bench1", seen, SINCE, SINCE + timedelta(seconds=9))
    assert (found.start, found.most, found.end) == (95, 111, 111)
    assert (found.first_third, found.last_third) == (101.5, 107.5)
    assert memory("bench1", seen[:1], SINCE, SINCE + timedelta(seconds=9)).last_third == 95
