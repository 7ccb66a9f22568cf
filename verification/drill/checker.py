"""The verdict on a round, from its evidence alone. Pure: no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from jobs.states import State
from verification.drill import changes, recurring, retention, sharing
from verification.drill.evidence import Evidence, Row, Start
from verification.drill.faults import Injected
from verification.drill.lateness import allowed_delay
from verification.drill.ledger import END, ENTRY, Line

SLACK = 1.0  # seconds by which the stamps of a kill and of a start may be in the wrong order


class Kind(StrEnum):
    """Kind of a violation; its value is the word for people."""

    LOST = "lost"
    DOUBLED = "doubled"
    EARLY = "early"
    LATE = "too late"
    LIMIT = "over a limit"
    UNEXPLAINED = "unexplained interruption"
    MOVED = "moved too soon"
    STOPPED = "inside a stop"
    STALE = "as before an edit"
    DISAGREE = "ledgers disagree"
    PROCESS = "process"
    COST = "cost"


@dataclass(frozen=True)
class Violation:
    """Broken promise, told in a sentence."""

    kind: Kind
    text: str
    job_id: int | None = None


@dataclass(frozen=True)
class Interruption:
    """A job that ended INTERRUPTED; `why` is empty when nothing that was injected explains it."""

    job_id: int
    worker: str
    why: str
    entered: bool  # whether its body was entered


@dataclass
class Verdict:
    """`zombies`: bodies entered after their job had been declared interrupted; their ends change nothing."""

    jobs: int
    completed: int
    violations: list[Violation]
    interruptions: list[Interruption]
    worst_delay: float
    least_delay: float = float("inf")
    notes: list[str] = field(default_factory=list)
    zombies: int = 0

    @property
    def passed(self) -> bool:
        return not self.violations

    def also(self, bad_ends: Iterable[str]) -> Verdict:
        """Return this verdict with a violation more for each process that did not end well after the round."""
        return replace(self, violations=[*self.violations, *(Violation(Kind.PROCESS, text) for text in bad_ends)])

    def noting(self, notes: Iterable[str]) -> Verdict:
        """Return this verdict with more notes: worth knowing, though they break no promise."""
        return replace(self, notes=[*notes, *self.notes])

    def count(self, kind: Kind) -> int:
        return sum(violation.kind == kind for violation in self.violations)


def check(evidence: Evidence) -> Verdict:
    """Compare the three kinds of evidence, job by job."""
    starts: dict[int, list[Start]] = defaultdict(list)
    for start in evidence.starts:
        starts[start.job_id].append(start)
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in evidence.ledger:
        lines[line.key].append(line)
    found: list[Violation] = []
    runs = sum(len(one.times) for one in evidence.schedules)
    verdict = Verdict(len(evidence.expected) + runs, 0, found, [], 0.0)
    for missing in sorted(evidence.expected - {row.job_id for row in evidence.rows}):
        found.append(Violation(Kind.LOST, f"Job {missing} was accepted and is not in the table.", missing))
    stale = changes.stale(evidence)
    for key, job_id in sorted(stale.items()):
        found.append(Violation(Kind.STALE, f"Job {job_id} ran as {key}, and was edited since.", job_id))
    for key in sorted(lines.keys() - {row.key for row in evidence.rows} - stale.keys()):
        found.append(Violation(Kind.DISAGREE, f"A body ran with the key {key}, which no row has."))
    for row in evidence.rows:
        _judge(row, starts[row.job_id], lines[row.key], evidence, verdict)
    found += [Violation(Kind.STOPPED, text) for text in changes.inside(evidence)]
    found += [Violation(Kind.LOST, text) for text in changes.undone(evidence)]
    found += [Violation(Kind.LOST, text) for text in recurring.lost(evidence)]
    found += [Violation(Kind.DOUBLED, text) for text in recurring.doubled(evidence)]
    found += [Violation(Kind.DISAGREE, text) for text in recurring.strange(evidence)]
    found += [Violation(Kind.LOST, text) for text in retention.lost(evidence)]
    found += [Violation(Kind.DOUBLED, text) for text in retention.doubled(evidence)]
    found += [Violation(Kind.MOVED, text) for text in retention.moved_wrongly(evidence)]
    found += [Violation(Kind.LIMIT, text) for text in sharing.crowds(evidence)]
    found += [Violation(Kind.PROCESS, text) for text in evidence.bad_ends]
    if evidence.quiet:
        found += [Violation(Kind.PROCESS, text) for text in evidence.raised]
    else:
        verdict.notes += evidence.raised
    q = evidence.queries
    if q.limit is not None and q.cost > q.limit:
        found.append(Violation(Kind.COST, f"The cost is {q.cost:,}, over {q.limit:,.0f} for {q.windows} windows."))
    if not evidence.rows:
        found.append(Violation(Kind.LOST, "There were no jobs."))
    return verdict


def _judge(row: Row, starts: list[Start], lines: list[Line], evidence: Evidence, verdict: Verdict) -> None:
    entries = [line for line in lines if line.what == ENTRY]
    verdict.completed += row.state == State.COMPLETED
    verdict.violations += _presence(row, starts, lines, evidence)
    verdict.violations += _multiplicity(row, starts, lines)
    verdict.violations += _punctuality(row, entries, evidence)
    begun = [line.at for line in entries] + ([row.execute_at.timestamp()] if row.execute_at else [])
    if begun:
        due = row.run_at.timestamp()
        verdict.worst_delay = max(verdict.worst_delay, max(begun) - due)
        verdict.least_delay = min(verdict.least_delay, min(begun) - due)
    if row.state != State.INTERRUPTED:
        return
    last = max(starts, key=lambda start: start.number, default=None)
    why = _explanation(last, evidence.injected) if last else ""
    verdict.interruptions.append(Interruption(row.job_id, last.worker if last else "", why, bool(entries)))
    verdict.zombies += any(row.finished_at and line.at > row.finished_at.timestamp() for line in entries)
    if not why:
        text = f"Job {row.job_id} is interrupted ({row.reason}), and nothing was done to its worker."
        verdict.violations.append(Violation(Kind.UNEXPLAINED, text, row.job_id))


def _presence(row: Row, starts: list[Start], lines: list[Line], evidence: Evidence) -> Iterator[Violation]:
    """Check that a job was accepted in time and came to its end, and that row, ledger and body agree on it."""
    who = f"Job {row.job_id}"
    if row.state not in (State.COMPLETED, State.INTERRUPTED):
        text = f"{who} is {State(row.state).label} at the end{f' ({row.reason})' if row.reason else ''}."
        yield Violation(Kind.LOST, text, row.job_id)
    if row.state == State.INTERRUPTED and evidence.whole:
        yield Violation(Kind.LOST, f"{who} is interrupted, in a round that kills no worker.", row.job_id)
    # The run of a schedule is created when the one before it starts, whenever that is.
    is_own_time = row.nominal_at is None and row.job_id not in evidence.edits  # an edit may bring it closer
    if is_own_time and (row.run_at - row.created_at).total_seconds() < evidence.window:
        yield Violation(Kind.DISAGREE, f"{who} was created less than a window ahead: the load is wrong.", row.job_id)
    whats = {line.what for line in lines}
    if row.state == State.COMPLETED and whats != {ENTRY, END}:
        text = f"{who} is completed, but its body has noted {' and '.join(sorted(whats)) or 'nothing'}."
        yield Violation(Kind.LOST, text, row.job_id)
    if lines and not starts:
        yield Violation(Kind.DISAGREE, f"The body of {who.lower()} ran without a row in jobs_attempt.", row.job_id)
    if row.state in (State.COMPLETED, State.INTERRUPTED) and [s.outcome for s in starts] != [row.state] * len(starts):
        yield Violation(Kind.DISAGREE, f"{who} and its attempt tell different ends.", row.job_id)


def _multiplicity(row: Row, starts: list[Start], lines: list[Line]) -> Iterator[Violation]:
    """Check that a job was started at most once, by the bodies' ledger and by jobs_attempt."""
    for what in (ENTRY, END):
        pids = [str(line.pid) for line in lines if line.what == what]
        if len(pids) > 1:
            text = f"The body of job {row.job_id} noted {len(pids)} times its {what}, in {', '.join(pids)}."
            yield Violation(Kind.DOUBLED, text, row.job_id)
    if len(starts) > 1:
        yield Violation(Kind.DOUBLED, f"Job {row.job_id} has {len(starts)} rows in jobs_attempt.", row.job_id)
    if len(starts) == 0 and row.state in (State.COMPLETED, State.INTERRUPTED):
        yield Violation(Kind.DISAGREE, f"Job {row.job_id} ended without a row in jobs_attempt.", row.job_id)


