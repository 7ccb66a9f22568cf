"""Every way a job changes its state, and every way it refuses to."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from jobs import dispatcher, rules, transitions
from jobs.models import Attempt, Job, WorkerLog
from jobs.states import State
from jobs.transitions import WorkerIdentity
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

WORKER = WorkerIdentity("w1@test", uuid.uuid4())


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


@pytest.fixture
def published(monkeypatch):
    """What the late lane would publish: the broker's side is tested in test_dispatcher.py."""
    sent = []
    monkeypatch.setattr(dispatcher.late_lane, "at_commit", sent.extend)
    return sent


def acquire(job, *, version=None, token=None, now=NOW, due_before=None):
    return transitions.acquire(
        job.pk,
        version or job.version,
        worker=WORKER,
        token=token or uuid.uuid4(),
        now=now,
        due_before=due_before or job.run_at + seconds(1),
    )


def finish(started, outcome=State.COMPLETED, **more):
    return transitions.finish(started, outcome=outcome, execute_at=NOW, finished_at=NOW + seconds(1), **more)


# --- create ---


def test_a_job_beyond_the_listed_window_is_left_to_the_list_query(make_job, published):
    job = make_job(60, name="n", queue="q")
    assert (job.state, job.enqueued_at, job.deliveries) == (State.PENDING, None, 0)
    assert (job.name, job.queue, job.payload) == ("n", "q", {"seconds": 0})
    assert published == []


def test_a_job_inside_the_listed_window_is_marked_and_published_at_commit(make_job, published):
    job = make_job(2)
    assert (job.enqueued_at, job.deliveries) == (NOW, 1)
    assert published == [(job.pk, 1, job.run_at, "default", 1)]


def test_the_horizon_decides_and_clocks_may_differ_a_little(make_job, published):
    horizon = NOW.replace(second=12)
    assert make_job((horizon - NOW).total_seconds()).enqueued_at is None
    assert make_job((horizon - NOW).total_seconds() - 0.001).enqueued_at == NOW
    almost_next = NOW.replace(second=9, microsecond=800_000)
    assert make_job(10, now=almost_next).enqueued_at == almost_next


def test_create_many_creates_all_or_none(published):
    good = [rules.NewJob("demo.noop", {}, NOW + seconds(2)), rules.NewJob("demo.noop", {}, NOW + seconds(90))]
    jobs = transitions.create_many(good, now=NOW)
    assert [job.enqueued_at for job in jobs] == [NOW, None]
    assert len(published) == 1
    with pytest.raises(IntegrityError):
        transitions.create_many([*good, rules.NewJob("demo.noop", {}, NOW, queue="not a queue")], now=NOW)
    assert Job.objects.count() == 2


def test_an_idempotency_key_makes_one_job(published):
    user = get_user_model().objects.create(username="u")
    other = get_user_model().objects.create(username="o")
    new = rules.NewJob("demo.noop", {}, NOW + seconds(60), idempotency_key="k")
    first, created = transitions.create(new, now=NOW, by=user)
    again, created_again = transitions.create(new, now=NOW, by=user)
    assert (created, created_again) == (True, False)
    assert first.pk == again.pk
    assert transitions.create(new, now=NOW, by=other)[1]
    with pytest.raises(transitions.KeyReused):
        transitions.create(rules.NewJob("demo.sleep", {}, NOW + seconds(60), idempotency_key="k"), now=NOW, by=user)


def test_another_violation_is_not_taken_for_a_used_key():
    with pytest.raises(IntegrityError):
        transitions.create(rules.NewJob("demo.noop", {}, NOW, queue="not a queue"), now=NOW)
    with pytest.raises(IntegrityError):
        transitions.create(rules.NewJob("x", {}, NOW, queue="not a queue", idempotency_key="k"), now=NOW)


# --- acquire ---


def test_acquire_commits_running_and_the_ledger_row(make_job):
    job = make_job(name="n", queue="q")
    started = acquire(job)
    job.refresh_from_db()
    assert (job.state, job.locked_at, job.attempt) == (State.RUNNING, NOW, 1)
    assert (started.job_id, started.attempt, started.run_at) == (job.pk, 1, job.run_at)
    assert (started.target, started.payload, started.name, started.queue) == (job.target, job.payload, "n", "q")
    attempt = Attempt.objects.get()
    assert (attempt.job_id, attempt.number, attempt.worker, attempt.session) == (job.pk, 1, *vars(WORKER).values())
    assert (attempt.locked_at, attempt.run_at, attempt.started_at, attempt.outcome) == (NOW, job.run_at, None, None)


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


def test_a_row_moved_by_sql_is_not_held_until_then(make_job):
    job = make_job()
    assert_nothing_acquired(acquire(job, due_before=job.run_at), job)


def test_a_message_for_a_deleted_row_acquires_nothing(make_job):
    job = make_job()
    pk, version = job.pk, job.version
    job.delete()
    result = transitions.acquire(pk, version, worker=WORKER, token=uuid.uuid4(), now=NOW, due_before=NOW)
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
def test_a_row_that_cannot_be_started_fails_with_the_reason_and_without_a_start(target, payload, reason):
    job = Job.objects.create(target=target, payload=payload, run_at=NOW)
    job.refresh_from_db()
    assert acquire(job) is None
    job.refresh_from_db()
    assert (job.state, job.finished_at, job.locked_at, job.attempt) == (State.FAILED, NOW, None, 0)
    assert reason in job.reason
    assert not Attempt.objects.exists()
    assert not WorkerLog.objects.exists()


