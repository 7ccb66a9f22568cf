"""What a program does to a job that is there: as REST's controls, with their answers."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime

import pytest
from asgiref.sync import async_to_sync
from django.db import connections

from jobs import Refused, acancel, acting_as, aschedule, await_job, cancel, get, reschedule, schedule, wait
from jobs.clock import clock
from jobs.models import Audit, Job, Verb
from jobs.states import State
from tests import starts
from tests.python.conftest import ahead
from tests.transitions.steps import acquire

each_wait = pytest.mark.parametrize("wait", [wait, async_to_sync(await_job)], ids=["wait", "await_job"])


@pytest.mark.django_db
def test_a_job_is_cancelled_and_who_did_it_and_why_is_audited(ada):
    handle = schedule("demo.noop", run_at=ahead())
    gone = handle.cancel("Twice.", by=ada)
    assert (gone.state, gone.reason, handle.state) == (State.CANCELLED, "Twice.", State.PENDING)
    audit = Audit.objects.get(job_id=handle.id)
    assert (audit.verb, audit.by, audit.reason) == (Verb.CANCEL, ada, "Twice.")


@pytest.mark.django_db
def test_a_cancelled_job_says_by_what(ada):
    assert schedule("demo.noop", run_at=ahead()).cancel().reason == "Cancelled by a program."
    with acting_as(ada):
        assert schedule("demo.noop", run_at=ahead()).cancel().reason == "Cancelled by ada through Python."


@pytest.mark.django_db
def test_a_job_is_moved():
    later = ahead(7200)
    handle = schedule("demo.noop", run_at=ahead())
    assert handle.reschedule(later).run_at == later == handle.refresh().run_at
    assert reschedule(handle.id, "2099-01-01T00:00:00Z", "Later.").run_at.year == 2099
    assert Audit.objects.filter(job_id=handle.id).latest("id").reason == "Later."


@pytest.mark.django_db
def test_a_time_that_no_job_may_have_is_refused():
    handle = schedule("demo.noop", run_at=ahead())
    for wrong, says in [(datetime(2099, 1, 1), "no zone"), (ahead(-60), "in the past"), ("soon", "write it like")]:  # noqa: DTZ001
        with pytest.raises(Refused) as refused:
            handle.reschedule(wrong)
        assert says in refused.value.problems["run_at"][0]


@pytest.mark.django_db
def test_what_has_ended_is_refused_with_the_reason():
    handle = schedule("demo.noop", run_at=ahead()).cancel()
    for verb in (handle.cancel, lambda: handle.reschedule(ahead())):
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.kind == "conflict"
        assert f"job {handle.id} is cancelled." in str(refused.value)


@pytest.mark.django_db
def test_a_job_that_is_not_there_is_not_found():
    for ask in (get, cancel, wait, async_to_sync(await_job), lambda pk: reschedule(pk, ahead())):
        with pytest.raises(Refused) as refused:
            ask(2**62)
        assert refused.value.kind == "not-found"


@each_wait
@pytest.mark.django_db
def test_a_transaction_does_not_wait_for_what_it_has_created(wait):
    handle = schedule("demo.noop")
    with pytest.raises(RuntimeError, match="wait after it"):
        wait(handle.id, 1)
    assert wait(handle.cancel().id).state == State.CANCELLED


@each_wait
@pytest.mark.django_db(transaction=True)
def test_a_wait_ends_with_the_job_and_has_its_result(wait):
    handle = schedule("demo.noop")

    def work():
        try:
            now = clock.now()
            started = acquire(Job.objects.get(pk=handle.id), now=now)
            ended = {"execute_at": now, "finished_at": clock.now(), "result": '{"rows": 3}'}
            starts.finish(started, outcome=State.COMPLETED, **ended)
        finally:
            connections.close_all()

    worker = threading.Timer(0.1, work)
    worker.start()
    try:
        over = wait(handle.id, 60)
    finally:
        worker.join()
    assert (over.state, over.result, over.is_over, handle.is_over) == (State.COMPLETED, {"rows": 3}, True, False)


@each_wait
@pytest.mark.django_db(transaction=True)
def test_a_wait_that_is_too_short_says_how_the_job_is(wait):
    handle = schedule("demo.noop", run_at=ahead())
    with pytest.raises(TimeoutError, match=rf"Job {handle.id} has not ended within 0.05 s; it is pending"):
        wait(handle.id, 0.05)


@pytest.mark.django_db(transaction=True)
def test_many_coroutines_wait_and_hold_no_thread():
    """All that Django asks synchronously has one thread: the cancellations would not come to it."""

    async def waits():
        handles = [await aschedule("demo.noop", run_at=ahead()) for _ in range(5)]
        waiting = [asyncio.create_task(await_job(handle.id, 60)) for handle in handles]
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in waiting)
        for handle in handles:
            await acancel(handle.id)
        return await asyncio.gather(*waiting)

    assert {over.state for over in async_to_sync(waits)()} == {State.CANCELLED}
