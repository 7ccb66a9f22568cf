"""A worker vanishes: held for a person by default, started again where that was declared, and then settled by one."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from jobs import transitions
from jobs.models import Attempt, Audit, Job
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests.conftest import NOW
from tests.test_transitions import published  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
RERUNNABLE = {"rerunnable": True, "max_attempts": 3}


def start(job, *, now=NOW):
    worker = WorkerIdentity("w1@test", uuid.uuid4())
    started = transitions.acquire(
        job.pk,
        job.version,
        worker=worker,
        token=uuid.uuid4(),
        now=now,
        due_before=job.run_at + SECOND,
    )
    assert started is not None
    return started, worker


def vanish(job, *, now=NOW):
    """Start it, and lose its worker."""
    started, worker = start(job, now=now)
    assert transitions.interrupt([worker.session], now=now, reason="it vanished") == 1
    job.refresh_from_db()
    return started


def end(started, outcome=State.COMPLETED, *, at=NOW, error=""):
    return transitions.finish(started, outcome=outcome, execute_at=at, finished_at=at + SECOND, error=error)


# --- rerun ---


@pytest.mark.parametrize("policy", [{}, {"max_attempts": 1}])
def test_by_default_it_is_held(make_job, published, policy):  # noqa: F811
    job = make_job(**policy)
    vanish(job)
    assert (job.state, job.finished_at, job.reason) == (State.INTERRUPTED, NOW, "it vanished (worker w1@test)")
    assert published == []


def test_declared_without_further_starts_it_is_held(make_job):
    job = make_job()
    Job.objects.update(rerunnable=True)  # by SQL: max_attempts keeps its default
    vanish(job)
    assert job.state == State.INTERRUPTED


def test_a_rerunnable_job_is_due_again_and_says_why(make_job, published):  # noqa: F811
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


def test_beyond_the_listed_window_it_is_left_to_the_list_query(make_job, published):  # noqa: F811
    job = make_job(**RERUNNABLE)
    for _ in range(2):
        vanish(job, now=NOW)
    assert (job.run_at, job.enqueued_at, job.deliveries) == (NOW + 10 * SECOND, None, 0)
    listed = Job.objects.list_and_mark(now=NOW, horizon=NOW + 20 * SECOND, window=10, client="beat")
    assert [(one.id, one.version) for one in listed] == [(job.pk, 3)]


def test_with_its_starts_used_up_it_is_held(make_job, published):  # noqa: F811
    job = make_job(**RERUNNABLE)
    for number in (1, 2, 3):
        assert job.state == State.PENDING
        assert vanish(job).attempt == number
    assert (job.state, job.reason) == (State.INTERRUPTED, "it vanished (worker w1@test)")
    assert list(Attempt.objects.values_list("number", "outcome")) == [(n, State.INTERRUPTED) for n in (1, 2, 3)]


def test_a_rerun_that_fails_has_failed(make_job, published):  # noqa: F811
    job = make_job(**RERUNNABLE)
    vanish(job)
    started, _ = start(job)
    job.refresh_from_db()
    assert "start 2 of 3" in job.reason, "it stays while it runs"
    end(started, State.FAILED, error="no")
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.FAILED, "no")


def test_what_comes_back_late_leaves_evidence_and_nothing_else(make_job, published):  # noqa: F811
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


def test_a_message_of_the_lost_start_acquires_nothing(make_job, published):  # noqa: F811
    job = make_job(**RERUNNABLE)
    version = job.version
    vanish(job)
    found = transitions.acquire(
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
    assert transitions.interrupt([worker.session], now=NOW, reason="gone") == 0
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
    with django_assert_num_queries(5):  # SAVEPOINT, the row under its lock, RUNNING, the ledger row, RELEASE
        started, _ = start(job)
    with django_assert_num_queries(4):  # SAVEPOINT, the job, its ledger row, RELEASE
        end(started)


# --- by a person's word ---


@pytest.fixture
def grace():
    return get_user_model().objects.create_user("grace")


@pytest.fixture
def interrupted(make_job):
    """Due at NOW + 60 s, locked 0.2 s ahead, interrupted 30 s later."""
    job = make_job()
    _, worker = start(job, now=job.run_at - SECOND / 5)
    transitions.interrupt([worker.session], now=job.run_at + 30 * SECOND, reason="it vanished")
    job.refresh_from_db()
    return job


LATER = NOW + timedelta(hours=3)


def test_confirmed_as_done_without_evidence(interrupted, grace):
    ended = interrupted.finished_at
    answer = transitions.confirm_done(interrupted.pk, now=LATER, reason="the file is there", by=grace)
    assert (answer.done, answer.why) == (True, f"Job {interrupted.pk} was confirmed as done.")
    job = answer.job
    assert (job.state, job.reason) == (State.COMPLETED, "Confirmed as done by grace: the file is there")
    assert job.execute_at == job.run_at, "the earliest it can have been"
    assert job.finished_at == ended
    assert job.is_confirmed
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.started_at) == (State.INTERRUPTED, None), "the ledger keeps what we saw"


def test_a_late_start_is_not_earlier_than_its_lock(interrupted, grace):
    late = interrupted.run_at + 9 * SECOND
    Job.objects.update(locked_at=late)
    assert transitions.confirm_done(interrupted.pk, now=LATER, reason="r", by=grace).job.execute_at == late


@pytest.mark.parametrize("verb", [transitions.confirm_done, transitions.confirm_failed])
def test_confirmed_with_the_evidence_of_a_late_worker(interrupted, verb):
    entered = interrupted.run_at + SECOND / 1000
    Attempt.objects.update(started_at=entered)
    answer = verb(interrupted.pk, now=LATER, reason="r")
    assert answer.job.execute_at == entered
    assert "by a program: r" in answer.job.reason


def test_confirmed_as_failed(interrupted, grace):
    job = transitions.confirm_failed(interrupted.pk, now=LATER, reason="no file", by=grace).job
    assert (job.state, job.reason, job.execute_at) == (State.FAILED, "Confirmed as failed by grace: no file", None)
    assert not job.is_confirmed
    assert transitions.retry(job.pk, now=LATER).done, "and may be retried without a reason"


def test_a_confirmed_job_is_no_measurement(interrupted, grace):
    transitions.confirm_done(interrupted.pk, now=LATER, reason="r", by=grace)
    assert Job.objects.all().delays().jobs == 0
    figures = Job.objects.latest_figures(NOW)
    assert (figures.ends, figures.started, figures.mean) == (1, 0, None)


@pytest.mark.parametrize("verb", ["confirm_done", "confirm_failed", "retry"])
@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001, "\x00"])
def test_without_a_proper_reason_nothing_is_settled(interrupted, verb, reason):
    with pytest.raises(ValidationError) as refused:
        getattr(transitions, verb)(interrupted.pk, now=LATER, reason=reason)
    assert list(refused.value.message_dict) == ["reason"]
    interrupted.refresh_from_db()
    assert interrupted.state == State.INTERRUPTED
    assert not Audit.objects.exists()


def test_what_took_effect_is_audited_with_who_and_why(interrupted, grace):
    transitions.retry(interrupted.pk, now=LATER, reason="harmless", by=grace)
    (row,) = interrupted.audit.all()
    assert (row.verb, row.by, row.reason, row.at) == ("retry", grace, "harmless", LATER)
    assert (row.from_state, row.to_state) == (State.INTERRUPTED, State.PENDING)
    transitions.confirm_done(interrupted.pk, now=LATER, reason="too late", by=grace)
    assert interrupted.audit.count() == 1, "a refusal changes nothing, so it is not audited"


def test_the_audit_outlives_the_job_and_the_account(interrupted, grace):
    transitions.confirm_done(interrupted.pk, now=LATER, reason="r", by=grace)
    interrupted.delete()
    grace.delete()
    row = Audit.objects.get()
    assert (row.by, str(row)) == (None, f"confirm_done of job {row.job_id}")


def test_the_audit_and_the_change_are_one_transaction(interrupted, monkeypatch):
    monkeypatch.setattr(Audit.objects, "create", lambda **values: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        transitions.confirm_done(interrupted.pk, now=LATER, reason="r")
    interrupted.refresh_from_db()
    assert interrupted.state == State.INTERRUPTED


INSERT = "INSERT INTO jobs_audit (job_id, verb, at, from_state, to_state) VALUES (1, %s, now(), %s, %s)"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (("explode", 0, 4), "jobs_audit_verb_known"),
        (("cancel", 0, 7), "jobs_audit_states_known"),
        (("confirm_done", 5, 2), "jobs_audit_says_why"),
    ],
)
def test_what_cannot_have_been_is_refused(values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, values)
