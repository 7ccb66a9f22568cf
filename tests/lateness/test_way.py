"""The way of a job: what is drawn of it, from its creation to its end, whatever became of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from jobs.lateness import Stop, way
from jobs.models import Attempt, Job
from jobs.states import Hold, State

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MS, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def job(**fields) -> Job:
    facts = {"run_at": NOON, "created_at": NOON - 60 * SECOND, "attempt": 0, "reason": "", "holds": 0}
    return Job(**{"target": "demo.noop", **facts, **fields})


def attempt(number: int = 1, due: datetime = NOON, outcome: State | None = State.COMPLETED, **fields) -> Attempt:
    ended = None if outcome is None else due + 100 * MS
    facts = {"locked_at": due - 200 * MS, "started_at": due + MS, "finished_at": ended, **fields}
    return Attempt(
        number=number, run_at=due, outcome=outcome, token=uuid.uuid4(), session=uuid.uuid4(), worker="w1", **facts
    )


def ran(state: State = State.COMPLETED, **fields) -> Job:
    return job(
        state=state,
        attempt=1,
        enqueued_at=NOON - 5 * SECOND,
        locked_at=NOON - 200 * MS,
        execute_at=NOON + MS,
        finished_at=NOON + 100 * MS,
        **fields,
    )


def drawn(one: Job, attempts: list[Attempt], now: datetime = NOON + SECOND) -> list[tuple[str, list[str]]]:
    return [(track.title, [stop.what for stop in track.stops]) for track in way(one, attempts, now)]


def test_one_that_ran_has_one_line_with_the_time_between():
    (track,) = way(ran(), [attempt()], NOON + SECOND)
    assert [(stop.what, stop.after_ms) for stop in track.stops] == [
        ("Created", None),
        ("Listed, and published", 55_000),
        ("Acquired by a worker", 4_800),
        ("Due", 200),
        ("Started", 1),
        ("Completed", 99),
    ]
    assert track.stops[-1].look == "good"


@pytest.mark.parametrize(
    ("fields", "now", "last"),
    [
        ({}, NOON - SECOND, Stop("Waits for its time", None)),
        ({}, NOON + SECOND, Stop("Has not been listed", None, "warn")),
        ({"enqueued_at": NOON - SECOND}, NOON + SECOND, Stop("Waits for a slot", None, "warn")),
        (
            {"holds": Hold.APPROVAL | Hold.KEY},
            NOON,
            Stop("Waits for the approval of a second person and its turn among the jobs of its key", None, "warn"),
        ),
    ],
)
def test_one_that_has_not_started_says_what_it_waits_for(fields, now, last):
    (track,) = way(job(state=State.PENDING, **fields), [], now)
    assert track.stops[-1] == last


@pytest.mark.parametrize("state", [State.CANCELLED, State.SKIPPED])
def test_one_that_never_started_ends_where_it_was_ended(state):
    one = job(state=state, finished_at=NOON - 30 * SECOND)
    assert drawn(one, []) == [("", ["Created", state.label.capitalize(), "Would have been due"])]


def test_one_that_runs_is_open_at_its_end():
    one = job(state=State.RUNNING, attempt=1, locked_at=NOON - 200 * MS)
    (track,) = way(one, [attempt(outcome=None)], NOON + SECOND)
    assert track.stops[-1] == Stop("Runs", None, "info")
    (track,) = way(one, [attempt(outcome=None, started_at=None)], NOON)
    assert track.stops[-1] == Stop("With its worker", None, "info")


def test_an_interrupted_one_and_what_a_person_has_said_of_it():
    one = ran(State.INTERRUPTED)
    assert drawn(one, [attempt(outcome=State.INTERRUPTED)])[0][1][-1] == "Interrupted"
    one = ran(State.COMPLETED, reason="I have seen the books.")
    assert drawn(one, [attempt(outcome=State.INTERRUPTED)])[0][1][-3:] == [
        "Started, at the earliest",
        "Interrupted",
        "Confirmed as done",
    ]


def test_each_start_has_a_line_and_the_next_one_too():
    starts = [attempt(n + 1, NOON + n * 60 * SECOND, State.FAILED) for n in range(2)]
    due = NOON + 120 * SECOND
    waits = job(state=State.PENDING, attempt=2, run_at=due, enqueued_at=due - 5 * SECOND)
    titles = [title for title, _ in drawn(waits, starts, due - SECOND)]
    assert titles == ["Start 1", "Start 2", "Start 3"]
    lines = dict(drawn(waits, starts, due - SECOND))
    assert lines["Start 1"][0] == "Created"
    assert lines["Start 2"] == ["Acquired by a worker", "Due", "Started", "Failed"]
    assert lines["Start 3"] == ["Listed, and published", "Due", "Waits for its time"]
    cancelled = job(state=State.CANCELLED, attempt=2, run_at=due, finished_at=due - SECOND)
    assert dict(drawn(cancelled, starts))["Start 3"] == ["Cancelled", "Would have been due"]


def test_a_last_start_that_succeeded_is_the_last_line():
    again = NOON + 60 * SECOND
    one = ran()
    one.attempt, one.run_at, one.execute_at, one.finished_at = 2, again, again + MS, again + 100 * MS
    lines = drawn(one, [attempt(1, NOON, State.FAILED), attempt(2, again)])
    assert [title for title, _ in lines] == ["Start 1", "Start 2"]
    assert lines[1][1] == ["Acquired by a worker", "Due", "Started", "Completed"]


def test_a_deadline_is_drawn_unless_it_ended_before():
    assert "Its deadline" not in drawn(ran(deadline=60), [attempt()])[0][1]
    late = job(state=State.RUNNING, attempt=1, locked_at=NOON - 200 * MS, deadline=60)
    assert "Its deadline" in drawn(late, [attempt(outcome=None)])[0][1]
