"""Words for what becomes of the jobs of an operation: causes for which one stays as it is. They are kept in its row,
each with how many."""

from __future__ import annotations

from jobs.states import State

NOT_THEIRS = "it is none to change for whoever asked"
TARGET_OF_OTHERS = "its target is for other teams"
LOCKED = "somebody else was at work on it"
GONE = "it has left for the history, or was deleted"
NO_LONGER = "it does not fit the filter any more"
CHANGED_SINCE = "somebody has changed it since"
STARTED = "it had started"
TIME_IS_OVER = "its earlier time is over"
IN_PLACE = "its own time is not before its place in the window"
BEYOND = "its time would be beyond the year 9999"
THERE_ALREADY = "it is in that queue already"
FAILED = "an error: the log of whoever goes on with it has which"
OTHERS = "other reasons"

MOST = 20  # different ones in one row
LONGEST = 200  # characters


def in_state(state: int) -> str:
    """Say why a job stays as it is that is in none of the states in which this can be done."""
    return f"it is {State(state).label}"


def add(counts: dict[str, int], cause: str, number: int = 1) -> None:
    """Count jobs that stay as they are for this cause."""
    cause = cause[:LONGEST]
    if cause not in counts and len(counts) >= MOST:
        cause = OTHERS
    counts[cause] = counts.get(cause, 0) + number
