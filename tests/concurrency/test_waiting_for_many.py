"""A bulk of jobs that wait for others, with real connections: these start and end as if there were none."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from jobs import rules, transitions
from jobs.models import Dependency, Job
from jobs.states import Hold
from jobs.transitions.batches import NewBatch, create_batch
from tests.concurrency.points import PATIENCE, acquire, beside, listed, new_job
from tests.concurrency.test_waiting import finish, wait_for_its_lock
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

# On the server, so that nothing of this process stands in its way: tries the row of one job every half a millisecond, as
# a worker does, until that job has a name, and leaves in another's how long it could not have it, in milliseconds.
TRY = """
DO $$
DECLARE lost timestamptz; longest interval := '0'; found_id bigint;
BEGIN
    LOOP
        SELECT id INTO found_id FROM jobs_job WHERE id = {tried} FOR NO KEY UPDATE SKIP LOCKED;
        IF found_id IS NULL THEN
            lost := coalesce(lost, clock_timestamp());
        ELSE
            longest := greatest(longest, clock_timestamp() - coalesce(lost, clock_timestamp()));
            lost := NULL;
        END IF;
        COMMIT;
        PERFORM pg_sleep(0.0005);
        EXIT WHEN (SELECT name FROM jobs_job WHERE id = {tried}) <> '';
        COMMIT;
    END LOOP;
    UPDATE jobs_job SET name = extract(epoch FROM longest) * 1000 WHERE id = {noted};
END $$
"""


def waiting_for(others, jobs=1):
    new = rules.check_new_job(
        target="demo.noop", payload={}, run_at=NOW + timedelta(hours=1), now=NOW, waits_for=[job.pk for job in others]
    )
    return [new] * jobs


def how_long(create, tried, noted):
    """Create, and return how long that took, and for how long the row could not be had meanwhile, in milliseconds."""

    def try_it():
        with connection.cursor() as cursor:
            cursor.execute(TRY.format(tried=tried.pk, noted=noted.pk))

    trying = beside(try_it)
    time.sleep(0.1)
    begun = time.monotonic()
    create()
    took = (time.monotonic() - begun) * 1000
    Job.objects.filter(pk=tried.pk).update(name="done")
    trying.result(PATIENCE)
    return took, float(Job.objects.get(pk=noted.pk).name)


@pytest.mark.parametrize("batch", [False, True], ids=["bulk", "batch"])
def test_the_rows_of_those_that_a_bulk_waits_for_are_locked_for_a_small_part_of_it(batch):
    others, noted = [new_job() for _ in range(10)], new_job()
    new = waiting_for(others, jobs=1000)
    if batch:
        took, lost = how_long(lambda: create_batch(NewBatch("", new, new[0]), now=NOW), others[5], noted)
    else:
        took, lost = how_long(lambda: transitions.create_many(new, now=NOW), others[5], noted)
    assert Dependency.objects.filter(waits_for=others[5]).count() == 1000
    assert lost < took / 8, f"{lost:.1f} of {took:.1f} ms"


def test_the_pairs_are_looked_up_before_the_rows_are_locked():
    """A commit that looked up each pair would do so with the locks held."""
    others = [new_job() for _ in range(2)]
    with CaptureQueriesContext(connection) as asked:
        transitions.create_many(waiting_for(others), now=NOW)
    said = [query["sql"] for query in asked]
    written = next(n for n, sql in enumerate(said) if sql.startswith('INSERT INTO "jobs_dependency"'))
    after = said[written:]
    looked_up = next((n for n, sql in enumerate(after) if sql.startswith("SET CONSTRAINTS ALL IMMEDIATE")), len(after))
    locked = next(n for n, sql in enumerate(after) if "FOR NO KEY UPDATE" in sql)
    assert looked_up < locked


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
    child.refresh_from_db()
    assert child.holds == 0


def test_a_mark_is_left_where_the_creation_fails_and_does_no_harm():
    first = new_job()
    wrong = rules.NewJob("demo.noop", {}, NOW, queue="not a queue", waits_for=(first.pk,))
    with pytest.raises(Exception, match="jobs_queue"):
        transitions.create_many([wrong], now=NOW)
    first.refresh_from_db()
    assert (first.has_dependents, first.holds) == (True, 0)
    assert finish(acquire(first))
    (child,) = transitions.create_many(waiting_for([first]), now=NOW)
    assert Hold(Job.objects.get(pk=child.pk).holds) == 0
