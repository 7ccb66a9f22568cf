"""RunAt in the table of delays: its own round of the exercise."""

from __future__ import annotations

from verification.benchmark.peers.outcome import Punctuality, punctuality
from verification.benchmark.report.result import Result
from verification.benchmark.statements import Traffic


def scored(result: Result) -> Punctuality:
    """Return the figures of the exercise's own round."""
    return punctuality(
        result.rows,
        created=result.created,
        cost=result.cost.total,
        idle=_per_second(result.idle),
        window=result.times.window,
        max_delay=result.times.max_delay,
    )


def _per_second(traffic: Traffic | None) -> float | None:
    return traffic.per_second if traffic else None
