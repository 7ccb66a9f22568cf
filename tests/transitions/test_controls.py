"""What people ask of a job: in which states, and the answer."""

import pytest
from django.core.exceptions import ValidationError

from jobs import transitions
from jobs.models import Attempt, Job
from jobs.states import State
from tests.conftest import NOW
from tests.transitions.steps import WORKER, acquire, finish, seconds

pytestmark = pytest.mark.django_db


def in_state(make_job, state):
    job = make_job()
    if state == State.PENDING:
        return job
    if state == State.CANCELLED:
        transitions.cancel(job.pk, now=NOW, reason="")
    elif state == State.SKIPPED:
        Job.objects.filter(pk=job.pk).update(state=State.SKIPPED, finished_at=NOW)
    else:
        started = acquire(job)
        if state == State.INTERRUPTED:
            transitions.interrupt([WORKER.session], now=NOW, reason="gone")
        elif state != State.RUNNING:
            finish(started, state)
    job.refresh_from_db()
    assert job.state == state
    return job


VERBS = {
    "cancel": lambda pk: transitions.cancel(pk, now=NOW, reason="not needed"),
    "run_now": lambda pk: transitions.run_now(pk, now=NOW),
    "reschedule": lambda pk: transitions.reschedule(pk, run_at=NOW + seconds(90), now=NOW),
    "retry": lambda pk: transitions.retry(pk, now=NOW, reason="seen"),
    "confirm_done": lambda pk: transitions.confirm_done(pk, now=NOW, reason="seen"),
    "confirm_failed": lambda pk: transitions.confirm_failed(pk, now=NOW, reason="seen"),
}


RESULT = {"cancel": State.CANCELLED, "confirm_done": State.COMPLETED, "confirm_failed": State.FAILED}


ALLOWED = {
    "cancel": {State.PENDING},  # and running, which is asked to stop: see test_stopping.py
    "run_now": {State.PENDING},
    "reschedule": {State.PENDING},
    "retry": {State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED},
    "confirm_done": {State.INTERRUPTED},
    "confirm_failed": {State.INTERRUPTED},
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State)
def test_which_verb_is_allowed_in_which_state(make_job, published, verb, state):
    if (verb, state) == ("cancel", State.RUNNING):
        return
    job = in_state(make_job, state)
    answer = VERBS[verb](job.pk)
    job.refresh_from_db()
    if state in ALLOWED[verb]:
        assert answer.done
        assert answer.job == job
        assert job.state == RESULT.get(verb, State.PENDING)
        assert job.version == 2 + (state == State.CANCELLED) - verb.startswith("confirm")
        audit = job.audit.last()
        assert (audit.verb, audit.from_state, audit.to_state, audit.at) == (verb, state, job.state, NOW)
    else:
        assert not answer.done
        assert job.state == state
        assert f"is {State(state).label}" in answer.why
        assert not job.audit.filter(verb=verb).exclude(to_state=state).exists()
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
