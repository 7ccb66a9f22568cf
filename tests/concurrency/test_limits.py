"""Many at once at one key: never two run, and nobody is forgotten."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from jobs.models import Job, Limit, Trigger
from jobs.states import Hold, State
from jobs.transitions.triggers import fire
from tests.concurrency.steps import LATER, TOGETHER, acquire, at_once, finish, rows
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("limit", [1, 3])
def test_of_one_key_no_more_start_than_may(limit):
    for _ in range(5):
        started = [one for one in at_once(acquire, rows(TOGETHER, key="pay", key_limit=limit)) if one is not None]
        assert len(started) == limit
        assert Job.objects.filter(holds=Hold.KEY).count() == TOGETHER - limit
        Job.objects.all().delete()


def test_of_a_full_queue_no_more_start_than_may():
    Limit.objects.create(name="default", concurrency=2)
    started = [one for one in at_once(acquire, rows(TOGETHER)) if one is not None]
    assert len(started) == 2


def test_each_gets_its_turn_and_none_is_forgotten():
    """Whoever is let in ends at once, while others come: in the end all have run, one at a time."""
    jobs = rows(24, key="pay")

    def work(job):
        started = acquire(job)
        if started is not None:
            running = Job.objects.running().filter(key="pay").count()
            finish(started)
            return running
        return 0

    seen = at_once(work, jobs)
    while left := [job for job in jobs if Job.objects.get(pk=job.pk).state == State.PENDING]:
        free = [job for job in left if Job.objects.get(pk=job.pk).holds == 0]
        assert len(free) == 1, "exactly one of those that wait has its turn"
        seen.append(work(free[0]))
    assert max(seen) == 1
    assert Job.objects.filter(state=State.COMPLETED).count() == 24


def test_ending_and_coming_at_the_same_moment_forgets_nobody():
    for _ in range(20):
        first, second = rows(2, key="pay")
        started = acquire(first)
        at_once(lambda do: do(), [lambda s=started: finish(s), lambda j=second: acquire(j)])
        second.refresh_from_db()
        assert second.holds == 0, "it runs, or its turn has come"
        Job.objects.all().delete()


def test_a_hundred_calls_make_one_run_and_get_one_answer():
    trigger = Trigger.objects.create(name="books", target="demo.noop")
    answers = at_once(lambda _: fire(trigger, now=NOW), list(range(25)))
    assert {fired.job.pk for fired in answers} == {Job.objects.get().pk}
    assert sum(fired.created for fired in answers) == 1


def test_whoever_waits_for_a_key_is_ended_by_the_server_when_it_stands_still():
    """A worker that is stopped while it holds a limit must not hold it for as long as it is stopped."""
    job = rows(1, key="pay")[0]
    with transaction.atomic():
        list(Job.objects.acquirable([job.pk], due_before=LATER).values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("6s",)
