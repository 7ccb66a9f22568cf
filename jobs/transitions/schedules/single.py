"""Changes single runs of a schedule: the next one, which is a job, and later ones, by their nominal time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import rules, targets
from jobs.database import transaction
from jobs.models import Audit, Change, Described, Job, Occurrence, OccurrenceChange, Schedule, Subject
from jobs.models.constraints import LATEST_RUN_AT
from jobs.models.job import NEXT_VERSION
from jobs.recurrence import BadExpression
from jobs.rights import reach_of
from jobs.rights.secret_teams import team_problems
from jobs.states import Cause, Hold, State
from jobs.transitions import controls
from jobs.transitions.changing import Answer, beyond
from jobs.transitions.requeue import requeue
from jobs.transitions.schedules.definitions import Changed
from jobs.transitions.schedules.nominal import INSTANT, times_after
from jobs.transitions.schedules.placement import calendars_of, placed
from jobs.transitions.schedules.planning import Run
from jobs.transitions.schedules.withdrawal import account_and_withdraw, plan_anew, restore

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

NO_JOB_YET = "has no job yet; it gets one when the run before it has started"
IN_SHADOW = "does not start: its schedule is in shadow. Switch the schedule on first, or create a job of its own"


def skip_run(
    schedule_id: int, nominal_at: datetime, *, reason: str, by: AbstractBaseUser | None, now: datetime
) -> Changed:
    """Have the run of this nominal time not start. Its successor comes at its own time."""

    def of_job(job: Job) -> Answer:
        return controls.cancel(job.pk, now=now, reason=reason, by=by, unsaid="It was skipped.")

    asked = {"skipped": True, "run_at": None, "payload": None}
    return _change(schedule_id, nominal_at, of_job, asked, "is skipped", reason=reason, by=by, now=now)


def move_run(
    schedule_id: int,
    nominal_at: datetime,
    *,
    run_at: datetime,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> Changed:
    """Have the run of this nominal time start at another moment. Raises ValidationError (field `run_at`)."""
    if problems := rules.run_at_problems(run_at, now, needed=True):
        raise ValidationError({"run_at": problems})

    def of_job(job: Job) -> Answer:
        return controls.reschedule(job.pk, run_at=run_at, now=now, reason=reason, by=by)

    asked = {"skipped": False, "run_at": run_at}
    done = f"starts at {run_at:%Y-%m-%d %H:%M:%S %Z}"
    return _change(schedule_id, nominal_at, of_job, asked, done, reason=reason, by=by, now=now)


def give_arguments(
    schedule_id: int,
    nominal_at: datetime,
    *,
    payload: dict[str, Any],
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> Changed:
    """Have the run of this nominal time start with other arguments; an approval of the old ones is void. Raises
    ValidationError (field `payload`)."""
    schedule = Schedule.objects.filter(pk=schedule_id).first()
    if schedule is not None:
        payload = targets.kept(schedule.target, payload, payload_of(schedule, nominal_at))
        problems = (
            rules.payload_problems(payload)
            or rules.argument_problems(schedule.target, payload)
            or team_problems(payload, schedule.labels, schedule.queue)
        )
        if problems:
            raise ValidationError({"payload": problems})

    def of_job(job: Job) -> Answer:
        return _with_payload(job.pk, payload, reason=reason, by=by, now=now)

    asked = {"skipped": False, "payload": payload}
    done = "starts with its own arguments"
    return _change(schedule_id, nominal_at, of_job, asked, done, reason=reason, by=by, now=now)


def payload_of(schedule: Schedule, nominal_at: datetime) -> Any:
    """Return the arguments that this run has now."""
    change = OccurrenceChange.objects.filter(schedule=schedule, nominal_at=nominal_at, payload__isnull=False).first()
    if change is not None:
        return change.payload
    row = Occurrence.objects.filter(schedule=schedule, nominal_at=nominal_at, number=1).first()
    job = None if row is None or row.job_id is None else Job.objects.filter(pk=row.job_id).first()
    return schedule.payload if job is None else job.payload


def run_now(
    schedule_id: int, nominal_at: datetime, *, reason: str, by: AbstractBaseUser | None, now: datetime
) -> Changed:
    """Start the run that comes next at once, for its nominal time. Later ones have no job yet: a person who wants
    another start creates a job."""

    def of_job(job: Job) -> Answer:
        return controls.run_now(job.pk, now=now, reason=reason, by=by)

    return _change(schedule_id, nominal_at, of_job, None, "starts now", reason=reason, by=by, now=now)


def undo(schedule_id: int, nominal_at: datetime, *, reason: str, by: AbstractBaseUser | None, now: datetime) -> Changed:
    """Take back what was asked of this run: it starts at its nominal time with the schedule's arguments. Where that has
    passed, one that was moved starts at once, and one that was skipped not at all. One that was skipped gets another
    job: the schedule may have been changed or paused since, and what it comes after counts again."""

    def of_job(job: Job) -> Answer:
        schedule = Schedule.objects.get(pk=schedule_id)
        if job.state == State.PENDING:
            _with_payload(job.pk, schedule.payload, reason=reason, by=by, now=now)
            run = Run(nominal_at, nominal_at + schedule.offset)
            run_at, _ = placed(schedule, run, calendars_of([schedule]), now=now)
            return controls.reschedule(job.pk, run_at=max(run_at, now), now=now, reason=reason, by=by)
        if job.state in (State.CANCELLED, State.SKIPPED) and job.run_at > now:
            return controls.retry(job.pk, now=now, reason=reason, by=by)
        over = f"The run of {nominal_at:%Y-%m-%d %H:%M:%S %Z} is over: its job {job.pk} is {State(job.state).label}"
        return Answer(done=False, why=f"{over}. To start it all the same, retry that job.", job=job)

    return _change(schedule_id, nominal_at, of_job, {}, "is as the schedule has it", reason=reason, by=by, now=now)


def _change(
    schedule_id: int,
    nominal_at: datetime,
    of_job: Callable[[Job], Answer],
    asked: Mapping[str, Any] | None,
    done: str,
    *,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> Changed:
    """Change the job of this nominal time, or note what is asked for until it has one. `asked` None: only a job can;
    empty: what was noted is forgotten."""
    if problems := rules.reason_problems(reason, needed=False):
        raise ValidationError({"reason": problems})
    run = f"The run of {nominal_at:%Y-%m-%d %H:%M:%S %Z}"
    with transaction.atomic():
        schedule = Schedule.objects.filter(pk=schedule_id).locked(wait=True).first()
        if schedule is None:
            return Changed(False, f"There is no schedule {schedule_id}.")
        occurrence = Occurrence.objects.filter(schedule=schedule, nominal_at=nominal_at, number=1).first()
        without_job = occurrence is not None and occurrence.job_id is None and nominal_at > now
        was_skipped = occurrence is not None and asked == {} and restore(occurrence, now=now)
        without_job = without_job or was_skipped
        if occurrence is None or without_job:
            why = None if without_job else _not_a_later_run(schedule, nominal_at, now)
            if why is None and asked is None:
                why = IN_SHADOW if schedule.shadow else NO_JOB_YET
            if why is not None:
                return Changed(False, f"{run} {why}.", schedule)
            before = {"nominal_at": nominal_at.isoformat(), "skipped": True} if was_skipped else None
            _note(schedule, nominal_at, asked or {}, before, reason=reason, by=by, now=now)
            if without_job:  # a skip that is written down already, because the run that comes next comes after it
                account_and_withdraw(schedule, f"{run} was changed.", by=by, now=now)
                plan_anew(schedule, now=now)
            return Changed(True, f"{run} {done}.", schedule)
    # Without the schedule's lock: whoever has the job's row may want the schedule's.
    job = Job.objects.filter(pk=occurrence.job_id).first() if occurrence.job_id else None
    if job is None:
        why = occurrence.why or (Cause(occurrence.cause).label if occurrence.cause else "it was deleted")
        return Changed(False, f"{run} has no job: {why}", schedule)
    answer = of_job(job)
    schedule.refresh_from_db()
    waits = answer.job is not None and answer.job.held_by & Hold.DEPENDENCIES
    done += ", but not before what it comes after has ended" if waits else ""
    return Changed(answer.done, f"{run} {done}." if answer.done else answer.why, schedule)


def _not_a_later_run(schedule: Schedule, nominal_at: datetime, now: datetime) -> str | None:
    """Return why a nominal time that has no row cannot be changed; None: it lies in the future and is one."""
    if nominal_at <= max(now, schedule.accounted_until if schedule.next_job_id else now):
        return "is over, or is none of its times"
    if nominal_at > LATEST_RUN_AT:
        return "is none of its times"
    try:
        found = next(times_after(schedule, nominal_at - INSTANT), None)
    except BadExpression as error:
        return f"cannot be found: {error.why}"
    if found != nominal_at:
        return f"is none of its times; the next after it is {found}"
    if schedule.most_runs is not None:
        left = islice(times_after(schedule, schedule.accounted_until), max(schedule.most_runs - schedule.made, 0))
        if nominal_at not in takewhile(lambda one: one <= nominal_at, left):
            return f"never comes: the schedule ends after {schedule.most_runs} times"
    return None


def _note(
    schedule: Schedule,
    nominal_at: datetime,
    asked: Mapping[str, Any],
    before: Described,
    *,
    reason: str,
    by: AbstractBaseUser | None,
    now: datetime,
) -> None:
    row = OccurrenceChange.objects.filter(schedule=schedule, nominal_at=nominal_at).first()
    before = before if row is None else row.described()
    after = None
    if asked:
        row = row or OccurrenceChange(schedule=schedule, nominal_at=nominal_at)
        # Whose the arguments are stays known until there are others: he does not approve them.
        keeps = row.payload is not None and "payload" not in asked
        by_id = row.by_id if keeps else getattr(by, "pk", None)
        for name, value in {**asked, "reason": reason, "at": now, "by_id": by_id}.items():
            setattr(row, name, value)
        row.save()
        after = row.described()
    elif row is not None:
        row.delete()
    Audit.objects.note(
        Subject.SCHEDULE, schedule.name, by=by, now=now, before=before, after=after, verb=Change.CHANGE, reason=reason
    )


def _with_payload(
    job_id: int, payload: dict[str, Any], *, reason: str, by: AbstractBaseUser | None, now: datetime
) -> Answer:
    with transaction.atomic():
        job = Job.objects.pending().locked([job_id], wait=True).first()
        if job is None:
            return Answer(done=False, why=f"Job {job_id} has left its line; its arguments stay.")
        if not reach_of(by).touches(job):
            return beyond(job, by)
        if job.payload != payload:
            were = (targets.audited(job.target, one) for one in (job.payload, payload))
            before, after = ({"job": job_id, "payload": one} for one in were)
            Audit.objects.note(
                Subject.SCHEDULE,
                job.name,
                by=by,
                now=now,
                before=before,
                after=after,
                verb=Change.CHANGE,
                reason=reason,
            )
            asked = rules.NewJob(target=job.target, payload=payload, run_at=job.run_at).holds
            holds = job.holds & ~Hold.APPROVAL | asked  # these arguments may need none
            Job.objects.filter(pk=job_id).update(
                created_by_id=getattr(by, "pk", job.created_by_id),
                payload=payload,
                version=NEXT_VERSION,
                approved_at=None,
                holds=holds,
                enqueued_at=None,
                deliveries=0,
            )
            job.refresh_from_db()
            if not holds:
                requeue(job, run_at=job.run_at, now=now)
    return Answer(done=True, why="", job=job)
