"""The moments of a job that follow from its columns. Rows, and what is read of them, ask here."""

from __future__ import annotations

from datetime import datetime, timedelta


def due(run_at: datetime, not_before: datetime | None) -> datetime:
    """Return when a job may start: at its `run_at`, or later by a rate."""
    return run_at if not_before is None else max(run_at, not_before)


def ends_by(run_at: datetime, locked_at: datetime, deadline: int | None) -> datetime | None:
    """Return when a deadline passes: so many seconds after the `run_at` or, if later, the row was taken; None without
    one."""
    return None if deadline is None else max(run_at, locked_at) + timedelta(seconds=deadline)
