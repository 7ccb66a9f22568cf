"""Limits are judged at the instant, not when the row is armed: pause, key, queue, and the rate last."""

import uuid

import pytest

from jobs import transitions
from jobs.models import Attempt, Job, Kind, Limit, Turn
from jobs.states import Hold, Overlap, State
from jobs.transitions import AcquireRequest
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire, again, finish

pytestmark = pytest.mark.django_db


def take(job, at):
    """One look of a worker at that time, without the next one at the job's own."""
    wanted = AcquireRequest(job.pk, job.version, uuid.uuid4())
    return transitions.acquire([wanted], worker=WORKER, now=at, due_before=at + seconds(1.2), sharing=True)


@pytest.mark.parametrize("overlap", [Overlap.SKIP, Overlap.JOIN, Overlap.CANCEL, Overlap.QUEUE])
def test_a_run_that_ends_before_the_time_of_the_next_is_not_in_its_way(make_job, published, overlap):
    first, second = make_job(0, key="tick", overlap=overlap), make_job(1, key="tick", overlap=overlap)
    started = acquire(first)
    armed = take(second, second.run_at - seconds(0.2))
    assert [due for _, due in armed.early] == [second.run_at]
    assert (again(second).state, again(second).holds, again(second).waited_for) == (State.PENDING, 0, "")
    finish(started)
    assert take(second, second.run_at).started


def test_what_still_runs_at_the_instant_is(make_job, published):
    first, second = make_job(0, key="tick"), make_job(1, key="tick", overlap=Overlap.SKIP)
    acquire(first)
    assert take(second, second.run_at - seconds(0.2)).early
    assert not take(second, second.run_at).early
    assert again(second).reason == f"Job {first.pk} of the key 'tick' ran at its time."


def test_with_a_free_place_it_is_taken_ahead_so_that_its_start_is_exact(make_job):
    job = make_job(1, key="tick")
    assert take(job, job.run_at - seconds(0.2)).started


def test_what_a_key_skips_or_holds_takes_no_moment_of_a_rate(make_job, published):
    Limit.objects.create(name="mail", rate=0.1)
    acquire(make_job(0, queue="other", key="k"))
    for overlap in (Overlap.SKIP, Overlap.SKIP, Overlap.QUEUE):
        assert acquire(make_job(1, queue="mail", key="k", overlap=overlap)) is None
    assert acquire(make_job(1, queue="mail")) is not None


def test_a_burst_is_not_lost_to_those_that_the_queue_holds(make_job, published):
    Limit.objects.create(name="mail", rate=1, burst=10, concurrency=1)
    jobs = [make_job(1, queue="mail") for _ in range(10)]
    started = [acquire(job) for job in jobs]
    for job in jobs[1:]:
        finish(next(one for one in started if one is not None))
        started = [acquire(again(job), now=jobs[0].run_at)]
        assert started[0] is not None, "ten at once, one after the other"


def test_who_is_refused_by_one_limit_keeps_no_place_of_another(make_job, published):
    Limit.objects.create(name="mail", concurrency=1)
    acquire(make_job(1, queue="mail"))
    blocked = make_job(2, queue="mail", key="k")
    assert acquire(blocked) is None
    assert again(blocked).held_by == Hold.QUEUE
    assert not Turn.objects.filter(job_id=blocked.pk).exists()
    assert acquire(make_job(3, key="k")) is not None


def test_a_pause_comes_before_the_others(make_job, published):
    pausing.pause(Name(Kind.QUEUE, "mail"), now=NOW, reason="")
    acquire(make_job(0, key="k"))
    skipping = make_job(1, queue="mail", key="k", overlap=Overlap.SKIP)
    acquire(skipping)
    assert again(skipping).held_by == Hold.QUEUE


def test_a_pause_holds_one_whose_turn_had_come(make_job, published):
    first, second = make_job(1, key="k", queue="mail"), make_job(2, key="k", queue="mail")
    started = acquire(first)
    acquire(second)
    finish(started)
    assert again(second).holds == 0
    pausing.pause(Name(Kind.QUEUE, "mail"), now=NOW, reason="")
    assert acquire(again(second)) is None
    assert again(second).held_by == Hold.QUEUE
    assert acquire(make_job(3, key="k")) is not None, "its key goes on elsewhere"


@pytest.mark.parametrize("overlap", [Overlap.CANCEL, Overlap.SKIP, Overlap.JOIN])
def test_another_start_of_an_older_run_waits_for_the_newer_one(
    make_job, published, overlap, django_capture_on_commit_callbacks
):
    older = make_job(0, key="k", overlap=overlap, rerunnable=True, max_attempts=3, retry_on=["failure"])
    finish(acquire(older), outcome=State.FAILED, error="x", kinds=("failure",))
    newer = make_job(3, key="k", overlap=overlap)
    started = acquire(newer, now=newer.run_at)
    with django_capture_on_commit_callbacks(execute=True):
        assert acquire(again(older), now=NOW + seconds(8), due_before=NOW + seconds(20)) is None
    assert again(newer).cancel_requested_at is None
    assert (again(older).state, again(older).held_by) == (State.PENDING, Hold.KEY)
    finish(started)
    assert acquire(again(older), now=NOW + seconds(9), due_before=NOW + seconds(20)) is not None


def test_another_start_by_a_person_waits_too(make_job, published):
    older = make_job(0, key="k", overlap=Overlap.SKIP)
    finish(acquire(older), outcome=State.FAILED, error="x")
    acquire(make_job(1, key="k"))
    transitions.retry(older.pk, now=NOW + seconds(2))
    acquire(again(older), now=NOW + seconds(2))
    assert again(older).held_by == Hold.KEY


def test_what_the_ledger_refuses_leaves_its_turn(make_job, published):
    jobs = [make_job(n, key="k") for n in (1, 2, 3)]
    started = [acquire(job) for job in jobs]
    finish(started[0])
    Attempt.objects.create(
        job=jobs[1], number=1, worker="w", session=uuid.uuid4(), token=uuid.uuid4(), run_at=NOW, locked_at=NOW
    )  # by SQL, which has set its count back
    assert acquire(again(jobs[1])) is None
    assert again(jobs[1]).state == State.FAILED
    assert again(jobs[2]).holds == 0
    assert Job.objects.filter(state=State.PENDING, holds=0).get() == jobs[2]
