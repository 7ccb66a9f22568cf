"""What waits for a job that is skipped is skipped with it, in bounded steps; many may wait, and for many."""

import uuid as uuids

import pytest

from jobs import transitions
from jobs.models import Dependency, Job
from jobs.scheduler.turns import waits
from jobs.states import Hold, State
from jobs.transitions.dependencies import unblock
from tests import starts
from tests.conftest import NOW, seconds
from tests.transitions.steps import WORKER, acquire, finish

pytestmark = pytest.mark.django_db


def chain(first, length):
    """Each waits for the one before it. By rows, as creation writes them."""
    jobs = Job.objects.bulk_create(
        Job(
            target="demo.noop",
            payload={},
            run_at=NOW + seconds(60),
            holds=Hold.DEPENDENCIES,
            waits_for_end="success",
            has_dependents=True,
        )
        for _ in range(length)
    )
    before = [first, *jobs[:-1]]
    Dependency.objects.bulk_create(Dependency(job=job, waits_for=b) for job, b in zip(jobs, before, strict=True))
    Job.objects.filter(pk=first.pk).update(has_dependents=True)
    return jobs


def states(jobs):
    return list(Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("id").values_list("state", flat=True))


def test_a_chain_is_skipped_and_says_why(make_job):
    first = make_job(1)
    second = make_job(1, waits_for=[first.pk])
    third = make_job(1, waits_for=[second.pk])
    either_way = make_job(1, waits_for=[third.pk], waits_for_end="any")
    transitions.cancel(first.pk, now=NOW, reason="no")
    assert states([second, third, either_way]) == [State.SKIPPED, State.SKIPPED, State.PENDING]
    assert Job.objects.get(pk=third.pk).reason == f"Job {second.pk}, which it waited for, was skipped."
    assert Job.objects.get(pk=either_way.pk).holds == 0


def test_a_long_chain_is_skipped_in_steps(make_job, django_assert_max_num_queries):
    first, length = make_job(1), 3 * unblock.DEEPEST
    jobs = chain(first, length)
    with django_assert_max_num_queries(10 + 6 * unblock.DEEPEST):
        transitions.cancel(first.pk, now=NOW, reason="no")
    assert states(jobs) == [State.SKIPPED] * unblock.DEEPEST + [State.PENDING] * (length - unblock.DEEPEST)
    in_steps = 0
    while settled := waits(now=NOW):
        assert settled == unblock.DEEPEST
        in_steps += settled
    assert in_steps == length - unblock.DEEPEST
    assert set(states(jobs)) == {State.SKIPPED}


def test_of_many_that_wait_for_one_a_transaction_lets_so_many_go(make_job, monkeypatch):
    monkeypatch.setattr(unblock, "AT_ONCE", 3)
    first = make_job(1)
    jobs = [make_job(1, waits_for=[first.pk]) for _ in range(8)]
    finish(acquire(first))
    assert Job.objects.still_waiting().count() == 5
    assert [waits(now=NOW), waits(now=NOW), waits(now=NOW)] == [3, 2, 0]
    assert set(states(jobs)) == {State.PENDING}
    assert not Job.objects.still_waiting().exists()


def test_one_may_wait_for_a_thousand(make_job, published):
    others = Job.objects.bulk_create(Job(target="demo.noop", payload={}, run_at=NOW + seconds(60)) for _ in range(1000))
    child = make_job(1, waits_for=[job.pk for job in others])
    assert Dependency.objects.filter(job=child).count() == 1000
    published.clear()
    for part in (others[:999], others[999:]):
        assert published == []
        wanted = [transitions.AcquireRequest(job.pk, 1, uuids.UUID(int=job.pk)) for job in part]
        started = starts.acquire_all(wanted, worker=WORKER, now=NOW, due_before=NOW + seconds(90))
        transitions.finish([transitions.Ended(one, State.COMPLETED, NOW, NOW + seconds(1)) for one in started])
    assert [listed.id for listed in published] == [child.pk]
    assert Job.objects.get(pk=child.pk).waited_for == f"It waited for job {others[-1].pk}, the last of 1000."
