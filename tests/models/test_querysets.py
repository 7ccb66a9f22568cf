import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

W = 10.0


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def row_of(after: float, **values) -> Job:
    return Job(target="demo.noop", payload={}, run_at=NOW + seconds(after), **values)


def row(after: float, **values) -> Job:
    """A row as SQL would write it, past every rule of ours."""
    job = row_of(after, **values)
    job.save()
    return job


def listed(now=NOW, horizon=None, **more):
    horizon = horizon or now + seconds(12)
    return Job.objects.list_and_mark(now=now, horizon=horizon, window=W, client="beat@test", **more)


def ids(found):
    return [job.id for job in found]


def test_it_lists_what_is_due_before_the_horizon_soonest_first_and_marks_it():
    later, soon, beyond, due = row(9), row(1), row(12), row(-0.5)
    found = listed()
    assert ids(found) == [due.id, soon.id, later.id]
    assert (found[1].version, found[1].run_at, found[1].queue, found[1].deliveries) == (1, soon.run_at, "default", 1)
    soon.refresh_from_db()
    beyond.refresh_from_db()
    assert (soon.enqueued_at, soon.deliveries, soon.state) == (NOW, 1, State.PENDING)
    assert beyond.enqueued_at is None


def test_it_logs_itself_also_when_it_finds_nothing():
    listed()
    row(1)
    listed()
    logged = WorkerLog.objects.order_by("id").values_list("action", "client", "results", "at")
    assert list(logged) == [("QUERYLIST", "beat@test", 0, NOW), ("QUERYLIST", "beat@test", 1, NOW)]


def test_it_is_one_statement(django_assert_num_queries):
    row(1)
    with django_assert_num_queries(1):  # LIST_AND_MARK
        listed()


def test_a_listed_job_is_not_listed_again_before_it_is_overdue():
    row(1)
    assert len(listed()) == 1
    assert listed() == []
    assert listed(NOW + seconds(1.5)) == []


def test_a_row_that_commits_late_is_found_by_state_whatever_its_time():
    row(-3600)
    assert len(listed()) == 1


def test_an_overdue_job_is_listed_again_with_back_off():
    """Its message is lost, or every slot is busy: after 3/4, 3/2, 3 ... windows since the last time."""
    row(1)
    assert len(listed()) == 1
    times = []
    for second in range(1, 200):
        if listed(NOW + seconds(second)):
            times.append(second)
    assert times == [8, 24, 55, 116]


def test_in_a_crowded_queue_its_message_waits_too():
    """Duplicates of a whole backlog would take the workers' time from the backlog itself."""
    row(1)
    assert len(listed()) == 1
    times = [second for second in range(1, 500) if listed(NOW + seconds(second), crowded=["default"])]
    assert times == [241], "it may be lost all the same"
    row(-1, queue="other")
    new = row(500)
    assert len(listed(NOW + seconds(500), crowded=["default"])) == 2, "what has no message yet is none's duplicate"
    assert [one.id for one in listed(NOW + seconds(509), crowded=["default"])] == [new.pk - 1], "the queue of another"


def test_the_back_off_has_an_end_and_the_count_does_not_overflow():
    row(-5, enqueued_at=NOW - seconds(3601), deliveries=32767)
    found = listed()
    assert [job.deliveries for job in found] == [32767]
    assert listed(NOW + seconds(3599)) == []
    assert len(listed(NOW + seconds(3601))) == 1


@pytest.mark.parametrize("state", [s for s in State if s is not State.PENDING])
def test_only_pending_jobs_are_listed(state):
    times = {"finished_at": NOW} if state is not State.RUNNING else {}
    locked = {"locked_at": NOW, "attempt": 1} if state in (State.RUNNING, State.COMPLETED) else {}
    executed = {"execute_at": NOW} if state is State.COMPLETED else {}
    row(1, state=state, **times, **locked, **executed)
    assert listed() == []


def test_a_successor_lists_again_what_its_predecessor_may_not_have_published():
    marked = row(5, enqueued_at=NOW - seconds(3))
    row(5, enqueued_at=NOW - seconds(4))
    assert ids(listed(unpublished_since=NOW - seconds(3))) == [marked.id]


def test_its_limit_bounds_one_statement_and_the_next_goes_on():
    first, second, third = row(1), row(2), row(3)
    assert ids(listed(limit=2)) == [first.id, second.id]
    assert ids(listed(limit=2)) == [third.id]


@pytest.fixture
def plan_of_the_list_query():
    """What PostgreSQL would do with LIST_AND_MARK and its parameters: EXPLAIN takes the place of the statement on its
    way to the server, and runs nothing."""

    def explain(**more):
        plans = []

        def instead(execute, sql, parameters, many, context):
            plans.append("\n".join(line for (line,) in _explained(sql, parameters)))
            return execute("SELECT 0, 0, now(), '', 0 WHERE false", None, many, context)

        def _explained(sql, parameters):
            with connection.cursor() as cursor:
                cursor.cursor.execute("EXPLAIN " + sql, parameters)
                return cursor.cursor.fetchall()

        with connection.execute_wrapper(instead):
            assert listed(**more) == []
        (plan,) = plans
        return plan

    return explain


def test_it_reads_the_index_of_pending_jobs_only(plan_of_the_list_query):
    """Whatever the table has besides: jobs that are over, and jobs for all the time to come."""
    over = (row_of(-i, state=State.CANCELLED, finished_at=NOW) for i in range(2000))
    to_come = (row_of(3600 + i) for i in range(2000))
    Job.objects.bulk_create([*over, *to_come])
    row(1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    after = listed()[-1]
    for more in (
        {},
        {"crowded": ["default", "other"]},
        {"unpublished_since": NOW - seconds(3)},
        {"unpublished_since": NOW - seconds(3), "unpublished_after": after},
    ):
        plan = plan_of_the_list_query(**more)
        finding, marking = plan.partition("CTE due")[2].split("CTE marked")
        assert "Index Scan using jobs_due" in finding, plan
        assert "Index Cond: (COALESCE(not_before, run_at) <" in finding, plan
        assert "Sort" not in finding, plan
        assert "Seq Scan on jobs_job" not in plan, plan
        assert "jobs_job_pkey" in marking, plan


def test_unmark_gives_pending_jobs_back_to_the_next_list():
    job = row(1)
    gone = row(1, state=State.CANCELLED, finished_at=NOW, enqueued_at=NOW)
    listed()
    assert Job.objects.unmark([job.id, gone.id]) == 1
    assert ids(listed()) == [job.id]


@pytest.mark.django_db(transaction=True)
def test_a_worker_s_transaction_may_not_stand_still_and_the_next_may():
    pending = row(0)

    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return cursor.fetchone()[0]

    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '7min'")  # beats of other tests may have set theirs
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


def test_how_often_each_job_was_started():
    once, never = row(0), row(0)
    for number in (1, 2):
        Attempt.objects.create(
            job=once, number=number, worker="w", session=uuid.uuid4(), token=uuid.uuid4(), run_at=NOW, locked_at=NOW
        )
    assert Attempt.objects.starts_of([once.pk, never.pk]) == {once.pk: 2}
    assert set(Job.objects.unfinished()) == {once, never}
