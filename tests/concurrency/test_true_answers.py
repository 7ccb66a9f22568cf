"""A verb at every point of a job's way: it waits where it must, the row decides, and the answer is what is true."""

from __future__ import annotations

import pytest

from jobs import transitions
from jobs.models import Attempt, Audit, Job
from jobs.states import State
from jobs.transitions import changing
from tests.concurrency.points import (
    DUE,
    NOT_STARTED,
    POINTS,
    SECOND,
    VERBS,
    listed,
    new_job,
    open_acquire,
    reached,
)
from tests.concurrency.steps import PATIENCE, acquire, at_once, beside, finish, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("point", POINTS)
def test_the_row_decides_and_the_answer_is_true(sent, point, verb):
    job = new_job()
    with reached(point, job) as go_on:
        asked = beside(lambda: VERBS[verb](job.pk))
        if point == "acquired" and verb != "retry":
            wait_for_its_lock(asked)
            go_on()
        answer = asked.result(PATIENCE)
        said_of = Job.objects.get(pk=job.pk).state
    before = Attempt.objects.count()
    job.refresh_from_db()

    if verb == "cancel" and point in ("acquired", "running"):
        assert answer.done
        assert "was asked to stop; it is running since" in answer.why
        assert (said_of, job.cancel_requested_at) == (State.RUNNING, NOW)
        return
    assert answer.done == (point == "ended" if verb == "retry" else point in NOT_STARTED)
    assert answer.job.state == said_of
    if answer.done:
        assert answer.why.startswith(f"Job {job.pk} was ")
        assert (job.state, job.version) == (State.CANCELLED if verb == "cancel" else State.PENDING, 2)
        assert verb == "cancel" or job.run_at == DUE[verb]
        assert [row.to_state for row in Audit.objects.all()] == [job.state]
    else:
        # A retry wants no job that is pending, so it waits for no start of one.
        now_is = {State.PENDING: "pending", State.RUNNING: "running since", State.FAILED: "failed"}[said_of]
        assert f"; job {job.pk} is {now_is}" in answer.why
        assert job.version == 1
        assert not Audit.objects.exists()
        assert sent == []

    # Then all messages there are arrive, twice: the old one, that of the commit, that of the next list query.
    messages = [(job.pk, 1), *((m.id, m.version) for m in [*sent, *listed()])]
    started = [acquire(job, version) for _, version in messages * 2]
    again = Attempt.objects.count() - before
    assert again == sum(1 for one in started if one) == (1 if job.state == State.PENDING else 0)
    if answer.done:
        assert started[0] is None, "what was published before the answer starts nothing"


@pytest.mark.parametrize("verb", ["cancel", "earlier", "later", "run now"])
def test_a_start_that_was_never_committed_is_none(verb):
    job = new_job()
    with open_acquire(job, commit=False) as go_on:
        asked = beside(lambda: VERBS[verb](job.pk))
        wait_for_its_lock(asked)
        go_on()
        assert asked.result(PATIENCE).done
    assert not Attempt.objects.exists()


def test_who_is_refused_while_it_came_back_is_not_told_that_it_is_pending(monkeypatch):
    """Refused since it ran; then its worker vanished, and it was due again before the answer was written."""
    job = new_job()
    real, tries = changing._try, []

    def late(*args):
        tries.append(1)
        return real(*args) if len(tries) > 1 else None

    monkeypatch.setattr(changing, "_try", late)
    assert transitions.cancel(job.pk, now=NOW, reason="").done
    assert len(tries) == 2


def test_of_people_who_decide_at_once_one_is_obeyed():
    for _ in range(10):
        job = new_job()
        started = acquire(job)
        session = Attempt.objects.get(job=job).session
        transitions.interrupt([session], now=NOW, reason="gone")
        ask = [transitions.confirm_done, transitions.confirm_failed, transitions.confirm_done]
        answers = at_once(lambda verb, pk=job.pk: verb(pk, now=NOW, reason="seen"), ask)
        assert [answer.done for answer in answers].count(True) == 1
        (row,) = Audit.objects.filter(job=job)
        job.refresh_from_db()
        assert (row.from_state, row.to_state) == (State.INTERRUPTED, job.state)
        assert not finish(started)


@pytest.mark.parametrize("policy", [{}, {"rerunnable": True, "max_attempts": 2}])
def test_finish_against_interrupt_has_one_winner(policy):
    for _ in range(10):
        job = Job.objects.create(target="demo.noop", payload={}, run_at=NOW + SECOND, **policy)
        started = acquire(job)
        session = Attempt.objects.get(job=job).session
        finished, lost = at_once(
            lambda act: act(),
            [
                lambda s=started: finish(s),
                lambda s=session: transitions.interrupt([s], now=NOW, reason="gone"),
            ],
        )
        job.refresh_from_db()
        assert finished != bool(lost)
        becomes = State.PENDING if policy else State.INTERRUPTED
        assert job.state == (State.COMPLETED if finished else becomes)
