"""Why a job was late, in one sentence: each cause from its own facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import sentences
from jobs.lateness import explain
from jobs.models import Stop
from jobs.models.worker import WORKERS_FOR
from jobs.states import State
from tests.monitor.rows import MS, SECOND, ended, pending, running, worker

pytestmark = pytest.mark.django_db


def late(at, **fields):
    """A job that started 500 ms late and has just ended."""
    return ended(at, delay=500 * MS, **fields)


def test_on_time(at):
    assert explain(ended(at), at) == "On time: it started 0.50 ms after it was due."


def test_created_late(at):
    due = at - 600 * MS
    job = late(at, created_at=due + 400 * MS, enqueued_at=due + 410 * MS, locked_at=due + 450 * MS)
    assert explain(job, at) == "It started 500.00 ms late: it was created 400.00 ms after it was due."


def test_published_late(at):
    due = at - 600 * MS
    job = late(at, enqueued_at=due + 300 * MS, locked_at=due + 400 * MS)
    assert "it was published 300.00 ms after it was due: the beat was away" in explain(job, at)


def test_published_too_shortly_before(at):
    due = at - 600 * MS
    job = late(at, enqueued_at=due - 20 * MS, locked_at=due + 400 * MS)
    assert "it was published only 20.00 ms before it was due" in explain(job, at)


def test_a_rate_is_not_to_blame_for_the_moment_through_which_all_workers_slept(at):
    due, now = at - 600 * MS, at - 110 * MS
    words = sentences.RATE_GAVE_ANEW(limit="queue 'default'", passed=due + 50 * MS, moment=now)
    job = late(at, waited_for=words, not_before=now, enqueued_at=now - 5 * MS, locked_at=now)
    sentence = explain(job, at)
    assert "a worker acquired it 490.00 ms after it was due. No worker took from queue default then." in sentence


def test_acquired_late_since_all_slots_were_busy(at):
    due = at - 600 * MS
    worker(at, slots=2, queues=["default"])
    for _ in range(2):
        ended(at + SECOND, took=3 * SECOND)
    job = late(at, locked_at=due + 490 * MS)
    sentence = explain(job, at)
    assert "a worker acquired it 490.00 ms after it was due." in sentence
    assert sentence.endswith("All 2 slots of queue default were busy.")


def test_acquired_late_although_slots_were_free(at):
    worker(at, slots=5)
    job = late(at, locked_at=at - 110 * MS)
    assert explain(job, at).endswith("0 of the 5 slots of queue default were busy.")


def test_acquired_late_since_nobody_took_from_its_queue(at):
    job = late(at, queue="mail", locked_at=at - 110 * MS)
    assert explain(job, at).endswith("No worker took from queue mail then.")


def test_of_a_job_older_than_the_rows_of_workers_it_is_not_said_that_there_was_none(at):
    long_ago = at - WORKERS_FOR - timedelta(days=1)
    job = late(long_ago, locked_at=long_ago - 110 * MS)
    assert explain(job, at).endswith("Which workers took from queue default then is not kept any more.")
    worker(long_ago)
    assert explain(job, at).endswith("0 of the 5 slots of queue default were busy."), "where the rows are still there"


def test_published_again_and_again(at):
    worker(at)
    job = late(at, deliveries=3, locked_at=at - 110 * MS)
    assert "its message had to be published 3 times" in explain(job, at)


def test_held_up_on_its_worker(at):
    assert "its worker had it in time but reached its body late" in explain(late(at), at)


@pytest.mark.parametrize(
    ("after", "fields", "words"),
    [
        (60, {}, "It waits for its time; the beat publishes it"),
        (5, {"enqueued": True}, "It is published and waits for its time."),
        (-5, {}, "It is overdue, since no beat has published it"),
        (-5, {"enqueued": True}, "every slot of queue default is busy, or no worker takes from it"),
        (-5, {"enqueued": True, "deliveries": 4}, "It has been published 4 times."),
    ],
)
def test_before_its_start(at, after, fields, words):
    fields = dict(fields)
    enqueued_at = at if fields.pop("enqueued", False) else None
    assert words in explain(pending(at + after * SECOND, enqueued_at=enqueued_at, **fields), at)


def test_without_a_start(at):
    assert explain(ended(at, State.CANCELLED), at) == "It never started."
    assert "with its worker" in explain(running(at), at)


def test_a_stop_of_everything_is_why_it_waits_or_was_late(at):
    begun = at - timedelta(minutes=5)
    stop = Stop.objects.create(begins_at=begun, until=None, reason="The disks move.", created_at=begun)
    waiting = pending(at - timedelta(minutes=1))
    since = f"{begun:%Y-%m-%d %H:%M:%S} UTC"
    assert explain(waiting, at) == (
        f"It waits: all starts are stopped from {since} until somebody ends that. The disks move."
    )
    stop.until, stop.per_minute = at - 700 * MS, 60
    stop.save()
    assert "it is let go with the others, 60 a minute." in explain(waiting, at)
    assert "let go" not in explain(pending(at + SECOND), at), "its time is after it"
    stop.let_go_at = at
    stop.save()
    assert "no beat has published it" in explain(waiting, at)
    started = pending(at - timedelta(seconds=2), state=State.RUNNING, locked_at=at - 650 * MS, attempt=1)
    started.state, started.execute_at, started.finished_at = State.COMPLETED, at - 600 * MS, at
    assert f"all starts were stopped from {since[:-4]} until" in explain(started, at)
    started.locked_at = at - timedelta(seconds=2, milliseconds=150)
    assert "stopped" not in explain(started, at), "its worker had it before the stop began, or went on with it"
