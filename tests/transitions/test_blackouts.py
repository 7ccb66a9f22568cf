"""Nothing of a calendar's jobs starts in closed time, however it came there; plain jobs are asked nothing."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.calendars import publicholidays
from jobs.models import Calendar, CalendarRange, Limit
from jobs.states import Blackout, State
from jobs.worker.process import warming
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark
from tests.transitions.steps import CLOSES, EVENING, OPENS, acquire, again, finish, is_waiting

pytestmark = pytest.mark.django_db


def test_in_open_time_it_starts(bound):
    assert acquire(bound(NOW)) is not None


def test_in_closed_time_it_is_moved_to_the_next_opening(bound, published):
    job = bound(EVENING)
    assert acquire(job, now=EVENING) is None
    moved = again(job)
    assert is_waiting(moved)
    assert (moved.run_at, moved.asked_run_at, moved.enqueued_at) == (OPENS, EVENING, None)
    assert "after its hours" in moved.waited_for
    assert acquire(moved, now=EVENING, due_before=EVENING + seconds(1)) is None, "an old message finds nothing"
    assert acquire(moved, now=OPENS) is not None


def test_one_that_opens_soon_is_published_for_its_moment(bound, published):
    before = OPENS - seconds(2)
    job = bound(before)
    published.clear()
    assert acquire(job, now=before) is None
    assert [(listed.id, listed.run_at) for listed in published] == [(job.pk, OPENS)]


def test_it_is_listed_for_its_opening(bound):
    job = bound(EVENING)
    acquire(job, now=EVENING)
    before = list_and_mark(now=OPENS - seconds(9), horizon=OPENS)
    assert before == []
    listed = list_and_mark(now=OPENS - seconds(8), horizon=OPENS + seconds(1))
    assert [(one.id, one.run_at) for one in listed] == [(job.pk, OPENS)]


def test_what_is_earlier_is_over_at_its_time(bound):
    job = bound(EVENING, Blackout.EARLIER)
    acquire(job, now=EVENING)
    assert again(job).run_at == OPENS


def test_a_start_that_comes_late_into_closed_time_is_one(bound):
    job = bound(CLOSES - seconds(1))
    assert acquire(job, now=CLOSES) is None
    assert (again(job).run_at, again(job).asked_run_at) == (OPENS, CLOSES - seconds(1))


def test_a_start_is_judged_by_its_time_and_not_by_when_its_row_is_taken(bound):
    assert acquire(bound(OPENS), now=OPENS - timedelta(milliseconds=200)) is not None
    assert acquire(bound(CLOSES), now=CLOSES - timedelta(milliseconds=200)) is None


def test_skip_is_skipped_and_a_person_may_start_it_all_the_same(bound):
    job = bound(EVENING, Blackout.SKIP)
    assert acquire(job, now=EVENING) is None
    skipped = again(job)
    assert (skipped.state, skipped.finished_at, skipped.locked_at) == (State.SKIPPED, EVENING, None)
    assert skipped.reason == "The calendar 'office' was closed: after its hours, which end at 17:00."
    assert transitions.retry(job.pk, now=EVENING).done
    assert acquire(again(job), now=EVENING) is not None


def test_how_late_it_may_start_counts_from_the_opening(bound):
    job = bound(EVENING, start_within=60)
    acquire(job, now=EVENING)
    assert acquire(again(job), now=OPENS + seconds(59)) is not None


def test_the_time_that_was_asked_for_first_is_kept(bound):
    job = bound(EVENING)
    acquire(job, now=EVENING)
    Calendar.objects.update(open_from=time(10))
    acquire(again(job), now=OPENS)
    assert (again(job).run_at, again(job).asked_run_at) == (OPENS + timedelta(hours=1), EVENING)


def test_a_range_of_its_own_counts(bound, office):
    today = NOW.date()
    CalendarRange.objects.create(calendar=office, first_day=today, last_day=today, label="stocktaking")
    job = bound(NOW)
    assert acquire(job) is None
    assert again(job).waited_for.endswith("by the calendar 'office': stocktaking.")


def test_a_rate_is_asked_after_the_opening(bound):
    """Whoever waited for the opening has no moment of a rate yet."""
    Limit.objects.create(name="mail", rate=1)
    jobs = [bound(EVENING, queue="mail") for _ in range(3)]
    for job in jobs:
        acquire(job, now=EVENING)
    assert [acquire(again(job), now=OPENS) is not None for job in jobs] == [True, False, False]


def test_a_moved_job_gives_its_turn_to_the_next(bound, make_job):
    running, moved, plain = make_job(60, key="pay"), bound(NOW + seconds(70), key="pay"), make_job(80, key="pay")
    started = acquire(running)
    for job in (moved, plain):
        assert acquire(job) is None
    finish(started)
    assert again(moved).turn_at is not None
    assert acquire(again(moved), now=EVENING) is None
    assert again(moved).turn_at is None
    assert again(plain).holds == 0
    assert acquire(again(plain), now=EVENING) is not None


def statements(job, **when):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        acquire(job, **when)
    return [query["sql"] for query in asked.captured_queries]


def test_a_plain_job_is_asked_nothing(make_job, office):
    """Its row says with one column more that it has no calendar."""
    asked = statements(make_job(1))
    assert not any(word in sql for sql in asked for word in ('"jobs_calendar', "blackout", "calendar_waived"))
    assert sum("calendar_id" in sql for sql in asked) == 1


def test_a_bound_job_costs_three_statements_more(make_job, bound):
    plain = len(statements(make_job(1)))
    assert len(statements(bound(NOW))) == plain + 3


def test_a_worker_loads_the_holidays_before_its_first_job(make_job, monkeypatch):
    """A quarter of a second that no job must pay."""
    Calendar.objects.create(name="here", holidays_of="DE-BW")
    Calendar.objects.create(name="broken", holidays_of="XX")
    Calendar.objects.create(name="plain")
    publicholidays._of_year.cache_clear()
    monkeypatch.setattr(warming.clock, "now", lambda: NOW)
    warming.measure()
    before = publicholidays._of_year.cache_info()
    assert (before.currsize, before.misses) == (1, 1)
    assert acquire(make_job(1, calendar="here", blackout=Blackout.SKIP), now=NOW + timedelta(days=1)) is not None
    assert publicholidays._of_year.cache_info().misses == before.misses
