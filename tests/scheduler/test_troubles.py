"""The database or the broker is away, or everything stood still: beat goes on, and accuses nobody."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import DatabaseError, OperationalError, connection

from jobs.models import Job, Leadership, Worker
from jobs.scheduler import WindowScheduler
from jobs.scheduler import window_scheduler as scheduler_module
from tests.scheduler.rows import job, queries


def test_while_the_broker_is_away_it_tries_each_second_and_asks_the_database_nothing(beat, hands, sent):
    one = beat()
    due = job(hands, 5)
    sent.broken = True
    assert one.tick() <= scheduler_module.RETRY_AFTER
    hands.forward(1)
    one.tick()
    assert queries() == 1
    assert Leadership.objects.get().published_at is None
    sent.broken = False
    one.tick()
    assert sent == [due]
    assert Leadership.objects.get().published_at == hands.now


def test_while_messages_wait_nothing_more_is_listed(beat, hands, sent):
    """A row listed in vain again and again would look like one whose messages get lost, and wait an hour."""
    one = beat()
    due = job(hands, 1)
    sent.broken = True
    for _ in range(20):
        one.tick()
        hands.forward(30)
    assert Job.objects.get(pk=due).deliveries == 1
    assert one.dispatcher.waiting == 1
    sent.broken = False
    later = job(hands, 1)
    one.tick()
    # Overdue by now, it is in the next list as well: a duplicate is harmless.
    assert sent == [due, due, later]


def test_a_lost_database_does_not_end_it(beat, hands, sent, monkeypatch):
    one = beat()
    one.tick()
    hands.forward(10)

    def fail(**kwargs):
        raise DatabaseError("the server went away")

    monkeypatch.setattr(one.dispatcher, "list", fail)
    assert one.tick() == scheduler_module.RETRY_AFTER
    assert not one.leader.leading
    monkeypatch.undo()


def test_a_killed_connection_does_not_end_it(beat, hands, sent):
    one = beat()
    one.tick()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert one.tick() == scheduler_module.TRY_EVERY
    assert one.tick() > 0
    assert one.leader.leading


def test_the_server_ends_a_transaction_of_a_beat_that_is_stopped(beat, hands, sent):
    beat().tick()
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("6s",)


def sweep(one, hands):
    for service in one.sweeper.services:
        service.due = 0.0
    one.sweeper.sweep(hands.now)


def turns(one, hands, seconds):
    """As a real beat sweeps, more or less: every two seconds."""
    for _ in range(seconds // 2):
        hands.forward(2)
        sweep(one, hands)


def test_after_an_outage_nobody_is_declared_gone_before_he_could_speak(beat, hands, sent):
    one = beat()
    one.tick()
    worker = Worker.objects.create(name="w", pid=1, pool="thread", slots=1, heartbeat_at=hands.now - timedelta(hours=1))
    one._stand_by()
    one.tick()
    turns(one, hands, 18)
    worker.refresh_from_db()
    assert worker.gone_at is None
    turns(one, hands, 4)
    worker.refresh_from_db()
    assert worker.gone_at is not None


def test_when_everything_stood_still_nobody_is_declared_gone_for_it(beat, hands, sent):
    """A suspended machine, a stalled disk: no error, and every heartbeat is old."""
    one = beat()
    one.tick()
    turns(one, hands, 60)
    worker = Worker.objects.create(name="w", pid=1, pool="thread", slots=1, heartbeat_at=hands.now)
    hands.forward(25)
    sweep(one, hands)
    worker.refresh_from_db()
    assert worker.gone_at is None


@pytest.mark.parametrize("step", ["setup_schedule", "all_as_schedule", "install_default_entries"])
def test_a_beat_that_starts_while_the_database_fails_waits_for_it(hands, sent, monkeypatch, step):
    """It would end, and whoever runs it might not start it again. Wherever it fails, the next try begins anew."""
    failures = [OperationalError("terminating connection due to administrator command")] * 2
    whole = getattr(WindowScheduler, step)

    def flaky(self, *args):
        if failures:
            raise failures.pop()
        return whole(self, *args)

    monkeypatch.setattr(WindowScheduler, step, flaky)
    monkeypatch.setattr(scheduler_module, "RETRY_AFTER", 0.0)
    one = WindowScheduler(current_app)
    one.tick()
    assert one.leader.leading
    one.close()


def test_a_beat_that_is_told_to_stop_while_it_starts_ends(hands, sent, monkeypatch):
    """Celery's handler of the signal asks for the scheduler, to close it: in the thread that is making it."""

    unfinished = []

    def told_to_stop(self):
        assert not unfinished, "a second one is made inside the first"
        unfinished.append(self)
        WindowScheduler(current_app)

    with monkeypatch.context() as patch:
        patch.setattr(WindowScheduler, "setup_schedule", told_to_stop)
        with pytest.raises(SystemExit):
            WindowScheduler(current_app)
    unfinished[0].leader.step_down()  # in life the process ends
    one = WindowScheduler(current_app)
    one.tick()
    assert one.leader.leading
    one.close()


def test_a_close_in_the_middle_of_a_turn_waits_for_its_end(beat, hands, sent, monkeypatch):
    """Celery's handler of SIGTERM closes the scheduler wherever it is, and again when the turn has been left."""
    one = beat()
    lead = one._take_over

    def told_to_stop():
        one.close()
        assert one.leader.leading, "its connection may be waiting for an answer"
        return lead()

    monkeypatch.setattr(one, "_take_over", told_to_stop)
    one.tick()
    one.close()
    assert not one.leader.leading
