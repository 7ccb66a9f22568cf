"""Sentences about what clocks do to the starts of a schedule: where they are put forward or back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.recurrence import Every, Recurrence, Rule, WallClock, after

INSTANT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
EVEN = ZoneInfo("UTC")


def marks(rule: Rule, starts: Sequence[datetime], *, zone: ZoneInfo, anchor: datetime, since: datetime) -> list[str]:
    """Return a sentence for each of these starts, which follow each other from `since` on; empty where clocks do
    nothing to it."""
    before = [since, *starts]
    return [_mark(rule, start, previous, zone, anchor) for previous, start in zip(before, starts, strict=False)]


def _mark(rule: Rule, start: datetime, previous: datetime, zone: ZoneInfo, anchor: datetime) -> str:
    local = start.astimezone(zone)
    if not isinstance(rule, Every):
        if _is_made_up(rule, start, zone, anchor):
            return f"Clocks skip its time in this night: it starts at the first instant after that, {local:%H:%M %Z}."
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            return _of_two(rule, local)
    moved = (local.utcoffset() or SECOND * 0) - (previous.astimezone(zone).utcoffset() or SECOND * 0)
    if not moved:
        return ""
    word = "forward" if moved > timedelta() else "back"
    return f"Clocks go {word} by {_span(abs(moved))} before this one."


def _is_made_up(rule: Rule, start: datetime, zone: ZoneInfo, anchor: datetime) -> bool:
    """Return whether this is the first instant after a gap, at which the rule does not start by itself."""
    now, before = (moment.astimezone(zone).utcoffset() for moment in (start, start - INSTANT))
    if now is None or before is None or now <= before or not isinstance(rule, WallClock | Recurrence):
        return False
    # Where clocks never change, it starts at all of its wall times, and at no others.
    wall, begun = (moment.astimezone(zone).replace(tzinfo=UTC) for moment in (start, anchor))
    return next(after(rule, wall - INSTANT, zone=EVEN, anchor=begun), None) != wall


def _of_two(rule: Rule, local: datetime) -> str:
    twice = f"Clocks show {local:%H:%M} twice in this night"
    if getattr(rule, "each_pass", False):
        return f"{twice}: it starts at both, this is the {'second' if local.fold else 'first'}."
    return f"{twice}: it starts once, at the first."


def _span(moved: timedelta) -> str:
    minutes = round(moved.total_seconds() / 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(filter(None, parts))