def _punctuality(row: Row, entries: list[Line], evidence: Evidence) -> Iterator[Violation]:
    """Check that a body was entered in time, by its own stamp and by the table's."""
    due = row.run_at.timestamp()
    stamps = [("its ledger", line.at, evidence.clock_error) for line in entries]
    if row.execute_at is not None:
        stamps.append(("the table", row.execute_at.timestamp(), 0.0))
    for source, at, error in stamps:
        delay = at - due
        if delay < -error:
            text = f"Job {row.job_id} started {-delay * 1000:,.3f} ms early by {source}."
            yield Violation(Kind.EARLY, text, row.job_id)
        turn = due
        if delay > allowed_delay(due, evidence):
            turn = sharing.turn(row, at, evidence)
        if at - turn > (allowed := allowed_delay(turn, evidence)):
            after = f", {at - turn:,.1f} s after there was a place for it" if turn > due else ""
            text = f"Job {row.job_id} started {delay:,.1f} s late by {source}{after}; {allowed:,.1f} s were allowed."
            yield Violation(Kind.LATE, text, row.job_id)


def _explanation(start: Start, injected: list[Injected]) -> str:
    """Return which injected kill or stop of its process explains that a start never ended; empty when none does."""
    ended = start.finished_at.timestamp() if start.finished_at else float("inf")
    for act in injected:
        if act.pid is None or act.pid != start.pid:
            continue
        if act.act == "kill" and start.locked_at.timestamp() - SLACK <= act.at <= ended + SLACK:
            return f"{act.fault} killed its worker"
        if act.act == "stop" and act.at - SLACK <= ended and start.locked_at.timestamp() <= act.until + SLACK:
            return f"{act.fault} stopped its worker"
    return ""
