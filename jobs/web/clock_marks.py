"""Sentences about what clocks do to the starts of a schedule: where they are put forward or back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.recurrence import Every, Rule, WallClock
from jobs.recurrence.walls import wall_times

INSTANT = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def marks(rule: Rule, starts: Sequence[datetime], *, zone: ZoneInfo, since: datetime) -> list[str]:
    """Return a sentence for each of these starts, which follow each other from `since` on; empty where clocks do
    nothing to it."""
    before = [since, *starts]
    return [_mark(rule, start, previous, zone) for previous, start in zip(before, starts, strict=False)]


def _mark(rule: Rule, start: datetime, previous: datetime, zone: ZoneInfo) -> str:
    local = start.astimezone(zone)
    if not isinstance(rule, Every):
        if _is_made_up(rule, start, zone):
            return f"Clocks skip its time in this night: it starts at the first instant after that, {local:%H:%M %Z}."
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            return _of_two(rule, local)
    moved = (local.utcoffset() or SECOND * 0) - (previous.astimezone(zone).utcoffset() or SECOND * 0)
    if not moved:
        return ""
    word = "forward" if moved > timedelta() else "back"
    return f"Clocks go {word} by {_span(abs(moved))} before this one."


def _is_made_up(rule: Rule, start: datetime, zone: ZoneInfo) -> bool:
    """Return whether this is the first instant after a gap, at which the rule does not start by itself."""
    after, before = (moment.astimezone(zone).utcoffset() for moment in (start, start - INSTANT))
    if after is None or before is None or after <= before or not isinstance(rule, WallClock):
        return False
    wall = start.astimezone(UTC).replace(tzinfo=None) + after
    return next(wall_times(rule).between(wall, wall + SECOND), None) is None


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
