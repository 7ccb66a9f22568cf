"""Says whether each job that is over long since is where it may be: in its table, in the history, or removed with the
partition of its day. Pure, and from the evidence alone."""

from __future__ import annotations

from collections.abc import Iterator

from verification.drill.evidence import Evidence, Fate, Old


def lost(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each that is nowhere, or has lost its attempt, and that no rule has removed. The day of some
    had come: their partition goes with all of its rows, or with none."""
    gone = [one for one in evidence.old if _places(one) == 0]
    for one in gone:
        if one.fate != Fate.REMOVED:
            yield f"Job {one.job_id}, over long since ({one.fate}), is neither in jobs_job nor in the history."
    due = sum(one.fate == Fate.REMOVED for one in evidence.old)
    removed = sum(one.fate == Fate.REMOVED for one in gone)
    if 0 < removed < due:
        yield f"Of {due} jobs of one partition {removed} were removed."
    for one in evidence.old:
        if _places(one) and not one.starts:
            yield f"Job {one.job_id}, over long since, has lost its attempt."


def doubled(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each that is in two places, or whose attempt is."""
    for one in evidence.old:
        if _places(one) > 1:
            yield f"Job {one.job_id}, over long since, is {one.hot} times in jobs_job, {one.moved} in the history."
        if one.starts > 1:
            yield f"Job {one.job_id}, over long since, has {one.starts} attempts; it was started once."


def moved_wrongly(evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each that is in the history and should not be, or has a day there though it is kept."""
    for job_id in evidence.moved_too_soon:
        yield f"Job {job_id} is in the history, and has not ended or has only just."
    for one in evidence.old:
        if one.fate == Fate.STAYS and one.moved:
            yield f"Job {one.job_id} is in the history, and a pending job waits for it."
        if one.fate == Fate.KEPT and one.day is not None:
            yield f"Job {one.job_id} is kept, and is to be removed on {one.day}."


def _places(one: Old) -> int:
    return one.hot + one.moved
