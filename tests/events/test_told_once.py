"""What happens is told once by what does it: leaders, publications, handoffs, workers that take no jobs, lost servers."""

import uuid
from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import OperationalError

from jobs.clock import clock
from jobs.events.attempts import AttemptInterrupted
from jobs.events.nodes import DrainChanged
from jobs.events.publishing import BrokerUnreachable, JobsListed, JobsPublished
from jobs.events.scheduler import JobsRescued, LeadershipBegun, LeadershipEnded, WorkerGone
from jobs.events.worker.arm import HandoffFailed, JobHandedOff
from jobs.events.worker.process import JobsRefused, JobsTaken
from jobs.events.worker.record import DatabaseFailed
from jobs.models import Job, Worker
from jobs.models.querysets import Listed
from jobs.models.querysets.workers import Drain
from jobs.nodes import drains
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.rescue import rescue
from jobs.transitions import WorkerIdentity
from jobs.worker.arm.handoff import Handoff
from jobs.worker.arm.waiting_jobs import Delivery, Waiting
from jobs.worker.process.capacity import Capacity
from jobs.worker.record import database_retry
from tests import starts
from tests.publishing.conftest import no_broker, queue
from tests.scheduler.conftest import beat, hands, sent
from tests.scheduler.rows import job
from tests.worker.arm.steps import wait_for

__all__ = ["beat", "hands", "no_broker", "queue", "sent"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_leads_what_it_lists_and_what_it_publishes(beat, hands, sent, emitted):
    job(hands, 5)
    one, two = beat(), beat()
    one.tick()
    two.tick()
    one.tick()
    one.close()
    two.tick()
    led = emitted.of(LeadershipBegun, LeadershipEnded)
    assert [(type(event), event.epoch) for event in led] == [
        (LeadershipBegun, 1),
        (LeadershipEnded, 1),
        (LeadershipBegun, 2),
    ]
    assert led[0].leader == led[1].leader
    assert [event.jobs for event in emitted.of(JobsListed)] == [1]
    assert emitted.of(JobsPublished) == [JobsPublished(1)]


def test_jobs_that_come_to_be_due_at_once_are_published_once(make_job, queue, emitted):
    make_job(2, queue=queue.name)
    assert len(queue()) == 1
    assert emitted.of(JobsPublished) == [JobsPublished(1)]


def test_a_broker_that_is_away_has_published_nothing(no_broker, emitted):
    dispatcher = Dispatcher("test")
    dispatcher.wait([Listed(1, 1, clock.now(), "default", 0)])
    assert dispatcher.publish(0.01) == 0
    (told,) = emitted
    assert isinstance(told, BrokerUnreachable)
    assert told.waiting == 1


def handed_off(queue_name):
    handoff, kept, acknowledged = Handoff("w1@test"), [], []
    delivery = Delivery(lambda: acknowledged.append(7), lambda *handed: None)
    waiting = Waiting(7, 1, clock.timestamp(), queue_name, 2, (delivery,))
    handoff.start(kept.append)
    handoff.put([waiting])
    wait_for(lambda: kept or acknowledged)
    return kept


def test_a_job_that_found_no_slot_is_handed_off(queue, emitted):
    assert handed_off(queue.name) == []
    wait_for(lambda: emitted)
    assert emitted == [JobHandedOff(7, 3)]
    assert len(queue()) == 1


def test_one_that_the_broker_does_not_take_back_is_not(no_broker, queue, emitted):
    assert [one.job_id for one in handed_off(queue.name)] == [7]
    (told,) = emitted
    assert isinstance(told, HandoffFailed)
    assert told.jobs == 1


def test_a_worker_says_that_it_takes_no_jobs_and_that_it_does_again(emitted):
    capacity = Capacity([])
    for _ in range(2):
        capacity.set_drain(Drain(clock.now(), "new kernel", "ada"))
    capacity.set_drain(Drain())
    assert emitted == [JobsRefused("drained by ada: new kernel"), JobsTaken()]


def test_who_has_drained_a_worker_is_told_when_it_is_committed(emitted, monkeypatch):
    monkeypatch.setattr(current_app.control, "broadcast", lambda *args, **options: None)
    now = clock.now()
    session = Worker.objects.create(name="w1", pid=1, pool="thread", slots=5, heartbeat_at=now).session
    assert drains.drain(session, now=now, reason="new kernel", by=User.objects.create_user("ada")).done
    assert emitted == [DrainChanged("w1", "Drained: new kernel", "ada")]


def test_each_answer_that_a_database_does_not_give_is_told(emitted, monkeypatch):
    monkeypatch.setattr(database_retry, "PAUSES", (0.0,) * 3)
    answers = [OperationalError("the database system is starting up")] * 2

    def ask():
        if answers:
            raise answers.pop()
        return "here"

    assert database_retry.retry_until_answered(ask) == "here"
    assert [type(event) for event in emitted] == [DatabaseFailed] * 2


def test_a_rescue_tells_who_is_gone_what_it_has_lost_and_how_many(emitted):
    now, session = clock.now(), uuid.uuid4()
    lost = Job.objects.create(target="demo.noop", payload={}, run_at=now)
    identity = WorkerIdentity("w1@test", session)
    starts.acquire(lost.pk, 1, worker=identity, token=uuid.uuid4(), now=now, due_before=now + timedelta(seconds=1))
    silent_since = now - timedelta(seconds=60)
    Worker.objects.create(name="w1@test", session=session, pid=1, pool="thread", slots=5, heartbeat_at=silent_since)
    rescue(now=now, patience=timedelta(seconds=20), watching_since=now - timedelta(hours=1))
    why = "The worker vanished after the start; whether the job had any effect is unknown (worker w1@test)"
    assert emitted == [
        AttemptInterrupted(lost.pk, 1, "demo.noop", None, None, why, queue="default"),
        WorkerGone("w1@test", silent_since),
        JobsRescued(1),
    ]
