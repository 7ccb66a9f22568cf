import statistics
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.states import State
from tests.benchmark.rows import BODY, MAX_DELAY, MICROSECOND, RUN_AT, W, row
from verification.benchmark import score

MS = timedelta(milliseconds=1)


def flaws(*rows, created=None):
    return score.flaws(rows, created=len(rows) if created is None else created, window=W, max_delay=MAX_DELAY)


def test_a_good_row_qualifies():
    assert flaws(row()) == []


@pytest.mark.parametrize(
    "edge",
    [
        {"execute_at": RUN_AT, "finished_at": RUN_AT + BODY},
        {"execute_at": RUN_AT + MAX_DELAY, "finished_at": RUN_AT + MAX_DELAY + BODY},
        {"created_at": RUN_AT - W},
    ],
)
def test_the_limits_themselves_qualify(edge):
    assert flaws(row(**edge)) == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"execute_at": RUN_AT - MICROSECOND}, "Job 1 started 0.001 ms early."),
        ({"execute_at": RUN_AT + MAX_DELAY + MICROSECOND}, "Job 1 started 30,000.001 ms late."),
        ({"starts": 2}, "Job 1 was started 2 times."),
        ({"created_at": RUN_AT - W + MICROSECOND}, "Job 1 was created only 9,999.999 ms ahead."),
    ],
)
def test_one_wrong_row_disqualifies_and_says_why(wrong, why):
    assert flaws(row(2), row(1, **wrong)) == [why]


@pytest.mark.parametrize("state", [s for s in State if s != State.COMPLETED])
def test_any_end_but_completed_disqualifies(state):
    found = flaws(row(), row(2, state=state))
    assert found[0] == "2 jobs were created, 2 are in the table, 2 were acquired, 1 completed."
    assert found[1] == f"Job 2 is {state.label}."


def test_a_job_that_never_started_disqualifies():
    waiting = row(2, state=State.PENDING, locked_at=None, execute_at=None, finished_at=None, starts=0)
    assert flaws(row(), waiting) == [
        "2 jobs were created, 2 are in the table, 1 were acquired, 1 completed.",
        "Job 2 is pending.",
    ]


def test_a_row_that_vanished_disqualifies():
    assert flaws(row(), created=2) == ["2 jobs were created, 1 are in the table, 1 were acquired, 1 completed."]


def test_no_jobs_is_no_success():
    assert flaws() == ["There were no jobs."]


def test_the_two_stamps_are_a_body_apart():
    rows = [row(1, delay_ms=0.5), row(2, delay_ms=2)]
    assert score.start_delays(rows) == [0.5, 2.0]
    assert score.original_delays(rows) == [83.5, 85.0]


def test_early_locks_are_those_before_run_at():
    rows = [row(1), row(2, locked_at=RUN_AT), row(3, locked_at=RUN_AT - MICROSECOND)]
    assert score.leads(rows) == [200.0, 0.001]


def test_jobs_per_second_spans_first_start_to_last_end():
    second = row(2, execute_at=RUN_AT + 500 * MS, finished_at=RUN_AT + 1000 * MS)
    assert score.jobs_per_second([row(1, delay_ms=0), second]) == 2.0
    assert score.jobs_per_second([]) == 0.0


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=200))
def test_the_summary_is_that_of_the_statistics_module(values):
    spread = score.summary(values)
    assert spread is not None
    assert (spread.jobs, spread.low, spread.high) == (len(values), min(values), max(values))
    assert spread.mean == statistics.fmean(values)
    assert spread.stdev == pytest.approx(statistics.stdev(values))
    assert spread.efficiency == spread.mean + spread.stdev
    hundredths = statistics.quantiles(values, n=100, method="inclusive")
    for percent, ours in ((50, spread.p50), (95, spread.p95), (99, spread.p99)):
        assert ours == pytest.approx(hundredths[percent - 1])


def test_one_value_has_no_spread_and_none_has_no_summary():
    single = score.summary([2.0])
    assert single is not None
    assert (single.mean, single.stdev, single.p99) == (2.0, 0.0, 2.0)
    assert score.summary([]) is None


def test_counts_go_by_the_ledger():
    rows = [row(1), replace(row(2), state=State.RUNNING, finished_at=None), replace(row(3), starts=0)]
    assert score.counts(rows, created=4) == score.Counts(created=4, acquired=2, completed=2)
