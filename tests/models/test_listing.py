"""The list query of a window, and the marks that it sets."""

import pytest
from django.db import connection

from jobs.models import Job, WorkerLog
from jobs.states import State
from tests.conftest import NOW, seconds
from tests.models.rows import row
from tests.starts import list_and_mark

pytestmark = pytest.mark.django_db


def listed(now=NOW, horizon=None, **more):
    horizon = horizon or now + seconds(12)
    return list_and_mark(now=now, horizon=horizon, **more)


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


MANY = """
INSERT INTO jobs_job (target, payload, run_at, state, finished_at)
SELECT 'x', '{}', %(now)s + i * %(step)s * interval '1 second', %(state)s, %(finished_at)s FROM generate_series(1, 2000) i
"""


def test_it_reads_the_index_of_pending_jobs_only(plan_of_the_list_query):
    """Whatever the table has besides: jobs that are over, and jobs for all the time to come."""
    with connection.cursor() as cursor:
        for state, step in ((State.CANCELLED, -1), (State.PENDING, 3600)):
            finished_at = NOW if state == State.CANCELLED else None
            cursor.execute(MANY, {"now": NOW, "state": state, "finished_at": finished_at, "step": step})
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
