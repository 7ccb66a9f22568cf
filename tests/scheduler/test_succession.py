"""Another beat leads: nothing is lost, nothing is listed or published on two sides."""

from contextlib import contextmanager

from django.db import DatabaseError, connections

from jobs.models import Job, Leadership
from jobs.scheduler import window_scheduler as scheduler_module
from tests.scheduler.rows import job, queries


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
    before = two.leader.lock.session.connection.info.backend_pid
    two.tick()
    assert two.leader.lock.session.connection.info.backend_pid == before


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


def test_a_successor_lists_all_that_was_only_marked_also_beyond_one_statement(beat, hands, sent, monkeypatch):
    """The rest used to wait for the back-off of messages that get lost."""
    one, two = beat(), beat()
    due = [job(hands, 1 + number) for number in range(5)]
    sent.broken = True
    one.tick()
    one.close()
    sent.broken = False
    monkeypatch.setattr(scheduler_module, "LIST_LIMIT", 2)
    assert [two.tick(), two.tick()] == [0.0, 0.0]
    two.tick()
    assert sent == due
    assert Leadership.objects.get().unpublished_since is None


def test_a_leader_that_loses_its_lock_while_it_publishes_stops(beat, hands, sent, monkeypatch):
    monkeypatch.setattr(scheduler_module, "PUBLISH_FOR", 0.0)
    monkeypatch.setattr("jobs.scheduler.dispatcher.TOGETHER", 1)
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


def test_a_leader_that_lost_its_lock_while_messages_waited_stands_by(beat, hands, sent, monkeypatch):
    one = beat()
    sent.broken = True
    job(hands, 1)
    one.tick()
    monkeypatch.setattr(one.leader, "still", lambda now: False)
    assert one.tick() == scheduler_module.TRY_EVERY
    assert (one.leader.leading, one.dispatcher.waiting) == (False, 0)


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
