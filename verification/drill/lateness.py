"""Says how late a job may start in a round whose faults are known. Pure, and from the evidence alone."""

from __future__ import annotations

from verification.drill.evidence import Allowance, Evidence


def allowed_delay(moment: float, evidence: Evidence) -> float:
    """Return how many seconds late a job may start that could start at `moment` (wall clock, seconds).

    MaxDelayTime, and what the faults around that moment have declared. While the database or the broker is away once
    more before that time has passed, its clock stands still: who could not start between two outages of a few seconds'
    distance has not been slow.
    """
    around = [a for a in evidence.allowances if a.begin <= moment <= a.end]
    allowed = evidence.max_delay + sum(a.extra for a in around)
    counted = max([a.away[1] for a in around if a.away], default=moment)
    for begin, end in _outages(evidence.allowances, around):
        if begin > moment + allowed:
            break
        allowed += max(0.0, end - max(begin, counted))
        counted = max(counted, end)
    return allowed


def _outages(allowances: list[Allowance], around: list[Allowance]) -> list[tuple[float, float]]:
    return sorted(a.away for a in allowances if a.away and a not in around)
