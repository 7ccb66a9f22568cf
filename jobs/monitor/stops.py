"""Stops of everything, as the monitor shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.models import Stop
from jobs.states import StopStanding

NEAR = timedelta(hours=1)


@dataclass(frozen=True)
class StopLine:
    """A stop that is not over, as it is."""

    begins_at: datetime
    until: datetime | None
    by: str
    reason: str
    per_minute: int | None
    standing: StopStanding

    @property
    def has_begun(self) -> bool:
        """Is true while it, or its pace, keeps jobs from starting."""
        return self.standing != StopStanding.PLANNED

    @property
    def problem(self) -> tuple[str, str, str]:
        """Return how bad it is, what it does or will do, and what to do about it."""
        by = f" by {self.by}" if self.by else ""
        why = self.reason.rstrip(".")
        end = f"until {self.until:%Y-%m-%d %H:%M:%S} UTC" if self.until else "until somebody ends it"
        if self.standing == StopStanding.LETTING_GO:
            pace = f"{self.per_minute:,} a minute" if self.per_minute else "all at once"
            return "warn", f"Everything was stopped{by}: {why}.", f"What was due by then starts now, {pace}."
        since = f"{self.begins_at:%Y-%m-%d %H:%M:%S} UTC"
        if self.standing == StopStanding.STOPPED:
            what = f"Everything is stopped{by} since {since} {end}: {why}."
            return "bad", what, "What comes due waits. Go on under Stop everything."
        return "warn", f"Everything will be stopped{by} from {since} {end}: {why}.", "What comes due then waits."


def stop_lines(now: datetime) -> tuple[StopLine, ...]:
    """Return the stops that are not over, the planned ones when they are near: one statement."""
    return tuple(
        StopLine(
            begins_at=stop.begins_at,
            until=stop.until,
            by=str(stop.created_by or ""),
            reason=stop.reason,
            per_minute=stop.per_minute,
            standing=stop.standing(now),
        )
        for stop in Stop.objects.for_people().not_over()
        if stop.begins_at <= now + NEAR
    )