def test_the_ledger_knows_whose_start_it_was(make_job):
    job, token = make_job(), uuid.uuid4()
    assert transitions.acquired_by(job.pk, token) is None
    started = acquire(job, token=token)
    assert transitions.acquired_by(job.pk, token) == started
    assert transitions.acquired_by(job.pk, uuid.uuid4()) is None


def test_a_start_that_was_settled_meanwhile_is_not_resumed(make_job):
    job, token = make_job(), uuid.uuid4()
    started = acquire(job, token=token)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    assert transitions.acquired_by(job.pk, token) is None
    Attempt.objects.update(outcome=None, finished_at=None)
    assert transitions.acquired_by(job.pk, token) is None
    Job.objects.filter(pk=started.job_id).update(state=State.RUNNING, attempt=2, finished_at=None, locked_at=NOW)
    assert transitions.acquired_by(job.pk, token) is None


# --- finish ---


@pytest.mark.parametrize("outcome", [State.COMPLETED, State.FAILED])
def test_finish_writes_the_row_and_the_ledger(make_job, outcome):
    job = make_job()
    assert finish(acquire(job), outcome, error="why")
    job.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (job.state, job.execute_at, job.finished_at, job.reason) == (outcome, NOW, NOW + seconds(1), "why")
    assert (attempt.outcome, attempt.started_at, attempt.finished_at, attempt.error) == (
        outcome,
        NOW,
        NOW + seconds(1),
        "why",
    )


def test_a_second_finish_changes_nothing_but_is_kept_as_evidence(make_job):
    job = make_job()
    started = acquire(job)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    assert not finish(started)
    job.refresh_from_db()
    attempt = Attempt.objects.get()
    assert (job.state, attempt.outcome) == (State.INTERRUPTED, State.INTERRUPTED)
    assert "Ended as completed" in attempt.error
    assert attempt.started_at == NOW


def test_an_earlier_attempt_cannot_finish_a_later_one(make_job, published):
    job = make_job()
    first = acquire(job)
    transitions.interrupt([WORKER.session], now=NOW, reason="gone")
    transitions.retry(job.pk, now=NOW)
    job.refresh_from_db()
    second = acquire(job)
    assert second.attempt == 2
    assert not finish(first)
    job.refresh_from_db()
    assert (job.state, job.attempt) == (State.RUNNING, 2)
    assert finish(second)


def test_an_error_is_cut_and_made_storable(make_job):
    job = make_job()
    finish(acquire(job), State.FAILED, error="\x00" + "x" * 20_000)
    job.refresh_from_db()
    assert len(job.reason) == transitions.REASON_LIMIT
    assert job.reason.startswith("\N{REPLACEMENT CHARACTER}x")


def test_only_an_outcome_ends_an_attempt(make_job):
    with pytest.raises(ValueError, match="not an end of an attempt"):
        finish(acquire(make_job()), State.CANCELLED)


# --- interrupt ---


def test_interrupt_settles_the_open_attempts_of_these_sessions_only(make_job):
    mine, done, others = make_job(), make_job(), make_job()
    acquire(mine)
    finish(acquire(done))
    other = WorkerIdentity("w2@test", uuid.uuid4())
    transitions.acquire(others.pk, 1, worker=other, token=uuid.uuid4(), now=NOW, due_before=others.run_at + seconds(1))
    assert transitions.interrupt([WORKER.session], now=NOW, reason="it vanished") == 1
    states = dict(Job.objects.values_list("pk", "state"))
    assert states == {mine.pk: State.INTERRUPTED, done.pk: State.COMPLETED, others.pk: State.RUNNING}
    mine.refresh_from_db()
    assert mine.reason == "it vanished (worker w1@test)"
    assert transitions.interrupt([WORKER.session], now=NOW, reason="again") == 0


# --- the verbs ---


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
    "retry": lambda pk: transitions.retry(pk, now=NOW),
}
ALLOWED = {
    "cancel": {State.PENDING},
    "run_now": {State.PENDING},
    "reschedule": {State.PENDING},
    "retry": {State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED},
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State)
def test_which_verb_is_allowed_in_which_state(make_job, published, verb, state):
    job = in_state(make_job, state)
    answer = VERBS[verb](job.pk)
    job.refresh_from_db()
    if state in ALLOWED[verb]:
        assert answer.done
        assert answer.job == job
        assert job.state == (State.CANCELLED if verb == "cancel" else State.PENDING)
        assert job.version == 2 + (state == State.CANCELLED)
    else:
        assert not answer.done
        assert job.state == state
        assert f"is {State(state).label}" in answer.why
        assert published == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_job_that_does_not_exist_is_said_to(verb):
    answer = VERBS[verb](123)
    assert (answer.done, answer.why, answer.job) == (False, "There is no job 123.", None)


def test_who_comes_too_late_learns_since_when_it_runs(make_job):
    job = in_state(make_job, State.RUNNING)
    assert f"is running since {NOW:%Y-%m-%d %H:%M:%S} UTC" in VERBS["cancel"](job.pk).why


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
        transitions.reschedule(job.pk, run_at=NOW - seconds(5), now=NOW)
    assert "in the past" in refused.value.message_dict["run_at"][0]


def test_retry_clears_the_last_attempt_and_keeps_its_ledger(make_job, published):
    job = in_state(make_job, State.FAILED)
    assert VERBS["retry"](job.pk).done
    job.refresh_from_db()
    assert (job.locked_at, job.execute_at, job.finished_at, job.reason, job.attempt) == (None, None, None, "", 1)
    assert Attempt.objects.get().outcome == State.FAILED
    assert acquire(job).attempt == 2
