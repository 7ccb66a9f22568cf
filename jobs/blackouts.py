"""Jobs and their calendars: the time that a new one gets, and what binds those whose time has come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jobs import calendars, sentences
from jobs.calendars import NeverOpen, Placed, Snapshot
from jobs.calendars.publicholidays import holiday_on, place_problems
from jobs.conf import conf
from jobs.models.calendar import Calendar
from jobs.models.job import Job

if TYPE_CHECKING:
    from jobs.rights.reach import Reach


@dataclass(frozen=True)
class Bound:
    """Binding of a new job to its calendar. `asked_run_at`: the time that was asked for, if its calendar has moved it;
    `why`: a sentence about what the calendar did or is going to do, or empty.
    """

    calendar_id: int | None = None
    asked_run_at: datetime | None = None
    why: str = ""


UNBOUND = Bound()


class Calendars:
    """The calendars that the jobs of one request name, each read once. Those beyond the `reach` of who asks are not
    there for him."""

    def __init__(self, reach: Reach | None = None) -> None:
        self._there = Calendar.objects.all() if reach is None else Calendar.objects.within(reach)
        self._read: dict[str, tuple[int, Snapshot, list[str]] | None] = {}

    def named(self, name: str) -> tuple[int, Snapshot, list[str]] | None:
        """Return the calendar's id, what it is, and why it cannot be used; None if there is none of that name."""
        if name not in self._read:
            found = self._there.named(name)
            self._read[name] = None
            if found is not None:
                snapshot = found.snapshot()
                self._read[name] = (found.pk, snapshot, _problems(snapshot))
        return self._read[name]

    def unknown(self, name: str) -> str:
        """Say that there is no calendar of this name, and which there are."""
        names = ", ".join(self._there.values_list("name", flat=True)[:20]) or "none yet"
        return f"There is no calendar {name[:100]!r}; there are: {names}."


def bind(
    name: str, blackout: str, run_at: datetime, *, now: datetime, judged: bool, known: Calendars
) -> tuple[datetime, Bound, list[str]]:
    """The time that a new job gets from the calendar of this name, how it is bound, and what is wrong with that. Not
    `judged`: its time or its policy is wrong already, so that there is nothing to reckon with."""
    found = known.named(name)
    if found is None:
        return run_at, UNBOUND, [known.unknown(name)]
    calendar_id, snapshot, problems = found
    if problems or not judged:
        return run_at, UNBOUND, problems
    try:
        placed = place(snapshot, blackout, run_at, now=now)
    except NeverOpen as error:
        return run_at, UNBOUND, [str(error)]
    asked = run_at if placed.run_at != run_at else None
    return placed.run_at, Bound(calendar_id, asked, placed.why), []


def place(calendar: Snapshot, blackout: str, run_at: datetime, *, now: datetime) -> Placed:
    """Place a job by its calendar, a start being on time up to MaxDelayTime late. Raises NeverOpen."""
    # A start is on time up to this late, so an earlier one is due as long before its calendar closes.
    return calendars.place(calendar, blackout, run_at, now=now, leeway=timedelta(seconds=conf().max_delay_time))


def prepare(now: datetime) -> None:
    """Load the holidays that the calendars of this moment need; nothing where they need none."""
    for place in Calendar.objects.with_holidays_of():
        if not place_problems(place):
            holiday_on(place, now.date())


@dataclass(frozen=True)
class Rule:
    """Rule for a job whose time has come. `broken`: why nothing can be reckoned with its calendar, or empty."""

    calendar: Snapshot
    blackout: str
    broken: str


def rules_of(job_ids: Collection[int]) -> dict[int, Rule]:
    """Return the rules of those of these jobs that have a calendar and that a person has not told to go over it. Three
    statements; none where there is nothing to ask.
    """
    if not job_ids:
        return {}
    bound = Job.objects.bound(job_ids)
    found = {}
    for pk, calendar in Calendar.objects.whole().in_bulk({calendar_id for _, calendar_id, _ in bound}).items():
        snapshot = calendar.snapshot()
        found[pk] = snapshot, " ".join(_problems(snapshot))
    return {
        job_id: Rule(found[calendar_id][0], blackout, found[calendar_id][1]) for job_id, calendar_id, blackout in bound
    }


def _problems(calendar: Snapshot) -> list[str]:
    """Return why a calendar cannot be used: SQL wrote it, or a part of a country has lost its own holidays since."""
    wrong = [sentence for found in calendars.problems(calendar).values() for sentence in found]
    return [sentences.UNUSABLE(calendar=calendar.name, sentence=sentence) for sentence in wrong]
