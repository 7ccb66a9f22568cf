"""Placement of a job whose time is closed: what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jobs import sentences
from jobs.calendars.opening_hours import NeverOpen, is_open, next_opening, previous_open, why_closed
from jobs.calendars.snapshot import Snapshot
from jobs.states import Blackout


@dataclass(frozen=True)
class Placed:
    """The time of a job by its calendar. `why` is a sentence if that is not the time that was asked for, or if it is
    going to be skipped then; empty where the calendar has nothing to say."""

    run_at: datetime
    why: str = ""


def place(calendar: Snapshot, policy: str, run_at: datetime, *, now: datetime, leeway: timedelta) -> Placed:
    """Place a job that asks for `run_at`. `leeway`: how long before a closing an earlier one is due, so that one that
    starts as late as it may is not refused; less where the opening is shorter. An earlier time that is over is none:
    the next opening is. Raises NeverOpen."""
    closed = why_closed(calendar, run_at)
    if closed is None:
        return Placed(run_at)
    if policy == Blackout.SKIP:
        return Placed(run_at, sentences.WILL_BE_SKIPPED(calendar=calendar.name, closed=closed))
    earlier = _earlier(calendar, run_at, now=now, leeway=leeway) if policy == Blackout.EARLIER else None
    return Placed(
        earlier or next_opening(calendar, run_at),
        sentences.MOVED(moment=run_at.astimezone(UTC), calendar=calendar.name, closed=closed),
    )


def _earlier(calendar: Snapshot, run_at: datetime, *, now: datetime, leeway: timedelta) -> datetime | None:
    """The last open time before it that is not over, or None."""
    try:
        last = previous_open(calendar, run_at)
    except NeverOpen:
        return None
    if last < now:
        return None
    wanted = max(last - leeway, now)
    return wanted if is_open(calendar, wanted) else last
