"""A worker vanishes: held for a person by default, started again where that was declared."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from jobs import transitions
from jobs.models import Attempt, Audit, Job
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests import starts
from tests.conftest import NOW, seconds
from tests.starts import list_and_mark
from tests.transitions.steps import SECOND, WORKER, acquire, finish, start

pytestmark = pytest.mark.django_db

RERUNNABLE = {"rerunnable": True, "max_attempts": 3}


def vanish(job, *, now=NOW):
    """Start it, and lose its worker."""
    started, worker = start(job, now=now)
    assert transitions.interrupt([worker.session], now=now, reason="it vanished") == 1
    job.refresh_from_db()
    return started


def end(started, outcome=State.COMPLETED, *, at=NOW, error=""):
    return starts.finish(started, outcome=outcome, execute_at=at, finished_at=at + SECOND, error=error)


def test_interrupt_settles_the_open_attempts_of_these_sessions_only(make_job):
    mine, done, others = make_job(), make_job(), make_job()
    acquire(mine)
    finish(acquire(done))
    other = WorkerIdentity("w2@test", uuid.uuid4())
    starts.acquire(others.pk, 1, worker=other, token=uuid.uuid4(), now=NOW, due_before=others.run_at + seconds(1))
    assert transitions.interrupt([WORKER.session], now=NOW, reason="it vanished") == 1
    states = dict(Job.objects.values_list("pk", "state"))
    assert states == {mine.pk: State.INTERRUPTED, done.pk: State.COMPLETED, others.pk: State.RUNNING}
    mine.refresh_from_db()
    assert mine.reason == "it vanished (worker w1@test)"
    assert transitions.interrupt([WORKER.session], now=NOW, reason="again") == 0


@pytest.mark.parametrize("policy", [{}, {"max_attempts": 1}])
def test_by_default_it_is_held(make_job, published, policy):
    job = make_job(**policy)
    vanish(job)
    assert (job.state, job.finished_at, job.reason) == (State.INTERRUPTED, NOW, "it vanished (worker w1@test)")
    assert published == []


def test_further_starts_without_the_declaration_are_none(make_job):
    with connection.cursor() as cursor:  # undone with the test
        cursor.execute("ALTER TABLE jobs_job DROP CONSTRAINT jobs_starts_as_declared")
    job = make_job()
    Job.objects.update(max_attempts=3)
    vanish(job)
    assert job.state == State.INTERRUPTED


def test_declared_without_further_starts_it_is_held(make_job):
    job = make_job()
    Job.objects.update(rerunnable=True)  # by SQL: max_attempts keeps its default
    vanish(job)
    assert job.state == State.INTERRUPTED


def test_a_rerunnable_job_is_due_again_and_says_why(make_job, published):
    job = make_job(**RERUNNABLE, queue="q")
    due, version = job.run_at, job.version
    vanish(job)
    assert (job.state, job.version, job.run_at) == (State.PENDING, version + 1, NOW + 5 * SECOND)
    assert (job.locked_at, job.execute_at, job.finished_at) == (None, None, None)
    assert job.reason == (
        "it vanished (worker w1@test). It is rerunnable: start 2 of 3 is due 2030-01-01 12:00:08 UTC."
    )
    # Due inside the window that is listed already: marked and published by us, under the new version.
    assert (job.enqueued_at, job.deliveries) == (NOW, 1)
    assert published == [(job.pk, version + 1, job.run_at, "q", 1)]
    attempt = Attempt.objects.get()
    assert (attempt.run_at, attempt.outcome, attempt.finished_at) == (due, State.INTERRUPTED, NOW)
    assert not Audit.objects.exists(), "nobody asked for it"


def test_beyond_the_listed_window_it_is_left_to_the_list_query(make_job, published):
    job = make_job(**RERUNNABLE)
    for _ in range(2):
        vanish(job, now=NOW)
    assert (job.run_at, job.enqueued_at, job.deliveries) == (NOW + 10 * SECOND, None, 0)
    listed = list_and_mark(now=NOW, horizon=NOW + 20 * SECOND)
    assert [(one.id, one.version) for one in listed] == [(job.pk, 3)]


def test_with_its_starts_used_up_it_is_held(make_job, published):
    job = make_job(**RERUNNABLE)
    for number in (1, 2, 3):
        assert job.state == State.PENDING
        assert vanish(job).attempt == number
    assert (job.state, job.reason) == (State.INTERRUPTED, "it vanished (worker w1@test)")
    assert list(Attempt.objects.values_list("number", "outcome")) == [(n, State.INTERRUPTED) for n in (1, 2, 3)]


def test_a_rerun_that_fails_has_failed(make_job, published):
    job = make_job(**RERUNNABLE)
    vanish(job)
    started, _ = start(job)
    job.refresh_from_db()
    assert "start 2 of 3" in job.reason, "it stays while it runs"
    end(started, State.FAILED, error="no")
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.FAILED, "no")


def test_what_comes_back_late_leaves_evidence_and_nothing_else(make_job, published):
    job = make_job(**RERUNNABLE)
    zombie = vanish(job)
    assert not end(zombie), "while the next start is awaited"
    started, _ = start(job)
    assert not end(zombie), "while the next start runs"
    job.refresh_from_db()
    assert (job.state, job.attempt, job.execute_at) == (State.RUNNING, 2, None)
    assert end(started)
    first = Attempt.objects.get(number=1)
    assert (first.outcome, first.started_at) == (State.INTERRUPTED, NOW)
    assert "Ended as completed" in first.error


def test_a_message_of_the_lost_start_acquires_nothing(make_job, published):
    job = make_job(**RERUNNABLE)
    version = job.version
    vanish(job)
    found = starts.acquire(
        job.pk,
        version,
        worker=WorkerIdentity("w", uuid.uuid4()),
        token=uuid.uuid4(),
        now=NOW,
        due_before=NOW + 60 * SECOND,
    )
    assert found is None


def test_an_open_attempt_of_a_job_that_went_on_is_closed_only(make_job):
    job = make_job()
    started, worker = start(job)
    end(started)
    Attempt.objects.update(outcome=None, finished_at=None)
    assert transitions.interrupt([worker.session], now=NOW, reason="gone", job_id=job.pk) == 0
    job.refresh_from_db()
    assert (job.state, Attempt.objects.get().outcome) == (State.COMPLETED, State.INTERRUPTED)


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (100, 600)])
def test_the_back_off_doubles_up_to_ten_minutes(attempt, seconds):
    assert transitions.back_off(attempt) == seconds * SECOND


@pytest.mark.parametrize("number", [0, -1, 101])
def test_the_table_bounds_the_starts(make_job, number):
    job = make_job()
    with pytest.raises(IntegrityError, match="jobs_max_attempts_bounded"), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(max_attempts=number)


@pytest.mark.parametrize("policy", [{}, RERUNNABLE])
def test_a_start_and_its_end_cost_no_more_than_ever(make_job, django_assert_num_queries, policy):
    job = make_job(**policy)
    with django_assert_num_queries(4):  # SAVEPOINT, the row under its lock, RUNNING with its ledger row, RELEASE
        started, _ = start(job)
    with django_assert_num_queries(3):  # SAVEPOINT, the job with its ledger row, RELEASE
        end(started)


def test_the_open_attempt_of_a_vanished_worker_does_not_take_the_job_from_a_later_one(make_job):
    """Somebody has set the row back by SQL, past the transitions, and another worker has started it again."""
    job = make_job()
    _, gone = start(job)
    Job.objects.filter(pk=job.pk).update(state=State.PENDING, locked_at=None)
    job.refresh_from_db()
    second, _ = start(job)
    assert transitions.interrupt([gone.session], now=NOW, reason="it vanished") == 0
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.RUNNING, second.attempt)
    assert list(Attempt.objects.order_by("number").values_list("outcome", flat=True)) == [State.INTERRUPTED, None]
