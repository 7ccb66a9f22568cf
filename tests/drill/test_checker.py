"""The checker on evidence made by hand: whatever is wrong is found, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.states import State
from verification.drill.checker import Kind, check
from verification.drill.evidence import Allowance, Evidence, Queries, Row, Start
from verification.drill.faults import Injected
from verification.drill.ledger import END, ENTRY, Line

DUE = datetime(2030, 1, 1, 12, tzinfo=UTC)
PID = 100


def at(seconds):
    return DUE + timedelta(seconds=seconds)


def row(job_id=1, state=State.COMPLETED, delay=0.001, ahead=5, **more):
    entered = at(delay) if state == State.COMPLETED else None
    final = state not in (State.PENDING, State.RUNNING)
    return Row(job_id, f"r-{job_id}", state, DUE, at(-ahead), entered, at(delay + 0.1) if final else None, **more)


def start(job_id=1, number=1, outcome=State.COMPLETED, pid=PID):
    ended = None if outcome is None else at(0.1)
    return Start(job_id, number, "w1@host", pid, at(-0.2), at(0), ended, outcome)


def line(what=ENTRY, job_id=1, delay=0.002, pid=PID):
    return Line(what, f"r-{job_id}", pid, at(delay).timestamp())


def lines(job_id=1):
    return [line(ENTRY, job_id), line(END, job_id, 0.09)]


def good(**other):
    whole = Evidence(
        expected={1, 2},
        rows=[row(1), row(2)],
        starts=[start(1), start(2)],
        ledger=[*lines(1), *lines(2)],
        injected=[],
        allowances=[],
        window=5,
        max_delay=15,
        queries=Queries(cost=700, limit=None, list_queries=7, windows=7, acquire_failures=0),
    )
    return replace(whole, **other)


def kinds(evidence):
    return {violation.kind for violation in check(evidence).violations}


def test_nothing_wrong():
    verdict = check(good())
    assert verdict.passed
    assert (verdict.jobs, verdict.completed, verdict.interruptions) == (2, 2, [])
    assert verdict.worst_delay == pytest.approx(0.002, abs=1e-5)


@pytest.mark.parametrize(
    "evidence",
    [
        good(expected={1, 2, 3}),
        good(rows=[row(1), row(2, State.PENDING)], starts=[start(1)], ledger=lines(1)),
        good(rows=[row(1), row(2, State.RUNNING)], starts=[start(1), start(2, outcome=None)]),
        good(rows=[row(1), row(2, State.FAILED, reason="boom")]),
        good(ledger=lines(1)),
        good(ledger=[*lines(1), line(ENTRY, 2)]),
        good(expected=set(), rows=[], starts=[], ledger=[]),
    ],
    ids=["no row", "pending", "stuck running", "failed", "completed without a body", "body without an end", "no jobs"],
)
def test_lost(evidence):
    assert Kind.LOST in kinds(evidence)


def test_doubled_in_the_bodies_ledger_only():
    twice = good(ledger=[*lines(1), *lines(2), line(ENTRY, 2, 7, pid=101)])
    (violation,) = check(twice).violations
    assert violation.kind == Kind.DOUBLED
    assert violation.text == "The body of job 2 noted 2 times its entry, in 100, 101."


def test_doubled_in_the_table_only():
    (violation,) = check(good(starts=[start(1), start(2), start(2, 2)])).violations
    assert (violation.kind, violation.text) == (Kind.DOUBLED, "Job 2 has 2 rows in jobs_attempt.")


def test_early_by_either_clock():
    assert kinds(good(rows=[row(1), row(2, delay=-0.001)])) == {Kind.EARLY}
    early = [*lines(1), line(ENTRY, 2, -0.001), line(END, 2)]
    assert kinds(good(ledger=early)) == {Kind.EARLY}
    assert not kinds(good(ledger=early, clock_error=0.002))


def test_late_unless_a_fault_has_declared_it():
    late = good(rows=[row(1), row(2, delay=20)])
    assert kinds(late) == {Kind.LATE}
    due = DUE.timestamp()
    assert not kinds(replace(late, allowances=[Allowance("broker-down", due - 1, due + 1, 6)]))
    assert kinds(replace(late, allowances=[Allowance("broker-down", due - 1, due + 1, 4)])) == {Kind.LATE}
    assert kinds(replace(late, allowances=[Allowance("broker-down", due + 1, due + 2, 6)])) == {Kind.LATE}


def interrupted(*injected, pid=PID, **more):
    return good(
        rows=[row(1), row(2, State.INTERRUPTED, reason="gone")],
        starts=[start(1), start(2, outcome=State.INTERRUPTED, pid=pid)],
        ledger=[*lines(1), line(ENTRY, 2)],
        injected=list(injected),
        **more,
    )


def act(what, after=0.01, until=0.01, pid=PID):
    return Injected("worker-kill", what, at(after).timestamp(), at(until).timestamp(), "drill1", pid)


def test_an_interruption_is_explained_by_a_kill_of_its_worker():
    verdict = check(interrupted(act("kill")))
    assert verdict.passed
    (one,) = verdict.interruptions
    assert (one.job_id, one.worker, one.why, one.entered) == (2, "w1@host", "worker-kill killed its worker", True)


def test_or_by_a_stop_that_covers_it():
    assert check(interrupted(act("stop", -0.1, 11))).interruptions[0].why == "worker-kill stopped its worker"


@pytest.mark.parametrize(
    ("injected", "pid"),
    [
        ((), PID),
        ((act("kill", pid=101),), PID),
        ((act("kill", after=-60),), PID),
        ((act("kill", after=60),), PID),
        ((act("stop", -60, -50),), PID),
        ((act("term"),), PID),
        ((act("quit"),), PID),
        ((act("kill", pid=None),), None),
    ],
    ids=[
        "nothing",
        "another process",
        "before",
        "after",
        "a stop before",
        "a graceful stop",
        "a quit, which threads outlive",
        "nobody knows the process",
    ],
)
def test_an_unexplained_interruption(injected, pid):
    assert kinds(interrupted(*injected, pid=pid)) == {Kind.UNEXPLAINED}


def test_no_interruption_is_right_where_no_worker_is_killed():
    assert kinds(interrupted(act("kill"), whole=True)) == {Kind.LOST}


def test_a_body_that_began_after_its_job_was_settled_is_counted():
    late = interrupted(act("stop", -0.1, 11))
    late.ledger[-1] = line(ENTRY, 2, 11)
    assert check(late).zombies == 1
    assert check(late).passed


@pytest.mark.parametrize(
    "evidence",
    [
        good(starts=[start(1)]),
        good(ledger=[*lines(1), *lines(2), line(ENTRY, 9)]),
        good(starts=[start(1), start(2, outcome=State.INTERRUPTED)]),
        good(rows=[row(1), row(2, ahead=4.9)]),
    ],
    ids=["no start", "a body of no row", "another end", "created too late"],
)
def test_ledgers_that_disagree(evidence):
    assert Kind.DISAGREE in kinds(evidence)


def test_processes_and_what_raised():
    assert kinds(good(bad_ends=["drill1 ended by itself with exit code 1"])) == {Kind.PROCESS}
    raised = good(raised=["drill1.log: Traceback"])
    assert check(raised).passed
    assert check(raised).notes == ["drill1.log: Traceback"]
    assert kinds(replace(raised, quiet=True)) == {Kind.PROCESS}
    assert not check(good()).also(["beat1 stopped with exit code 1"]).passed
    assert check(good()).noting(["not injected"]).notes == ["not injected"]


def test_cost():
    dear = Queries(cost=850, limit=840, list_queries=8, windows=7, acquire_failures=5)
    assert kinds(good(queries=dear)) == {Kind.COST}
    assert not kinds(good(queries=replace(dear, cost=840)))
