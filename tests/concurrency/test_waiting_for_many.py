"""A bulk of jobs that wait for others, with real connections: these start and end as if there were none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs import rules, transitions
from jobs.models import Dependency, Job
from jobs.states import Hold
from jobs.transitions.batches import NewBatch, create_batch
from tests.concurrency.points import listed, new_job
from tests.concurrency.steps import PATIENCE, acquire, beside, finish, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def waiting_for(others, jobs=1):
    new = rules.check_new_job(
        target="demo.noop", payload={}, run_at=NOW + timedelta(hours=1), now=NOW, waits_for=[job.pk for job in others]
    )
    return [new] * jobs


def asked_for(create):
    with CaptureQueriesContext(connection) as asked:
        create()
    return [query["sql"] for query in asked]


def first(statements, *words):
    return next((n for n, sql in enumerate(statements) if any(word in sql for word in words)), len(statements))


LOCKED = "FOR NO KEY UPDATE"


def while_locked(statements):
    """What is asked from a lock to the end of its transaction."""
    left, found = statements, []
    while (locked := first(left, LOCKED)) < len(left):
        left = left[locked:]
        found += left[: first(left, "COMMIT")]
        left = left[first(left, "COMMIT") :]
    return found


@pytest.mark.parametrize("batch", [False, True], ids=["bulk", "batch"])
def test_the_rows_of_those_that_a_bulk_waits_for_are_locked_for_a_small_part_of_it(batch):
    """For few statements, as many for 5 jobs as for 500, and none of them writes jobs or what they wait for."""
    others, held = [new_job() for _ in range(10)], {}
    for jobs in (5, 500):
        new = waiting_for(others, jobs=jobs)
        if batch:
            said = asked_for(lambda new=new: create_batch(NewBatch("", new, new[0]), now=NOW, by=None))
        else:
            said = asked_for(lambda new=new: transitions.create_many(new, now=NOW))
        held[jobs] = while_locked(said)
        assert not [sql for sql in held[jobs] if sql.startswith("INSERT")]
    assert 0 < len(held[5]) == len(held[500])
    assert Dependency.objects.filter(waits_for=others[5]).count() == 505


def test_the_pairs_are_looked_up_before_the_rows_are_locked():
    """A commit that looked up each pair would do so with the locks held."""
    others = [new_job() for _ in range(2)]
    said = asked_for(lambda: transitions.create_many(waiting_for(others), now=NOW))
    after = said[first(said, 'INSERT INTO "jobs_dependency"') :]
    assert first(after, "SET CONSTRAINTS ALL IMMEDIATE") < first(after, LOCKED) < len(after)


def test_what_a_bulk_waits_for_is_listed_started_and_ended_while_it_is_written():
    due, ends = new_job(), new_job()
    with transaction.atomic():
        assert Job.objects.kept([due.pk, ends.pk]) == {due.pk, ends.pk}
        assert {one.id for one in beside(listed).result(PATIENCE)} == {due.pk, ends.pk}
        assert beside(lambda: acquire(due)).result(PATIENCE) is not None
        assert beside(lambda: transitions.cancel(ends.pk, now=NOW, reason="no").done).result(PATIENCE)


def test_what_a_bulk_waits_for_is_not_deleted_while_it_is_written():
    first = new_job()
    with transaction.atomic():
        assert Job.objects.kept([first.pk]) == {first.pk}
        deletion = beside(Job.objects.filter(pk=first.pk).delete)
        wait_for_its_lock(deletion)
    assert deletion.result(PATIENCE)


def test_one_that_ends_while_the_bulk_is_written_is_not_overlooked(monkeypatch):
    """After the look at those that had ended before, and before their rows are locked."""
    first = new_job()
    started = acquire(first)
    lock = Job.objects.to_be_waited_for

    def end_and_lock(manager, ids):
        assert beside(lambda: finish(started)).result(PATIENCE)
        return lock(ids)

    monkeypatch.setattr(type(Job.objects), "to_be_waited_for", end_and_lock)
    (child,) = transitions.create_many(waiting_for([first]), now=NOW)
    assert Job.objects.get(pk=child).holds == 0


def test_a_mark_is_left_where_the_creation_fails_and_does_no_harm():
    first = new_job()
    wrong = rules.NewJob("demo.noop", {}, NOW, queue="not a queue", waits_for=(first.pk,))
    with pytest.raises(Exception, match="jobs_queue"):
        transitions.create_many([wrong], now=NOW)
    first.refresh_from_db()
    assert (first.has_dependents, first.holds) == (True, 0)
    assert finish(acquire(first))
    (child,) = transitions.create_many(waiting_for([first]), now=NOW)
    assert Hold(Job.objects.get(pk=child).holds) == 0
