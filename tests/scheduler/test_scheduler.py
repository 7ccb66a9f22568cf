"""The tick of beat: one list query a window, by the leader, whatever fails around it."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from django.db import DatabaseError, connection, connections
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from jobs import scheduler as scheduler_module
from jobs.models import Job, Leadership, Worker, WorkerLog
from jobs.scheduler import WindowScheduler


def queries():
    return WorkerLog.objects.filter(action="QUERYLIST").count()


def job(hands, after):
    return Job.objects.create(target="demo.noop", payload={}, run_at=hands.now + timedelta(seconds=after)).pk


def test_it_lists_once_a_window_however_often_it_ticks(beat, hands, sent):
    one = beat()
    for _ in range(30):
        one.tick()
        hands.forward(1)
    # 12:00:03 to 12:00:32 touches the windows that begin at :00, :10, :20 and :30.
    assert queries() == 4


def test_it_lists_at_once_then_at_each_start_of_a_window(beat, hands, sent):
    one = beat()
    first, second = job(hands, 1), job(hands, 10)
    one.tick()
    assert sent == [first]
    hands.forward(6.999)
    one.tick()
    assert sent == [first]
    hands.forward(0.001)
    one.tick()
    assert sent == [first, second]


def test_it_looks_ahead_beyond_its_window(beat, hands, sent):
    one = beat()
    inside, beyond = job(hands, 8.9), job(hands, 9)
    one.tick()
    assert sent == [inside]
    assert beyond not in sent


def test_it_wakes_for_the_next_window(beat, hands, sent):
    one = beat()
    hands.forward(6.5)
    assert one.tick() == pytest.approx(0.5)


def test_of_two_beats_one_lists_and_the_other_takes_over(beat, hands, sent):
    one, two = beat(), beat()
    one.tick()
    assert two.tick() == scheduler_module.TRY_EVERY
    hands.forward(10)
    two.tick()
    one.tick()
    assert queries() == 2
    one.close()
    hands.forward(10)
    late = job(hands, 1)
    two.tick()
    assert sent == [late]
    assert Leadership.objects.get().epoch == 2


def test_a_standby_keeps_its_connection(beat, hands, sent):
    one, two = beat(), beat()
    one.tick()
    two.tick()
    before = two.leader._session.connection.info.backend_pid
    two.tick()
    assert two.leader._session.connection.info.backend_pid == before


def test_a_successor_does_not_list_a_window_that_was_published_whole(beat, hands, sent):
    one, two = beat(), beat()
    one.tick()
    one.close()
    two.tick()
    assert two.leader.leading
    assert queries() == 1


def test_a_successor_publishes_what_its_predecessor_had_only_marked(beat, hands, sent):
    one, two = beat(), beat()
    due = job(hands, 5)
    sent.broken = True
    one.tick()
    assert one.dispatcher.waiting == 1
    one.close()
    sent.broken = False
    hands.forward(1)
    two.tick()
    assert sent == [due]
    assert Leadership.objects.get().published_at == hands.now


@contextmanager
def edited_by_somebody(job_id):
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM jobs_job WHERE id = %s FOR UPDATE", [job_id])
    yield
    other.rollback()
    other.close()


def test_a_third_leader_publishes_what_the_second_could_not_even_mark_again(beat, hands, sent):
    """The broker is away for a window and more, and somebody has the row when the second leader lists."""
    edited, free = job(hands, 8), job(hands, 8)
    sent.broken = True
    one, two, three = beat(), beat(), beat()
    one.tick()
    one.close()
    hands.forward(7)
    with edited_by_somebody(edited):
        two.tick()
    assert two.dispatcher.waiting == 1
    two.close()
    sent.broken = False
    three.tick()
    assert sent == [edited, free]
    assert Leadership.objects.get().unpublished_since is None


def test_while_there_is_more_to_list_nothing_counts_as_published_whole(beat, hands, sent, monkeypatch):
    one, two = beat(), beat()
    with monkeypatch.context() as few:
        few.setattr(scheduler_module, "LIST_LIMIT", 1)
        first = job(hands, 1)
        one.tick()
    assert (sent, Leadership.objects.get().unpublished_since) == ([first], hands.now)
    one.close()
    rest = job(hands, 1)
    two.tick()
    assert rest in sent, "its successor lists the rest of the window"
    assert Leadership.objects.get().unpublished_since is None


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


def test_a_long_list_is_published_in_parts_with_signs_of_life_between(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "PUBLISH_FOR", 0.0)
    one = beat()
    ids = [job(hands, 1) for _ in range(5)]
    one.tick()
    assert sent == ids


def test_a_leader_that_loses_its_lock_while_it_publishes_stops(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "PUBLISH_FOR", 0.0)
    one = beat()
    one.tick()
    for _ in range(5):
        job(hands, 10)
    hands.forward(8)
    answers = iter([True, False])
    monkeypatch.setattr(one.leader, "still", lambda now: next(answers))
    one.tick()
    assert len(sent) == 1
    assert not one.leader.leading
    assert one.dispatcher.waiting == 0


def test_a_leader_that_was_replaced_marks_and_publishes_nothing(beat, hands, sent):
    one = beat()
    one.tick()
    due = job(hands, 10)
    hands.forward(8)
    Leadership.objects.update(epoch=99)
    one.tick()
    assert sent == []
    assert Job.objects.get(pk=due).enqueued_at is None
    assert not one.leader.leading


def test_a_leader_that_dies_between_mark_and_note_has_marked_nothing(beat, hands, sent, monkeypatch):
    """Marks without a note would be lost on a successor: it lists again what was marked since the note."""
    one = beat()
    one.tick()
    due = job(hands, 10)
    hands.forward(8)

    def die(**kwargs):
        raise DatabaseError("the server went away")

    monkeypatch.setattr(one.leader, "record_listed", die)
    one.tick()
    assert Job.objects.get(pk=due).enqueued_at is None


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


def test_periodic_tasks_of_celery_beat_keep_working(beat, hands, sent, monkeypatch):
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="mine", task="some.task", interval=every)
    applied = []
    one = beat()
    monkeypatch.setattr(one, "apply_async", lambda entry, **kwargs: applied.append(entry.name))
    one.tick()
    one._periodic_due = 0.0
    one._schedule["mine"].last_run_at -= timedelta(seconds=5)
    one._heap = None
    one.tick()
    assert applied == ["mine"]


def test_a_standby_runs_no_periodic_tasks(beat, hands, sent, monkeypatch):
    beat().tick()
    standby = beat()
    monkeypatch.setattr(scheduler_module.DatabaseScheduler, "tick", lambda self: pytest.fail("a standby ticked"))
    standby.tick()


def test_an_idle_turn_of_the_leader_asks_little(beat, hands, sent, django_assert_num_queries):
    one = beat()
    one.tick()
    hands.forward(1)
    with django_assert_num_queries(0):  # the sign of life is on the lock's own connection
        one.tick()


def test_a_window_costs_the_same_however_many_jobs(beat, hands, sent, django_assert_num_queries):
    one = beat()
    one.tick()
    one._periodic_due = one._rescue_due = float("inf")
    for count in (0, 20):
        for _ in range(count):
            job(hands, 10)
        hands.forward(10)
        # BEGIN, the list query, the leader's note of it, COMMIT; the note that all is published.
        with django_assert_num_queries(5):
            one.tick()


def turns(one, hands, seconds):
    """As a real beat turns: every two seconds."""
    for _ in range(seconds // 2):
        hands.forward(2)
        one._rescue_due = 0.0
        one.tick()


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
    one._rescue_due = 0.0
    one.tick()
    worker.refresh_from_db()
    assert worker.gone_at is None


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


def test_what_one_list_query_could_not_hold_is_listed_in_the_next_turn(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "LIST_LIMIT", 0)
    one = beat()
    one.tick()
    due = job(hands, 1)
    one.tick()
    assert sent == [due]


def test_a_successor_reads_celerys_own_entries_anew(beat, hands, sent):
    """Else it would send again what its predecessor has sent since it began to stand by."""
    first, second = beat(), beat()
    first.tick()
    second.tick()
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.create(name="new", task="some.task", interval=every, last_run_at=datetime.now(UTC))
    first.close()
    second.tick()
    assert "new" in second._schedule


def test_the_server_ends_a_transaction_of_a_beat_that_is_stopped(beat, hands, sent):
    beat().tick()
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("6s",)


def test_a_leader_that_lost_its_lock_while_messages_waited_stands_by(beat, hands, sent, monkeypatch):
    one = beat()
    sent.broken = True
    job(hands, 1)
    one.tick()
    monkeypatch.setattr(one.leader, "still", lambda now: False)
    assert one.tick() == scheduler_module.TRY_EVERY
    assert (one.leader.leading, one.dispatcher.waiting) == (False, 0)


def test_beat_s_lazy_look_at_its_scheduler_opens_no_connection(hands, sent):
    """`celery beat` makes one only to print its name."""
    assert WindowScheduler(current_app, lazy=True).leader._session is None
