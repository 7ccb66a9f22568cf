"""A start: the row, its ledger row, and every message that starts nothing."""

import uuid
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import transitions
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from jobs.transitions import AcquireRequest
from tests import starts
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire, again, finish

pytestmark = pytest.mark.django_db


def test_acquire_commits_running_and_the_ledger_row(make_job):
    job = make_job()
    started = acquire(job)
    job.refresh_from_db()
    assert (job.state, job.locked_at, job.attempt) == (State.RUNNING, NOW, 1)
    assert (started.job_id, started.attempt, started.run_at) == (job.pk, 1, job.run_at)
    assert (started.target, started.payload) == (job.target, job.payload)
    attempt = Attempt.objects.get()
    assert (attempt.job_id, attempt.number, attempt.worker, attempt.session) == (job.pk, 1, *vars(WORKER).values())
    assert (attempt.locked_at, attempt.run_at, attempt.started_at, attempt.outcome) == (NOW, job.run_at, None, None)


def test_the_statements_of_a_start_are_the_same_however_many_jobs_it_takes(make_job):
    def start(number):
        wanted = [AcquireRequest(make_job().pk, 1, uuid.uuid4()) for _ in range(number)]
        with CaptureQueriesContext(connection) as asked:
            acquired = transitions.acquire(wanted, worker=WORKER, now=NOW, due_before=NOW + seconds(3600))
        assert [one.job_id for one in acquired.started] == [one.job_id for one in wanted]
        return [query["sql"] for query in asked.captured_queries if "jobs_job" in query["sql"]]

    statements = start(1)
    assert len(statements) == 2  # for the rows, and for the starts
    assert start(3) == statements


def assert_nothing_acquired(result, job):
    assert result is None
    log = WorkerLog.objects.get()
    assert (log.action, log.job_id, log.client, log.at) == ("ACQUIRE_FAILURE", job.pk, "w1@test", NOW)


def test_a_second_message_acquires_nothing(make_job):
    job = make_job()
    acquire(job)
    assert_nothing_acquired(acquire(job), job)
    assert Attempt.objects.count() == 1


def test_a_message_of_an_earlier_version_acquires_nothing(make_job, published):
    job = make_job()
    transitions.reschedule(job.pk, run_at=NOW + seconds(90), now=NOW)
    assert_nothing_acquired(acquire(job), job)
    job.refresh_from_db()
    assert acquire(job) is not None


def test_a_stale_message_acquires_nothing_however_near_the_new_time_is(make_job, published):
    """Its own message starts the job then; the version alone must refuse this one."""
    job = make_job()
    transitions.run_now(job.pk, now=NOW)
    assert_nothing_acquired(acquire(job, due_before=NOW + seconds(3600)), job)


def test_a_row_moved_by_sql_is_not_held_until_then(make_job):
    job = make_job()
    assert_nothing_acquired(acquire(job, due_before=job.run_at), job)


def test_a_message_for_a_deleted_row_acquires_nothing(make_job):
    job = make_job()
    pk, version = job.pk, job.version
    job.delete()
    result = starts.acquire(pk, version, worker=WORKER, token=uuid.uuid4(), now=NOW, due_before=NOW)
    assert result is None


@pytest.mark.parametrize(
    ("target", "payload", "reason"),
    [
        ("no.such", {}, "There is no target 'no.such'."),
        ("demo.sleep", {"secs": 1}, "Argument 'secs' is not known"),
        ("demo.sleep", [1], "must be a JSON object"),
        ("demo.sleep", "text", "must be a JSON object"),
    ],
)
def test_a_row_that_no_worker_can_start_fails_with_the_reason_and_without_a_start(
    target, payload, reason, published, settings
):
    """During a rolling deployment another worker may know what this one does not."""
    job = Job.objects.create(target=target, payload=payload, run_at=NOW)
    job.refresh_from_db()
    asked, now = [], NOW - seconds(0.2)
    while acquire(job, now=now) is None and again(job).state == State.PENDING:
        (message,) = published
        assert (message.id, message.version, message.queue) == (job.pk, job.version, "default")
        assert reason in again(job).waited_for
        asked.append(now)
        now = message.run_at - seconds(settings.JOBS_ARM_LEAD)
        published.clear()
    assert len(asked) < settings.JOBS_MAX_DELAY_TIME + 10, "no hot loop"
    assert asked[1] <= NOW, "one that knows it has it in time"
    assert all(0.02 <= (b - a).total_seconds() <= 1.0 for a, b in pairwise(asked))
    job.refresh_from_db()
    assert (job.state, job.finished_at, job.locked_at, job.attempt) == (State.FAILED, now, None, 0)
    assert 0 < (now - NOW).total_seconds() - settings.JOBS_MAX_DELAY_TIME <= 1
    assert reason in job.reason
    assert published == []
    assert not Attempt.objects.exists()
    assert not WorkerLog.objects.exists()


def test_a_message_in_another_queue_than_its_row_starts_nothing_and_the_row_goes_to_its_own(make_job, published):
    """An UPDATE of `queue` by SQL: the workers of the old one may not have what the new ones have."""
    job = make_job()
    Job.objects.filter(pk=job.pk).update(queue="gpu")
    assert acquire(job, queue="default", now=job.run_at) is None
    assert WorkerLog.objects.get().action == "ACQUIRE_FAILURE"
    moved = again(job)
    assert (moved.state, moved.waited_for) == (State.PENDING, "It was moved from the queue 'default' to 'gpu'.")
    (message,) = published
    assert (message.id, message.version, message.run_at, message.queue) == (job.pk, job.version, job.run_at, "gpu")
    assert acquire(job, queue="gpu") is not None


def test_a_count_of_attempts_set_back_by_sql_fails_with_the_reason(make_job, published):
    job = make_job()
    finish(acquire(job), State.FAILED)
    transitions.retry(job.pk, now=NOW)
    Job.objects.update(attempt=0)
    job.refresh_from_db()
    assert acquire(job) is None
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "The ledger refuses this start" in job.reason


def test_the_ledger_knows_whose_start_it_was(make_job):
    job, token = make_job(), uuid.uuid4()
    assert transitions.acquired_by(job.pk, token, client="w@test") is None
    started = acquire(job, token=token)
    assert transitions.acquired_by(job.pk, token, client="w@test") == started._replace(read_at=None)
    assert transitions.acquired_by(job.pk, uuid.uuid4(), client="w@test") is None
    asked = WorkerLog.objects.filter(action=WorkerLog.Action.QUERYJOB, job_id=job.pk, client="w@test").order_by("id")
    assert list(asked.values_list("results", flat=True)) == [0, 1, 0], "each is paid for"


def test_a_start_that_was_settled_meanwhile_is_not_resumed(make_job):
    job, token = make_job(), uuid.uuid4()
    started = acquire(job, token=token)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    assert transitions.acquired_by(job.pk, token, client="w@test") is None
    Attempt.objects.update(outcome=None, finished_at=None)
    assert transitions.acquired_by(job.pk, token, client="w@test") is None
    Job.objects.filter(pk=started.job_id).update(state=State.RUNNING, attempt=2, finished_at=None, locked_at=NOW)
    assert transitions.acquired_by(job.pk, token, client="w@test") is None
