"""What people ask of a job: in which states, and the answer."""

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Attempt, Job, Verb
from jobs.states import Hold, State
from tests.conftest import NOW, seconds
from tests.transitions.steps import acquire, in_state

pytestmark = pytest.mark.django_db


VERBS = {
    Verb.CANCEL: lambda pk: transitions.cancel(pk, now=NOW, reason="not needed"),
    Verb.RUN_NOW: lambda pk: transitions.run_now(pk, now=NOW),
    Verb.RESCHEDULE: lambda pk: transitions.reschedule(pk, run_at=NOW + seconds(90), now=NOW),
    Verb.RETRY: lambda pk: transitions.retry(pk, now=NOW, reason="seen"),
    Verb.CONFIRM_DONE: lambda pk: transitions.confirm_done(pk, now=NOW, reason="seen"),
    Verb.CONFIRM_FAILED: lambda pk: transitions.confirm_failed(pk, now=NOW, reason="seen"),
    Verb.APPROVE: lambda pk: transitions.approve(pk, now=NOW),
    Verb.EDIT: lambda pk: transitions.edit(pk, {"name": "another"}, now=NOW),
}


# What each verb makes of a job in a state; in all others it changes nothing. By hand, and not from
# jobs/rules/controls.py: whoever changes that table is to be asked whether it is meant.
ALLOWED = {
    (Verb.CANCEL, State.PENDING): State.CANCELLED,
    (Verb.CANCEL, State.RUNNING): State.RUNNING,  # it is asked to stop: see test_stopping.py
    (Verb.RUN_NOW, State.PENDING): State.PENDING,
    (Verb.RESCHEDULE, State.PENDING): State.PENDING,
    (Verb.RETRY, State.FAILED): State.PENDING,
    (Verb.RETRY, State.CANCELLED): State.PENDING,
    (Verb.RETRY, State.INTERRUPTED): State.PENDING,
    (Verb.RETRY, State.SKIPPED): State.PENDING,
    (Verb.CONFIRM_DONE, State.INTERRUPTED): State.COMPLETED,
    (Verb.CONFIRM_FAILED, State.INTERRUPTED): State.FAILED,
    (Verb.APPROVE, State.PENDING): State.PENDING,
    (Verb.EDIT, State.PENDING): State.PENDING,
}
# Those after which a message that is under way starts nothing.
ANEW = {Verb.RUN_NOW, Verb.RESCHEDULE, Verb.RETRY, Verb.EDIT}


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("state", State)
def test_which_verb_is_allowed_in_which_state(make_job, published, verb, state):
    job = in_state(make_job, state)
    if verb == Verb.APPROVE and state == State.PENDING:
        Job.objects.filter(pk=job.pk).update(holds=Hold.APPROVAL)
    version = job.version
    answer = VERBS[verb](job.pk)
    job.refresh_from_db()
    audit = job.audit.last()
    if (verb, state) in ALLOWED:
        assert answer.done, answer.why
        assert answer.job == job
        assert job.state == ALLOWED[verb, state]
        assert job.version == version + (verb in ANEW or job.state == State.CANCELLED)
        assert (audit.verb, audit.from_state, audit.to_state, audit.at) == (verb, state, job.state, NOW)
    else:
        assert not answer.done
        assert (job.state, job.version) == (state, version)
        assert f"is {state.label}" in answer.why
        # Only a job that was cancelled on the way to its state has been asked anything before.
        assert (audit is not None) == (state == State.CANCELLED)
        assert published == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_job_that_does_not_exist_is_said_to(verb):
    answer = VERBS[verb](123)
    assert (answer.done, answer.why, answer.job) == (False, "There is no job 123.", None)


def test_who_comes_too_late_learns_since_when_it_runs(make_job):
    job = in_state(make_job, State.RUNNING)
    assert f"is running since {NOW:%Y-%m-%d %H:%M:%S} UTC" in VERBS["run_now"](job.pk).why


def test_cancel_keeps_the_reason(make_job):
    job = in_state(make_job, State.PENDING)
    VERBS["cancel"](job.pk)
    job.refresh_from_db()
    assert (job.reason, job.finished_at) == ("not needed", NOW)


def test_run_now_publishes_the_new_version_at_once(make_job, published):
    job = make_job(3600, queue="q")
    assert VERBS["run_now"](job.pk).done
    job.refresh_from_db()
    assert (job.run_at, job.enqueued_at, job.deliveries) == (NOW, NOW, 1)
    assert published == [(job.pk, 2, NOW, "q", 1)]


def test_reschedule_beyond_the_window_leaves_it_to_the_list_query(make_job, published):
    job = make_job(2)
    published.clear()
    assert VERBS["reschedule"](job.pk).done
    job.refresh_from_db()
    assert (job.run_at, job.enqueued_at, job.deliveries) == (NOW + seconds(90), None, 0)
    assert published == []


def test_reschedule_takes_no_time_that_a_new_job_may_not_have(make_job):
    job = make_job()
    with pytest.raises(ValidationError) as refused:
        transitions.reschedule(job.pk, run_at=NOW - seconds(6), now=NOW)
    assert "in the past" in refused.value.message_dict["run_at"][0]


def test_a_time_that_has_just_passed_is_now(make_job):
    job = make_job(60)
    assert transitions.reschedule(job.pk, run_at=NOW - seconds(2), now=NOW).done
    job.refresh_from_db()
    assert job.run_at == NOW


@pytest.mark.parametrize(("due", "starts"), [(3600, 3600), (0, 0)])
def test_retry_of_a_cancelled_job_starts_it_at_its_time_where_that_is_still_to_come(make_job, published, due, starts):
    job = make_job(due)
    transitions.cancel(job.pk, now=NOW, reason="")
    published.clear()
    assert VERBS["retry"](job.pk).done
    job.refresh_from_db()
    assert (job.state, job.run_at, job.calendar_waived) == (State.PENDING, NOW + seconds(starts), starts == 0)
    assert len(published) == (starts == 0)


def test_retry_clears_the_last_attempt_and_keeps_its_ledger(make_job, published):
    job = in_state(make_job, State.FAILED)
    assert VERBS["retry"](job.pk).done
    job.refresh_from_db()
    assert (job.locked_at, job.execute_at, job.finished_at, job.reason, job.attempt) == (None, None, None, "", 1)
    assert Attempt.objects.get().outcome == State.FAILED
    assert acquire(job).attempt == 2
