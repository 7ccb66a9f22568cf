"""A rerunnable job starts again after the ends that its author has named, and after no other."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import Ended
from jobs.transitions.retries import JITTER, jittered
from tests import starts
from tests.conftest import NOW
from tests.transitions.steps import SECOND, start

pytestmark = pytest.mark.django_db

FAILED_SO = ("failure", "TimeoutError", "OSError", "Exception")


@pytest.fixture
def flaky(make_job):
    return make_job(rerunnable=True, max_attempts=3, retry_on=["TimeoutError", "503"])


def fail(job, *, kinds=FAILED_SO, outcome=State.FAILED, now=NOW, **more):
    started, _ = start(job, now=now)
    assert starts.finish(
        started, outcome=outcome, execute_at=now, finished_at=now + SECOND, error="it broke.", kinds=kinds, **more
    )
    job.refresh_from_db()
    return started


def test_it_is_due_again_after_a_back_off(flaky):
    fail(flaky)
    assert (flaky.state, flaky.attempt, flaky.version) == (State.PENDING, 1, 2)
    wait = flaky.run_at - (NOW + SECOND)
    assert timedelta(seconds=5) <= wait <= timedelta(seconds=5 * (1 + JITTER))
    assert flaky.reason == f"it broke. Start 2 of 3 is due {flaky.run_at:%Y-%m-%d %H:%M:%S} UTC."
    assert (flaky.locked_at, flaky.execute_at, flaky.finished_at) == (None, None, None)
    ledger = Attempt.objects.get()
    assert (ledger.outcome, ledger.error, ledger.finished_at) == (State.FAILED, "it broke.", NOW + SECOND)


@pytest.mark.parametrize(("asked", "seconds"), [(0, 5), (3, 5), (120, 120), (1e9, 86_400)])
def test_it_waits_as_long_as_the_other_side_has_asked_for_and_a_day_at_most(flaky, asked, seconds):
    fail(flaky, retry_after=asked)
    wait = flaky.run_at - (NOW + SECOND)
    assert timedelta(seconds=seconds) <= wait <= timedelta(seconds=seconds + 5 * JITTER)


def test_until_it_has_no_starts_left(flaky):
    for _ in range(3):
        assert flaky.state == State.PENDING
        fail(flaky, now=flaky.run_at)
    assert (flaky.state, flaky.attempt, flaky.reason) == (State.FAILED, 3, "it broke.")
    assert Attempt.objects.count() == 3


@pytest.mark.parametrize("kinds", [("failure", "ValueError", "Exception"), ("failure", "500", "5xx"), ("unknown",)])
def test_after_another_end_it_has_ended(flaky, kinds):
    fail(flaky, kinds=kinds)
    assert (flaky.state, flaky.reason) == (State.FAILED, "it broke.")


@pytest.mark.parametrize(
    ("retry_on", "kinds"), [("failure", FAILED_SO), ("OSError", FAILED_SO), ("5xx", ("failure", "503", "5xx"))]
)
def test_a_wider_name_takes_in_the_narrower(make_job, retry_on, kinds):
    job = make_job(rerunnable=True, max_attempts=2, retry_on=[retry_on])
    fail(job, kinds=kinds)
    assert job.state == State.PENDING


def test_an_unknown_outcome_only_where_that_was_named(make_job):
    cautious = make_job(rerunnable=True, max_attempts=2, retry_on=["failure"])
    fail(cautious, kinds=("unknown",), outcome=State.INTERRUPTED)
    assert cautious.state == State.INTERRUPTED
    idempotent = make_job(rerunnable=True, max_attempts=2, retry_on=["unknown"])
    fail(idempotent, kinds=("unknown",), outcome=State.INTERRUPTED)
    assert idempotent.state == State.PENDING


def test_by_default_a_failure_is_the_end(make_job):
    plain, rerunnable = make_job(), make_job(rerunnable=True, max_attempts=3)
    for job in (plain, rerunnable):
        fail(job)
        assert job.state == State.FAILED


def test_one_that_was_cancelled_meanwhile_by_its_rescue_is_not_started_again(flaky):
    """A worker that was declared gone comes back with a failure: its end is evidence, and no more."""
    started, worker = start(flaky)
    transitions.interrupt([worker.session], now=NOW, reason="it vanished")
    flaky.refresh_from_db()
    version = flaky.version
    late = Ended(started, State.FAILED, NOW, NOW + SECOND, "it broke.", kinds=FAILED_SO)
    assert transitions.finish([late]) == [late]
    flaky.refresh_from_db()
    assert (flaky.state, flaky.version) == (State.PENDING, version)


def test_an_end_that_is_told_twice_makes_one_further_start(flaky):
    started, _ = start(flaky)
    ended = Ended(started, State.FAILED, NOW, NOW + SECOND, "it broke.", kinds=FAILED_SO)
    assert transitions.finish([ended]) == []
    assert transitions.finish([ended]) == []
    flaky.refresh_from_db()
    assert (flaky.state, flaky.version) == (State.PENDING, 2)


def test_what_sql_has_written_into_it_does_no_harm(flaky):
    Job.objects.update(retry_on=[1, None, {"a": 1}, ["x"], "TimeoutError"])
    fail(flaky)
    assert flaky.state == State.PENDING


@pytest.mark.parametrize("values", ["'[\"failure\"]', false, 1", "'{}', true, 2", "'\"failure\"', true, 2"])
def test_the_table_refuses_retries_of_what_may_not_run_twice(values):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, retry_on, rerunnable, max_attempts) "
            f"VALUES ('demo.noop', '{{}}', now(), {values})"
        )


def test_a_good_end_asks_for_nothing_more(make_job, django_assert_num_queries):
    job = make_job(rerunnable=True, max_attempts=3, retry_on=["failure"])
    started, _ = start(job)
    with django_assert_num_queries(3):  # SAVEPOINT, the job with its ledger row, RELEASE
        starts.finish(started, outcome=State.COMPLETED, execute_at=NOW, finished_at=NOW + SECOND)


def test_the_jitter_is_bounded_spread_and_always_the_same():
    span = timedelta(seconds=100)
    waits = [jittered(span, job_id, 1) for job_id in range(1, 201)]
    assert waits == [jittered(span, job_id, 1) for job_id in range(1, 201)]
    assert all(span <= wait <= span * (1 + JITTER) for wait in waits)
    assert len({round(wait.total_seconds()) for wait in waits}) > 20
