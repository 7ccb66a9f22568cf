"""What an interrupted job became, by a person's word; and the audit of it."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from jobs import transitions
from jobs.models import Attempt, Audit, Job
from jobs.states import State
from tests.conftest import NOW
from tests.transitions.steps import SECOND, start

pytestmark = pytest.mark.django_db


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
    assert (job.delay_ms, job.duration_ms) == (None, None)
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
    assert (answer.job.execute_at, answer.job.finished_at) == (entered, interrupted.finished_at)
    assert "by a program: r" in answer.job.reason


def test_a_worker_that_woke_up_after_it_was_given_up_did_not_end_before_it_started(interrupted):
    woke = interrupted.finished_at + 60 * SECOND
    Attempt.objects.update(started_at=woke)
    job = transitions.confirm_done(interrupted.pk, now=LATER, reason="r").job
    assert (job.execute_at, job.finished_at) == (woke, woke)


def test_confirmed_as_failed(interrupted, grace):
    job = transitions.confirm_failed(interrupted.pk, now=LATER, reason="no file", by=grace).job
    assert (job.state, job.reason, job.execute_at) == (State.FAILED, "Confirmed as failed by grace: no file", None)
    assert not job.is_confirmed
    assert transitions.retry(job.pk, now=LATER).done, "and may be retried without a reason"


def test_a_confirmed_job_is_no_measurement(interrupted, grace):
    transitions.confirm_done(interrupted.pk, now=LATER, reason="r", by=grace)
    (line,) = Job.objects.brief()
    assert (line.delay_ms, line.get_deferred_fields()) == (None, {"payload", "labels", "reason"})
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
