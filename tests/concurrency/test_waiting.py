"""Jobs that wait for others, with real connections: no end is overlooked, whoever ends or begins beside it."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Job
from jobs.scheduler.turns import waits
from jobs.states import Hold, State
from tests import starts
from tests.concurrency.points import new_job
from tests.concurrency.steps import PATIENCE, acquire, at_once, beside, finish, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def child_of(*others, after=3600, end="success", now=NOW):
    new = rules.check_new_job(
        target="demo.noop",
        payload={},
        run_at=now + timedelta(seconds=after),
        now=now,
        waits_for=[job.pk for job in others],
        waits_for_end=end,
    )
    return transitions.create(new, now=now)[0]


def call(act):
    return act()


def holds(job):
    return Job.objects.values_list("holds", flat=True).get(pk=job.pk)


def test_two_that_end_at_once_let_it_go_however_often():
    for _ in range(50):
        first, second = new_job(), new_job()
        child = child_of(first, second)
        started = [acquire(first), acquire(second)]
        assert at_once(finish, started) == [True, True]
        assert holds(child) == 0


def test_two_that_end_at_once_publish_it_once(sent):
    for _ in range(20):
        first, second = new_job(), new_job()
        child = child_of(first, second, after=0, now=clock.now())
        at_once(finish, [acquire(first), acquire(second)])
        assert [listed.id for listed in sent] == [child.pk]
        sent.clear()


@pytest.mark.parametrize("outcome", [State.COMPLETED, State.FAILED])
def test_the_second_of_two_looks_again_after_its_commit(outcome):
    """The first has the row of the one that waits, and has counted before the second has committed."""
    first, second = new_job(), new_job()
    child = child_of(first, second)
    started = [acquire(first), acquire(second)]
    with transaction.atomic():
        finish(started[0])
        assert holds(child) == Hold.DEPENDENCIES
        other = beside(lambda: finish(started[1], outcome))
        wait_for_its_lock(other)
        assert Job.objects.get(pk=second.pk).state == outcome, "its end does not wait for the row"
    assert other.result(PATIENCE)
    found = Job.objects.get(pk=child.pk)
    assert (found.state, found.holds) == (State.PENDING if outcome == State.COMPLETED else State.SKIPPED, 0)


def test_somebody_who_keeps_the_row_delays_no_end(monkeypatch, caplog):
    monkeypatch.setattr("jobs.transitions.dependencies.unblock.PATIENCE", "100ms")
    first = new_job()
    child = child_of(first)
    started = acquire(first)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=child.pk)
        assert beside(lambda: finish(started)).result(PATIENCE)
        assert beside(lambda: waits(now=NOW)).result(PATIENCE) == 0, "nor does the leader wait"
    assert holds(child) == Hold.DEPENDENCIES
    assert "had waited for others" not in caplog.text
    assert waits(now=NOW) == 1, "the leader has found it"
    assert holds(child) == 0
    assert "1 jobs had waited for others" in caplog.text


def test_one_that_ends_while_another_is_tied_to_it_lets_it_go():
    for _ in range(20):
        first = new_job()
        started = acquire(first)
        _, child = at_once(call, [lambda s=started: finish(s), lambda f=first: child_of(f)])
        assert holds(child) == 0


@pytest.mark.parametrize("others", [0, 1])
def test_an_end_waits_for_a_beginning(others):
    first = new_job()
    for _ in range(others):
        child_of(first)
    started = acquire(first)
    with transaction.atomic():
        child = child_of(first)
        ending = beside(lambda: finish(started))
        wait_for_its_lock(ending)
    assert ending.result(PATIENCE)
    assert holds(child) == 0


def test_a_beginning_waits_for_an_end():
    first = new_job()
    started = acquire(first)
    with transaction.atomic():
        finish(started)
        begins = beside(lambda: child_of(first))
        wait_for_its_lock(begins)
    assert holds(begins.result(PATIENCE)) == 0


@pytest.mark.parametrize("verb", ["cancel", "start too late"])
def test_one_that_ends_without_a_start_while_another_is_tied_to_it(verb):
    for _ in range(20):
        first = new_job()
        Job.objects.filter(pk=first.pk).update(start_within=1)

        def end(job=first):
            if verb == "cancel":
                return transitions.cancel(job.pk, now=NOW, reason="no")
            late = NOW + timedelta(hours=2)
            wanted = transitions.AcquireRequest(job.pk, 1, uuid.uuid4())
            worker = transitions.WorkerIdentity("w", wanted.token)
            return starts.acquire_all([wanted], worker=worker, now=late, due_before=late)

        _, child = at_once(call, [end, lambda f=first: child_of(f)])
        first.refresh_from_db()
        if first.state == State.PENDING:  # the message has met the row while it was locked: it comes again
            end()
        assert Job.objects.get(pk=child.pk).state == State.SKIPPED


def test_a_message_that_meets_a_beginning_is_sent_again(sent):
    now = clock.now()
    first = Job.objects.create(target="demo.noop", payload={}, run_at=now + timedelta(seconds=1), enqueued_at=now)
    later = Job.objects.create(target="demo.noop", payload={}, run_at=now + timedelta(hours=1), enqueued_at=now)
    with transaction.atomic():
        child_of(first, later, now=now)
        assert beside(lambda: acquire(first)).result(PATIENCE) is None
        assert sent == []
    assert [listed.id for listed in sent] == [first.pk]
    assert acquire(first) is not None


def test_a_list_query_that_meets_a_beginning_is_made_up_for(sent):
    now = clock.now()
    first = Job.objects.create(target="demo.noop", payload={}, run_at=now + timedelta(seconds=1.5))
    with transaction.atomic():
        child_of(first, now=now)
        assert sent == []
    assert [listed.id for listed in sent] == [first.pk]
    first.refresh_from_db()
    assert first.enqueued_at is not None


def test_whatever_ends_and_begins_beside_each_other_nothing_stands_still():
    """Chains and fans at random, ended and begun by four at once: no deadlock, and nobody waits for what is over."""
    dice = random.Random(7)
    for _ in range(8):
        roots = [new_job() for _ in range(6)]
        middle = [child_of(*dice.sample(roots, 3), end="any") for _ in range(6)]
        started = [acquire(job) for job in roots]
        dice.shuffle(started)
        groups = [dice.sample(roots + middle, 5) for _ in range(4)]

        def end(some):
            orphaned = transitions.finish(
                [transitions.Ended(one, State(dice.choice([2, 3])), NOW, NOW) for one in some]
            )
            return not orphaned

        acts = [lambda s=started[:3]: end(s), lambda s=started[3:]: end(s)]
        acts += [lambda g=group: child_of(*g, end="any") for group in groups]
        acts += [lambda job=middle[0]: transitions.cancel(job.pk, now=NOW, reason="no")]
        done = at_once(call, acts)
        assert done[:2] == [True, True]
        assert {holds(job) for job in middle} == {0}
        for job in middle:
            if Job.objects.get(pk=job.pk).state == State.PENDING:
                finish(acquire(Job.objects.get(pk=job.pk)))
        assert [holds(job) for job in done[2:6]] == [0] * 4
