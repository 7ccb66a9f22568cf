"""What the checker says of the runs of schedules, on evidence made by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.states import State
from verification.drill.checker import Kind, check
from verification.drill.evidence import Evidence, Noted, Queries, Recurring, Row, Start
from verification.drill.ledger import END, ENTRY, Line

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TICK = "drill r schedule r-tick"
TIMES = (NOON, NOON + timedelta(seconds=2))


def run(job_id, nominal, after=0.0, **more):
    at = nominal + timedelta(seconds=after)
    ended = at + timedelta(seconds=0.1)
    created = nominal - timedelta(seconds=2)  # the start of the run before it: less than a window ahead
    fields = {"nominal_at": nominal, "schedule": TICK, **more}
    return Row(job_id, f"r-{job_id}", State.COMPLETED, at, created, at, ended, **fields)


def good(rows=(), **other):
    rows = rows or [run(1, TIMES[0]), run(2, TIMES[1])]
    ids = [row.job_id for row in rows]
    stamp = {row.job_id: row.run_at.timestamp() for row in rows}
    whole = Evidence(
        expected=set(),
        rows=rows,
        starts=[
            Start(i, 1, "w", 9, r.run_at, r.run_at, r.finished_at, State.COMPLETED)
            for i, r in zip(ids, rows, strict=True)
        ],
        ledger=[Line(what, f"r-{i}", 9, stamp[i] + late) for i in ids for what, late in ((ENTRY, 0.001), (END, 0.09))],
        injected=[],
        allowances=[],
        window=5,
        max_delay=15,
        queries=Queries(cost=700, limit=None, list_queries=7, windows=7, acquire_failures=0),
        schedules=[Recurring(TICK, TIMES)],
        occurrences=[Noted(TICK, row.nominal_at, 1, row.job_id, None) for row in rows],
    )
    return replace(whole, **other)


def said(evidence):
    return [(violation.kind, violation.text) for violation in check(evidence).violations]


def test_nothing_wrong_although_a_run_is_created_less_than_a_window_ahead():
    verdict = check(good())
    assert (verdict.violations, verdict.jobs, verdict.completed) == ([], 2, 2)


def test_a_time_without_a_job_is_lost():
    assert said(good(rows=[run(1, TIMES[0])])) == [
        (Kind.LOST, f"The run of '{TICK}' at 12:00:02 has no job."),
        (Kind.LOST, f"The run of '{TICK}' at 12:00:02 is not in jobs_occurrence."),
    ]


def test_a_time_with_a_cause_is_lost():
    history = [Noted(TICK, TIMES[0], 1, 1, None), Noted(TICK, TIMES[1], 1, 2, "downtime")]
    assert said(good(occurrences=history)) == [
        (Kind.LOST, f"The run of '{TICK}' at 12:00:02 is written down as missed (downtime, 1 in a row).")
    ]


def test_a_time_with_two_jobs_is_doubled():
    rows = [run(1, TIMES[0]), run(2, TIMES[1]), run(3, TIMES[1])]
    history = [Noted(TICK, TIMES[0], 1, 1, None), Noted(TICK, TIMES[1], 1, 2, None)]
    assert said(good(rows, occurrences=history)) == [
        (Kind.DOUBLED, f"The run of '{TICK}' at 12:00:02 has 2 jobs: 2, 3."),
        (Kind.DISAGREE, f"Job 3 is the run of '{TICK}' at 12:00:02, and its history says {{2}}."),
    ]


def test_a_time_with_two_rows_of_history_is_doubled():
    history = [Noted(TICK, TIMES[0], 1, 1, None), Noted(TICK, TIMES[1], 1, 2, None), Noted(TICK, TIMES[1], 2, 2, None)]
    assert said(good(occurrences=history)) == [
        (Kind.DOUBLED, f"The run of '{TICK}' at 12:00:02 has 2 rows in jobs_occurrence.")
    ]


def test_a_run_at_no_time_of_its_schedule_is_told():
    rows = [run(1, TIMES[0]), run(2, TIMES[1]), run(3, NOON + timedelta(seconds=3))]
    assert said(good(rows)) == [(Kind.DISAGREE, f"'{TICK}' has a run at 12:00:03.000000, which is none of its times.")]


@pytest.mark.parametrize(
    ("spread", "after", "text"),
    [
        (3, (1.5, 1.5), None),
        (3, (1.5, 1.25), f"The runs of '{TICK}' start by 2 different parts of its spread."),
        (1, (1.5, 1.5), f"Runs of '{TICK}' start outside of its spread of 1 s."),
        (3, (-0.5, -0.5), f"Runs of '{TICK}' start outside of its spread of 3 s."),
    ],
)
def test_a_spread_moves_all_runs_alike_and_within_it(spread, after, text):
    rows = [run(n, nominal, late) for n, (nominal, late) in enumerate(zip(TIMES, after, strict=True), 1)]
    found = said(good(rows, schedules=[Recurring(TICK, TIMES, spread)]))
    assert found == ([] if text is None else [(Kind.DISAGREE, text)])
