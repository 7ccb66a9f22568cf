"""Judges what people do to a round: stops of everything, and edits of jobs. Pure, and from the evidence alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobs.states import State
from verification.drill.evidence import Allowance, Evidence, Row, Stopped
from verification.drill.ledger import ENTRY, Line, first_key

LET_GO_WITHIN = 4.0  # seconds after its end in which the jobs of a stop are let go, so many as there are


def allowances(stops: Sequence[Stopped], window: float) -> list[Allowance]:
    """Return what jobs around stops may be late by: as long as those last, during which time stands still."""
    found = []
    for stop in stops:
        end = stop.until + LET_GO_WITHIN
        begins = stop.begins_at
        found.append(Allowance("a stop", begins - window, end + window, end - begins, (begins, end)))
    return found


def inside(evidence: Evidence) -> Iterator[str]:
    """Yield bodies that were entered inside a stop; not those of jobs that were given up before, whose worker was
    stopped itself between its last look and the body."""
    rows = {row.key: row for row in evidence.rows}
    for line in evidence.ledger:
        row = rows.get(line.key)
        if line.what != ENTRY or (row is not None and _is_given_up(row, line)):
            continue
        for stop in evidence.stops:
            if stop.kept_from < line.at < stop.until - evidence.clock_error:
                who = f"Job {row.job_id}" if row else f"The job with the key {line.key}"
                yield f"{who} started {line.at - stop.begins_at:,.3f} s after everything was stopped."


def _is_given_up(row: Row, line: Line) -> bool:
    return row.state == State.INTERRUPTED and row.finished_at is not None and line.at > row.finished_at.timestamp()


def undone(evidence: Evidence) -> Iterator[str]:
    """Yield jobs of which an edit that took effect is not in the table."""
    rows = {row.job_id: row for row in evidence.rows}
    for job_id, edition in sorted(evidence.edits.items()):
        row = rows.get(job_id)
        if row is None:
            continue  # told as lost
        is_now = (row.key, row.run_at, row.queue)
        if is_now != tuple(edition):
            yield f"Job {job_id} was edited last to be {edition}, and is {is_now}."


def stale(evidence: Evidence) -> dict[str, int]:
    """Return the keys of bodies that ran as their jobs were before their last edit, with the jobs' ids."""
    edited = {first_key(row.key): row for row in evidence.rows if row.job_id in evidence.edits}
    found = {}
    for line in evidence.ledger:
        row = edited.get(first_key(line.key))
        if row is not None and line.key != row.key:
            found[line.key] = row.job_id
    return found
