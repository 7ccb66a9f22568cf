from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from jobs.models import Job
from jobs.states import State
from tests.conftest import NOW, seconds
from tests.models.rows import row

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_worker_s_transaction_may_not_stand_still_and_the_next_may():
    pending = row(0)

    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return cursor.fetchone()[0]

    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '7min'")
    with transaction.atomic():
        assert list(Job.objects.acquirable([pending.pk], due_before=NOW + seconds(1))) == [pending]
        assert limit() == "6s"
    assert limit() == "7min"
    connection.close()


def test_questions_by_state():
    pending, overdue = row(5), row(-5)
    running = row(-5, state=State.RUNNING, locked_at=NOW, attempt=3)
    old = row(-9, state=State.FAILED, finished_at=NOW - seconds(60))
    new = row(-9, state=State.CANCELLED, finished_at=NOW)
    q = Job.objects
    assert set(q.pending()) == {pending, overdue}
    assert list(q.upcoming(NOW - seconds(60))) == [overdue, pending]
    assert list(q.overdue(NOW)) == [overdue]
    assert list(q.running()) == [running]
    assert set(q.final()) == {old, new}
    assert list(q.recently_finished()) == [new, old]
    assert set(q.in_state([State.FAILED, State.RUNNING])) == {old, running}
    figures = q.latest_figures(NOW - seconds(1))
    assert (figures.ends, figures.cancelled, figures.failed) == (1, 1, 0)


def test_delays_are_in_milliseconds_and_skip_what_has_not_started():
    row(0)
    for late in (0.001, 0.003):
        at = NOW + seconds(late)
        row(0, state=State.COMPLETED, attempt=1, locked_at=NOW, execute_at=at, finished_at=at)
    found = Job.objects.latest_figures(NOW)
    assert (found.ends, found.started) == (2, 2)
    assert (found.mean, found.low, found.high) == (pytest.approx(2), pytest.approx(1), pytest.approx(3))
    assert found.stdev == pytest.approx(1.41421356)
    assert Job.objects.none().latest_figures(NOW).mean is None


def test_what_a_job_says_about_itself():
    at = NOW + seconds(0.0005)
    done = row(0, state=State.COMPLETED, attempt=1, locked_at=NOW, execute_at=at, finished_at=at + seconds(0.1))
    assert done.delay_ms == pytest.approx(0.5)
    assert done.duration_ms == pytest.approx(100)
    assert done.is_final
    fresh = row(5, name="nightly")
    assert (fresh.delay_ms, fresh.duration_ms, fresh.is_final) == (None, None, False)
    assert str(fresh) == f"job {fresh.pk} (nightly)"


def test_reads_for_people_do_not_grow_with_the_rows(django_assert_num_queries):
    for _ in range(5):
        row(5)
    with django_assert_num_queries(3):  # the jobs with their creators; all their attempts; all their audit
        for job in Job.objects.for_people().with_story():
            assert job.created_by is None
            assert list(job.attempts.all()) == []


def test_far_times_survive_the_way_through_the_database():
    far = datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)
    job = Job.objects.create(target="x", payload={}, run_at=far)
    job.refresh_from_db()
    assert job.run_at == far


def test_unfinished_are_those_that_have_not_ended():
    waits, over = row(0), row(0)
    Job.objects.filter(pk=over.pk).update(state=State.CANCELLED, finished_at=NOW)
    assert set(Job.objects.unfinished()) == {waits}
