"""The limits that jobs share: whether they were kept, and when a job could start that had to wait for a place. Pure,
and from the evidence alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jobs.states import State
from verification.drill.evidence import Evidence, Row, Share
from verification.drill.ledger import END, ENTRY


@dataclass(frozen=True)
class Span:
    """Time, in Unix seconds, that a job was in its body, or had its place."""

    job_id: int
    begin: float
    end: float


def crowds(evidence: Evidence) -> Iterator[str]:
    """A sentence for each limit of which more bodies ran at a time than it says, by the independent ledger."""
    bodies = _bodies(evidence)
    for share, rows in _members(evidence).items():
        there: set[int] = set()
        worst: set[int] = set()
        spans = [span for row in rows for span in bodies.get(row.key, [])]
        edges = [(span.end, False, span.job_id) for span in spans] + [(span.begin, True, span.job_id) for span in spans]
        for _, begins, job_id in sorted(edges):  # at one instant ends come first
            if begins:
                there.add(job_id)
            else:
                there.discard(job_id)
            worst = max(worst, set(there), key=len)
        if len(worst) > share.most:
            jobs = ", ".join(map(str, sorted(worst)))
            yield f"{len(worst)} bodies of {share.name} ran at a time, {share.most} may: jobs {jobs}."


def turn(row: Row, entered: float, evidence: Evidence) -> float:
    """Return when this job could start: at its time, or when a limit that was full until then had a place again, if
    that was later. A job that lost its worker counts for `rescue` at most, within which its place must be given
    back.
    """
    due = row.run_at.timestamp()
    spans, members, latest = _places(evidence), _members(evidence), due
    for share in row.shares:
        others = [span for member in members[share] if member is not row for span in spans[member.job_id]]
        for end in {span.end for span in others if due < span.end <= entered}:
            if sum(span.begin < end <= span.end for span in others) >= share.most:
                latest = max(latest, end)
    return latest


def _places(evidence: Evidence) -> Mapping[int, list[Span]]:
    """Return the time each job had its places, by our table: from the start until its end was recorded."""
    spans = defaultdict(list)
    for start in evidence.starts:
        begin = start.locked_at.timestamp()
        end = start.finished_at.timestamp() if start.finished_at else float("inf")
        if start.outcome == State.INTERRUPTED:
            end = min(end, begin + evidence.rescue)
        spans[start.job_id].append(Span(start.job_id, begin, end))
    return spans


def _members(evidence: Evidence) -> dict[Share, list[Row]]:
    found = defaultdict(list)
    for row in evidence.rows:
        for share in row.shares:
            found[share].append(row)
    return found


def _bodies(evidence: Evidence) -> dict[str, list[Span]]:
    """Return the time each body ran, by its key in the ledger. A job that lost its worker is done with its place when
    it is declared so, wherever its body is then: stopped, dead, or at its receiver.
    """
    entries, ends = defaultdict(list), dict[str, float]()
    for line in evidence.ledger:
        if line.what == ENTRY:
            entries[line.key].append(line.at)
        elif line.what == END:
            ends[line.key] = line.at
    found = {}
    for row in evidence.rows:
        last = ends.get(row.key, float("inf"))
        if row.state == State.INTERRUPTED and row.finished_at is not None:
            last = min(last, row.finished_at.timestamp())
        found[row.key] = [Span(row.job_id, at, last) for at in entries[row.key] if at < last]
    return found
