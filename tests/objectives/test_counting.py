"""What is counted for an objective: by the figures as by looking at each start, and of schedules by their runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as some

from jobs.models import Attempt, Job, Objective
from jobs.models.objective import within_problem
from jobs.models.rollups import budgets, shared_counts
from jobs.models.rollups.digest import EDGES, last_place_within
from jobs.objectives import standing
from jobs.objectives.burning import SPANS
from jobs.states import Cause, State
from tests.admin.schedule_rows import missed, ran, schedule
from tests.conftest import NOW, seconds
from tests.rollups.steps import add, ended, start

pytestmark = pytest.mark.django_db
SPAN_NAMES = {timedelta(minutes=5): "5m", timedelta(hours=1): "1h", timedelta(days=30): "30d"}


@pytest.fixture(autouse=True)
def _first_turn() -> None:
    add(NOW - timedelta(days=40))


def counted(kind: str = "queue", name: str = "mail", within_ms: int = 1000, now: Any = NOW) -> dict[str, Any]:
    asked = budgets.Asked(7, kind, name, within_ms, 30)
    found = {one.span: (one.starts, one.late) for one in budgets.count([asked], SPANS, now)}
    return {words: found.get(span) for span, words in SPAN_NAMES.items()}


def test_the_figures_count_as_looking_at_each_start_does() -> None:
    delays = [0.001, 0.02, 0.5, 0.9, 0.9999, 1.0001, 1.3, 2.2, 30, 5000]
    for ago in (60, 1200, 86_400 * 4):
        for delay in delays:
            ended(NOW - seconds(ago + delay), queue="mail", late=delay)
    ended(NOW - seconds(60), queue="pay", late=30)
    add(NOW)
    for within_ms in (10, 100, 1000, 1210, 10_000):
        late = sum(delay * 1000 > within_ms for delay in delays)
        assert counted(within_ms=within_ms) == {"5m": (10, late), "1h": (20, 2 * late), "30d": (30, 3 * late)}
    true = Attempt.objects.filter(job__queue="mail")
    assert sum(one.started_at - one.run_at > seconds(1) for one in true) == counted()["30d"][1]
    assert counted("target", "demo.noop")["5m"] == (11, 6)
    assert counted(name="of-nobody") == {"5m": None, "1h": None, "30d": None}


def test_a_start_counts_when_it_has_ended() -> None:
    start(NOW - seconds(60), queue="mail", late=3)
    add(NOW)
    assert counted()["5m"] is None


def test_what_is_older_than_its_days_counts_no_more() -> None:
    ended(NOW - timedelta(days=31), queue="mail", late=3)
    add(NOW)
    assert counted()["30d"] is None


def test_of_a_schedule_runs_are_counted_exactly_and_missed_ones_with_them() -> None:
    of, other = schedule("nightly", now=NOW), schedule("weekly", now=NOW)
    for minute, late in enumerate([0.1, 4.9, 5.1, 70]):
        ran(of, NOW - seconds(60 * minute + 1), late=seconds(late))
    ran(other, NOW - seconds(1), late=seconds(9))
    ran(of, NOW - seconds(400), State.PENDING)
    confirmed = ran(of, NOW - seconds(401), late=seconds(9))
    Job.objects.filter(pk=confirmed.job_id).update(reason="Confirmed.")
    missed(of, NOW - timedelta(days=2), Cause.DOWNTIME, until=NOW - timedelta(days=1), count=3)
    missed(of, NOW - timedelta(days=3), Cause.CALENDAR)
    assert counted("schedule", "nightly", 5000) == {"5m": (4, 2), "1h": (4, 2), "30d": (7, 5)}
    assert counted("schedule", "no such") == {"5m": None, "1h": None, "30d": None}


def test_any_number_of_objectives_costs_three_statements(django_assert_num_queries: Any) -> None:
    schedule("nightly", now=NOW)
    for number in range(10):
        Objective.objects.create(kind="queue", name=f"q{number}", share=99.9, within_ms=1000)
        Objective.objects.create(kind="target", name=f"t{number}", share=99.9, within_ms=1000)
    Objective.objects.create(kind="schedule", name="nightly", share=99, within_ms=1234)
    cache.clear()
    with django_assert_num_queries(4):  # the objectives; what the watcher has counted; the figures; the runs
        found = standing.latest(NOW)
    assert [one.burning.left for one in found] == [1.0] * 21
    with django_assert_num_queries(1):  # whether there is another objective
        standing.latest(NOW)
    Objective.objects.filter(name="q1").update(within_ms=10_000)
    with django_assert_num_queries(4):
        standing.latest(NOW)


def test_what_the_watcher_has_counted_is_read_by_all_and_not_counted_again(django_assert_num_queries: Any) -> None:
    Objective.objects.create(kind="queue", name="mail", share=99.9, within_ms=1000)
    ended(NOW - seconds(60), queue="mail", late=3)
    add(NOW)
    cache.clear()
    with django_assert_num_queries(3):  # the objectives; the figures; what is kept for the others
        (said,) = standing.count_for_all(Objective.objects.all(), NOW)
    ended(NOW - seconds(50), queue="mail")
    add(NOW)
    with django_assert_num_queries(2):  # the objectives; what the watcher has counted
        assert standing.latest(NOW + seconds(60)) == [said]
    cache.clear()
    assert standing.latest(NOW + shared_counts.FOR)[0].burning.whole.starts == 2, "it watches no more"
    standing.count_for_all(Objective.objects.all(), NOW - seconds(1))
    cache.clear()
    assert standing.latest(NOW) == [said], "what was counted later stays"
    Objective.objects.filter(name="mail").update(within_ms=10_000)
    cache.clear()
    assert standing.latest(NOW)[0].burning.whole == (2, 0), "another one is counted at once"


def test_what_was_counted_in_a_future_that_the_clock_has_left_is_counted_anew() -> None:
    Objective.objects.create(kind="queue", name="mail", share=99.9, within_ms=1000)
    standing.count_for_all(Objective.objects.all(), NOW + timedelta(days=1))  # the clock was a day ahead
    ended(NOW - seconds(60), queue="mail", late=3)
    add(NOW)
    cache.clear()
    assert standing.latest(NOW)[0].burning.whole.starts == 1, "nobody reads it"
    (said,) = standing.count_for_all(Objective.objects.all(), NOW)
    ended(NOW - seconds(50), queue="mail")
    add(NOW)
    cache.clear()
    assert standing.latest(NOW) == [said], "and it makes way"


def test_none_costs_nothing_more(django_assert_num_queries: Any) -> None:
    cache.clear()
    with django_assert_num_queries(1):
        assert standing.latest(NOW) == []


@pytest.mark.parametrize("kind", ["queue", "target"])
def test_a_time_by_which_nothing_is_counted_is_refused_with_those_that_there_are(kind: str) -> None:
    said = within_problem(kind, 5000)
    assert "nearest that can be asked are 4640 and 5620" in said
    assert "10, 100, 121" in said
    assert within_problem("schedule", 5000) == ""
    assert [within_problem(kind, edge) for edge in (10, 100, 1000, 10_000, 2150)] == [""] * 5
    assert "10 to 86,400,000" in within_problem("schedule", 9)


@given(some.integers(10, 86_400_000))
def test_what_is_no_edge_counts_by_the_shorter_one(within_ms: int) -> None:
    place = last_place_within(within_ms)
    shorter = max(edge for edge in EDGES if edge <= within_ms)
    assert place == EDGES[shorter]
    assert abs(0.01 * 10 ** (place / 12) - shorter) <= 0.005 * shorter
