"""Day on which a job that is over is removed, and ages at which rows of small tables are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from jobs.conf import conf
from jobs.keeping import days_kept
from jobs.states import State

# Beyond this a row goes with those of its week: whoever looks for a row by its id looks into each partition.
BY_DAY_FOR = 60  # days


def old_before(now: datetime) -> dict[str, datetime]:
    """Return for each of the small tables the moment before which its rows are old."""
    c = conf()
    return {
        "worker log": now - timedelta(days=c.keep_worker_log),
        "audit": now - timedelta(days=c.keep_audit),
        "sessions": now,
        "shadow": now - timedelta(days=c.keep_shadow),
    }


def removal_day(*, state: int, queue: str, target: str, finished_at: datetime, today: date) -> date:
    """Return the day on which such a job is removed: in UTC, later than today, never before its days are over, and up
    to six days after that where those are many."""
    days = days_kept(conf().keep, state=State(state).label, queue=queue, target=target)
    day = finished_at.astimezone(UTC).date() + timedelta(days=days)
    if (day - today).days > BY_DAY_FOR:
        return day + timedelta(days=-day.weekday() % 7)  # the next Monday
    return max(day, today + timedelta(days=1))
