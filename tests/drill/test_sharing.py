"""The checker on evidence of jobs that share limits, made by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.states import State
from verification.drill.checker import Kind, check
from verification.drill.evidence import Allowance, Evidence, Queries, Row, Share, Start
from verification.drill.faults import Injected
from verification.drill.ledger import END, ENTRY, Line

DUE = datetime(2030, 1, 1, 12, tzinfo=UTC)
ONE, THREE, QUEUE = Share("key one", 1), Share("key three", 3), Share("queue q", 20)
RESCUE = 12


def at(seconds):
    return DUE + timedelta(seconds=seconds)


def job(number, begin, end, *, shares=(ONE,), state=State.COMPLETED, body=None):
    """One that had its place from `begin` to `end`, in seconds after its time; `body`: when its body ran, if else."""
    entered, left = body or (begin, end)
    row = Row(number, f"r-{number}", state, DUE, at(-5), at(entered), at(end), shares=(QUEUE, *shares))
    start = Start(number, 1, "w", number, at(begin), at(entered), at(end), state)
    lines = [Line(ENTRY, row.key, number, at(entered).timestamp())]
    lines += [] if left is None else [Line(END, row.key, number, at(left).timestamp())]
    return row, start, lines


def seen(*jobs, allowances=()):
    """What is wrong with a round of these, in which the workers of all interrupted ones were killed."""
    lost = [row.job_id for row, *_ in jobs if row.state == State.INTERRUPTED]
    ends = {row.job_id: start.locked_at.timestamp() for row, start, _ in jobs}
    evidence = Evidence(
        expected={row.job_id for row, *_ in jobs},
        rows=[row for row, *_ in jobs],
        starts=[start for _, start, _ in jobs],
        ledger=[line for *_, lines in jobs for line in lines],
        injected=[Injected("worker-kill", "kill", ends[n], ends[n], pid=n) for n in lost],
        allowances=list(allowances),
        window=5,
        max_delay=15,
        rescue=RESCUE,
        queries=Queries(0, None, 0, 0, 0),
    )
    return check(evidence).violations


def interrupted(number, begin, end, **more):
    return job(number, begin, end, state=State.INTERRUPTED, body=(begin, None), **more)


def test_one_after_another_is_right_also_without_a_pause():
    assert not seen(job(1, 0, 1), job(2, 1, 2), job(3, 2, 3))
    three = [job(n, 0, 1, shares=(THREE,)) for n in (1, 2, 3)]
    assert not seen(*three, job(4, 1, 2, shares=(THREE,)), job(5, 0, 1), job(6, 0, 1, shares=()))


@pytest.mark.parametrize(
    ("jobs", "says"),
    [
        ([job(1, 0, 1), job(2, 0.5, 2)], "2 bodies of key one ran at a time, 1 may: jobs 1, 2."),
        ([job(n, 0, 1, shares=(THREE,)) for n in (1, 2, 3, 4)], "4 bodies of key three ran at a time, 3 may"),
        ([job(n, 0, 1, shares=()) for n in range(1, 22)], "21 bodies of queue q ran at a time, 20 may"),
    ],
    ids=["of one", "of three", "of the queue"],
)
def test_more_bodies_at_a_time_than_a_limit_lets(jobs, says):
    (violation,) = seen(*jobs)
    assert violation.kind == Kind.LIMIT
    assert violation.text.startswith(says)


def test_the_independent_ledger_decides_whatever_the_table_says():
    (violation,) = seen(job(1, 0, 1, body=(0, 2)), job(2, 1.1, 3))
    assert violation.kind == Kind.LIMIT


def test_a_killed_job_has_its_place_until_it_is_declared_interrupted_and_no_longer():
    assert not seen(interrupted(1, 0, 6), job(2, 6.1, 7))
    (early,) = seen(interrupted(1, 0, 6), job(2, 5, 7))
    assert early.kind == Kind.LIMIT
    # What wakes up, or is still at its receiver, after it was declared so, is nobody's fault.
    assert not seen(job(1, 0, 6, state=State.INTERRUPTED, body=(0, 8)), job(2, 6.1, 7))
    assert not seen(job(1, 0, 6, state=State.INTERRUPTED, body=(6.5, 6.6)), job(2, 6.4, 7))


def test_the_delay_of_a_job_counts_from_when_there_was_a_place_for_it():
    assert not seen(interrupted(1, 0, 10), job(2, 24, 25), job(3, 25, 26))
    by_ledger, by_table = seen(interrupted(1, 0, 10), job(2, 26, 27))
    assert by_table.kind == Kind.LATE
    assert by_ledger.text == (
        "Job 2 started 26.0 s late by its ledger, 16.0 s after there was a place for it; 15.0 s were allowed."
    )


def test_but_an_interrupted_one_keeps_its_place_no_longer_than_it_may():
    assert not seen(interrupted(1, 0, RESCUE), job(2, 26, 27))
    assert {v.kind for v in seen(interrupted(1, 0, 28), job(2, 28, 29))} == {Kind.LATE}  # the rescue took too long
    assert not seen(interrupted(1, 0, 11), interrupted(3, 11, 22), job(2, 30, 31))


def test_an_allowance_is_for_the_moment_at_which_there_was_a_place():
    jobs = (job(1, 0, 10), job(2, 29, 30))
    assert {v.kind for v in seen(*jobs)} == {Kind.LATE}
    for begin, right in ((9, True), (11, False)):
        around = Allowance("database-down", at(begin).timestamp(), at(20).timestamp(), 5)
        assert bool(seen(*jobs, allowances=[around])) != right


def test_nobody_waits_for_a_job_of_another_limit_or_while_there_are_other_places():
    two = [interrupted(n, 0, 10, shares=(THREE,)) for n in (1, 2)]
    assert {v.kind for v in seen(*two, job(4, 24, 25, shares=(THREE,)))} == {Kind.LATE}
    assert not seen(*two, interrupted(3, 0, 10, shares=(THREE,)), job(4, 24, 25, shares=(THREE,)))
    assert {v.kind for v in seen(interrupted(1, 0, 10), job(2, 24, 25, shares=()))} == {Kind.LATE}  # another's key
