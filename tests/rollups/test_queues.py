"""Samples of what waits and what runs, one in each stretch of 10 s; and stretches go when their days are over."""

from datetime import timedelta

import pytest

from jobs.models.rollups.removing import remove
from jobs.scheduler import rollups as service
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.rollups import add_figures, remove_old_figures
from jobs.scheduler.sweeper import Sweeper
from tests.conftest import NOW, seconds
from tests.monitor.rows import worker
from tests.rollups.steps import add, ask, ended, pending, start

pytestmark = pytest.mark.django_db

SAMPLES = """
SELECT coalesce(queue, '(all)'), samples, pending, pending_max, overdue_max, oldest_max, slots, busy
FROM jobs_rollupqueue LEFT JOIN jobs_series ON id = series_id WHERE step = %s ORDER BY at, 1
"""


@pytest.fixture(autouse=True)
def _begun():
    add(NOW - seconds(10))


def test_a_sample_says_what_waits_and_runs():
    pending(NOW - seconds(30))
    pending(NOW + seconds(60))
    pending(NOW + seconds(60), queue="mail")
    start(queue="mail")
    worker(NOW, slots=5, queues=["default", "mail"])
    worker(NOW, slots=3, queues=["mail"])
    worker(NOW - seconds(60), slots=100, queues=["mail"])
    add()
    assert ask(SAMPLES, 10) == [
        ("(all)", 1, 3, 3, 1, 30.0, 8, 1),
        ("default", 1, 2, 2, 1, 30.0, 5, 0),
        ("mail", 1, 1, 1, 0, 0.0, 8, 1),
    ]


def test_there_is_one_sample_in_each_stretch_whoever_takes_it():
    pending(NOW + seconds(60))
    for after in (0, 1, 6.9, 7, 8):
        add(NOW + seconds(after))
    assert [row[1] for row in ask(SAMPLES, 10) if row[0] == "(all)"] == [1, 1]
    assert [row[1:4] for row in ask(SAMPLES, 60) if row[0] == "(all)"] == [(2, 2, 1)]


def test_the_next_turn_is_in_the_next_stretch(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert add_figures(now=NOW) == pytest.approx(7 + service.AFTER)
    assert add_figures(now=NOW + seconds(7)) == pytest.approx(10 + service.AFTER)


def test_the_leader_does_it():
    names = [one.name for one in Sweeper(Dispatcher("beat@test"), lambda: True).services]
    assert {"figures", "old figures"} <= set(names)
    ended()
    one = Sweeper(Dispatcher("beat@test"), lambda: True)
    for chosen in one.services:
        if chosen.name in ("figures", "old figures"):
            one._run(chosen, NOW)
    assert ask("SELECT sum(completed) FROM jobs_rollup WHERE step = 10") == [(1,)]


KEPT = ((10, timedelta(days=1)), (60, timedelta(days=31)), (3600, timedelta(days=731)))


def test_stretches_go_when_their_days_are_over():
    ended(NOW - timedelta(days=400))
    pending(NOW + timedelta(days=900))
    add(NOW - timedelta(days=400))
    ask("UPDATE jobs_rollupposition SET sampled_at = NULL")
    ended()
    add()
    for step, kept in KEPT:
        for now, are_there in ((NOW - seconds(3), True), (NOW + seconds(3600), False)):
            remove(now=now + kept, limit=100)
            for table in ("jobs_rollup", "jobs_rollupqueue"):
                found = ask(f"SELECT count(*) > 0 FROM {table} WHERE step = %s AND at > %s", step, NOW - seconds(60))
                assert found == [(are_there,)], (step, table)
    assert ask("SELECT count(*) FROM jobs_series") == [(2,)]
    remove(now=NOW + timedelta(days=733), limit=100)
    assert ask("SELECT count(*) FROM jobs_series") == [(0,)]


def test_removal_goes_some_at_a_time(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(service, "OLD_AT_A_TIME", 1)
    for minute in range(3):
        ended(NOW + seconds(60 * minute))
    add(NOW + seconds(180))
    later = NOW + timedelta(days=1.5)
    assert remove_old_figures(now=later, seconds=0) == 0.0
    assert remove_old_figures(now=later) == service.OLD_EVERY
    assert ask("SELECT count(*) FROM jobs_rollup WHERE step = 10") == [(0,)]
    assert ask("SELECT count(*) > 0 FROM jobs_rollup WHERE step = 60") == [(True,)]
    with django_assert_num_queries(3):
        remove_old_figures(now=later)
