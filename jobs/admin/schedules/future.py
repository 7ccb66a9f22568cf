"""Coming runs of one schedule: when each starts, and what people, its calendar or the clocks make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from jobs import calendars
from jobs.calendars import Snapshot
from jobs.models import Job, Occurrence, OccurrenceChange, Schedule
from jobs.recurrence import BadExpression
from jobs.rights import Reach
from jobs.rights.seeing import seen_runs
from jobs.rights.telling import tell
from jobs.states import Blackout, Hold, State
from jobs.transitions.dependencies.runs import awaited_by
from jobs.transitions.schedules.nominal import parsed, times_after
from jobs.web import clock_marks
from jobs.web.appearance.times import exact

SHOWN = 10
WAITS_SHOWN = 5  # of the runs after which one comes


@dataclass
class Coming:
    """A run that comes. `buttons`: what a person may do to it; `notes`: a sentence for each thing that is not plain."""

    nominal_at: datetime
    run_at: datetime
    job: Job | None = None
    skipped: bool = False
    buttons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def stamp(self) -> str:
        """Nominal time for addresses."""
        return self.nominal_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def coming(schedule: Schedule, now: datetime, reach: Reach, most: int = SHOWN) -> tuple[list[Coming], str]:
    """Return the next runs of a schedule, as far as this reach lets one see, and why there are none or no more."""
    if schedule.problem:
        return [], schedule.problem
    if not schedule.is_reckoned:
        return [], "It is switched off: nothing comes."
    if schedule.paused_at is not None and schedule.paused_until is None:
        return [], "It is paused until somebody resumes it: nothing comes."
    try:
        times = list(islice(times_after(schedule, now), _left(schedule, now, most)))
    except BadExpression as error:
        return [], error.why
    found = list(_runs(schedule, times, now, reach))
    return found, "" if len(found) == most else "After this nothing comes."


def _left(schedule: Schedule, now: datetime, most: int) -> int:
    if schedule.most_runs is None:
        return most
    # It is counted, and comes.
    ahead = 1 if schedule.next_at is not None and schedule.next_at > now and not schedule.shadow else 0
    return min(most, max(schedule.most_runs - schedule.made + ahead, 0))


def _runs(schedule: Schedule, times: list[datetime], now: datetime, reach: Reach) -> Iterator[Coming]:
    ahead = Occurrence.objects.filter(schedule=schedule, nominal_at__gt=now, number=1)
    rows = {row.nominal_at: row for row in tell(ahead, reach)}
    jobs = Job.objects.in_bulk([row.job_id for row in rows.values() if row.job_id is not None]) if rows else {}
    changes = {
        change.nominal_at: change
        for change in OccurrenceChange.objects.filter(schedule=schedule, nominal_at__gt=now).select_related("by")
    }
    calendar = schedule.calendar.snapshot() if schedule.calendar is not None else None
    rule = parsed(schedule.dialect, schedule.expression, schedule.name)
    changes_of_clocks = clock_marks.marks(rule, times, zone=schedule.zone, anchor=schedule.anchored_at, since=now)
    for nominal, of_clocks in zip(times, changes_of_clocks, strict=True):
        row = rows.get(nominal)
        run = Coming(nominal, nominal + schedule.offset)
        if schedule.shadow:
            run.notes.append("It is noted, and starts nothing: the schedule is in shadow.")
        if row is not None:
            _of_row(run, row, jobs.get(row.job_id or 0), schedule)
            _of_others(run, now, reach)
        else:
            _of_change(run, changes.get(nominal))
        if schedule.is_paused(nominal):
            run.notes.append("The pause covers it.")
            run.skipped, run.buttons = True, []
        if of_clocks:
            run.notes.append(of_clocks)
        if calendar is not None and not run.skipped and run.job is None:
            _of_calendar(run, calendar, schedule)
        yield run


def _of_row(run: Coming, row: Occurrence, job: Job | None, schedule: Schedule) -> None:
    run.job = job
    if row.cause is not None:
        run.skipped = True
        run.notes.append(f"It is skipped: {row.why or row.get_cause_display()}")
        run.buttons = ["undo"]
    elif job is not None and job.state == State.PENDING:
        moved, given = job.run_at != run.run_at, job.payload != schedule.payload
        if moved:
            run.notes.append(f"Moved from {exact(run.run_at)} UTC.")
        if given:
            run.notes.append("With its own arguments.")
        run.run_at = job.run_at
        run.buttons = ["skip", "move", "arguments", "run-now", *(["undo"] if moved or given else [])]
    elif job is not None:
        run.notes.append("It was started before its time.")


def _of_others(run: Coming, now: datetime, reach: Reach) -> None:
    if run.job is None or not run.job.held_by & Hold.DEPENDENCIES:
        return
    waits = [one for one in seen_runs(awaited_by(run.job, now=now), reach) if not one.is_over or one.is_vain]
    run.notes += [f"It comes after {one.words}, which {one.stands}." for one in waits[:WAITS_SHOWN]]
    if len(waits) > WAITS_SHOWN:
        run.notes.append(f"And after {len(waits) - WAITS_SHOWN} more.")


def _of_change(run: Coming, change: OccurrenceChange | None) -> None:
    run.buttons = ["skip", "move", "arguments"]
    if change is None:
        return
    by = f" by {change.by.get_username()}" if change.by else ""
    why = f": {change.reason}" if change.reason else "."
    if change.skipped:
        run.skipped, run.buttons = True, ["undo"]
        run.notes.append(f"Skipped{by}{why}")
        return
    run.buttons.append("undo")
    if change.run_at is not None:
        run.notes.append(f"Moved{by} from {exact(run.run_at)} UTC{why}")
        run.run_at = change.run_at
    if change.payload is not None:
        run.notes.append(f"With its own arguments{by}{why}")


def _of_calendar(run: Coming, calendar: Snapshot, schedule: Schedule) -> None:
    if any(calendars.problems(calendar).values()):
        return
    why = calendars.why_closed(calendar, run.run_at)
    if why:
        run.notes.append(f"Closed: {why.rstrip('.')}; {Blackout(schedule.blackout).label}.")
