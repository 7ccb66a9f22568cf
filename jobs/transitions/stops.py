"""Does what people ask of all starts at once: to stop, now or at a planned time, and to go on."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import publishing, rules, sentences
from jobs.database import transaction
from jobs.events import emit
from jobs.events.transitions import EverythingGoesOn, EverythingStopped
from jobs.models import Audit, Described, Job, Stop, Subject
from jobs.models.querysets import Listed
from jobs.models.querysets.stops import Kept
from jobs.models.stop import FASTEST
from jobs.transitions.limits.pausing import ANSWERED_AFTER

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AT_A_TIME = 10_000  # jobs in one transaction
FIRST = 1_000  # jobs that go out at the end of a stop at once; the list query brings the rest


@dataclass(frozen=True)
class Plan:
    """Plan of a person: from when until when nothing starts, and how many of the jobs that were due by then may start
    a minute afterwards. `until` None: until somebody ends it; `per_minute` None: all at once."""

    begins_at: datetime
    until: datetime | None
    reason: str
    per_minute: int | None = None


def stop_everything(plan: Plan, *, now: datetime, by: AbstractBaseUser | None = None) -> Stop:
    """Stop all starts, from now on or from a moment to come; what runs goes on. When this returns for a stop that has
    begun, no body is entered any more, whatever was armed before. Raises ValidationError by field."""
    plan = _checked(plan, now=now)
    with transaction.atomic():
        stop = Stop.objects.create(
            begins_at=plan.begins_at,
            until=plan.until,
            reason=plan.reason,
            per_minute=plan.per_minute,
            created_at=now,
            created_by_id=getattr(by, "pk", None),
        )
        _note(stop, before=None, now=now, by=by, reason=plan.reason)
    emit(EverythingStopped(stop.pk, plan.begins_at, plan.until, plan.reason))
    _await_bodies(plan, now=now)
    return stop


def change(stop_id: int, asked: Mapping[str, Any], *, now: datetime, by: AbstractBaseUser | None = None) -> Stop | None:
    """Change a stop that is not over; `asked` has new values by the names of a plan's fields. It keeps its beginning
    once that has come, and once it has ended only the pace is to be changed, while it has one. Returns None where there
    is none that is not over. Raises ValidationError by field."""
    with transaction.atomic():
        stop = Stop.objects.not_over().locked(stop_id)
        if stop is None:
            return None
        if stop.until is not None and stop.until <= now and (stop.per_minute is None or set(asked) != {"per_minute"}):
            return None
        begun = stop.begins_at <= now
        plan = replace(Plan(stop.begins_at, stop.until, stop.reason, stop.per_minute), **asked)
        plan = _checked(plan, now=now, begun_at=stop.begins_at if begun else None)
        before = stop.described()
        stop.begins_at, stop.until = plan.begins_at, plan.until
        stop.reason, stop.per_minute = plan.reason, plan.per_minute
        stop.save(update_fields=["begins_at", "until", "reason", "per_minute"])
        _note(stop, before=before, now=now, by=by, reason=plan.reason)
    _await_bodies(plan, now=now)
    return stop


def go_on(stop_id: int, *, now: datetime, reason: str = "", by: AbstractBaseUser | None = None) -> Stop | None:
    """End a stop now, or call a planned one off. The first jobs that were due by now go out before this returns.
    Returns None where there is none that is not over. Raises ValidationError (field `reason`)."""
    if problems := rules.reason_problems(reason, needed=False):
        raise ValidationError({"reason": problems})
    with transaction.atomic():
        stop = Stop.objects.not_over().locked(stop_id)
        if stop is None or (stop.until is not None and stop.until <= now):
            return None
        before = stop.described()
        stop.until = max(now, stop.begins_at)
        stop.let_go_at = now if stop.begins_at > now else None  # called off: it keeps nothing, and is over at once
        stop.save(update_fields=["until", "let_go_at"])
        _note(stop, before=before, now=now, by=by, reason=reason)
    emit(EverythingGoesOn(stop.pk, by.get_username() if by is not None else "a program", reason))
    let_go(stop_id, now=now)
    return stop


def let_go(stop_id: int, *, now: datetime) -> bool:
    """Let the jobs go that were due before the end of a stop and have not started, also those from before it: as many
    as may start in the time that is listed already.
    Returns whether there is more to do at once. Whoever comes while another does this does nothing.

    1. Lock the stop; return if it is over, or has not ended.
    2. Without a rate: publish the first of its jobs. The list query, from which it keeps nothing any more, finds the
       others.
    3. With one: give each of the next jobs, by their time, a moment of its own, and publish it; none while another stop
       goes on, with whose end they would all start.
    4. Note that it is over when none is left.
    """
    with transaction.atomic():
        stop = Stop.objects.not_over().locked(stop_id, wait=False)
        if stop is None or stop.until is None or stop.until > now:
            return False
        if stop.per_minute is None:
            kept = Job.objects.kept_by_stop(stop.until, limit=FIRST)
            _publish([(job, job.due) for job in kept], now=now)
            Stop.objects.filter(pk=stop.pk).update(let_go_at=now)
            return False
        if Stop.objects.not_over().covering(now).exists():
            return False
        return _let_go_slowly(stop, stop.until, stop.per_minute, now=now)


def _let_go_slowly(stop: Stop, until: datetime, per_minute: int, *, now: datetime) -> bool:
    step = timedelta(minutes=1) / per_minute
    first = max(stop.next_start_at or until, now)
    room = math.ceil((publishing.horizon(now) - first) / step)
    if room <= 0:
        return False
    most = min(room, AT_A_TIME)
    kept = Job.objects.kept_by_stop(until, limit=most)
    moments = [first + number * step for number in range(len(kept))]
    Job.objects.give_moments(kept, moments, why=_why(stop, until, per_minute))
    _publish(list(zip(kept, moments, strict=True)), now=now)
    is_over = not kept and not Job.objects.count_kept(until, limit=1)
    Stop.objects.filter(pk=stop.pk).update(next_start_at=first + len(kept) * step, let_go_at=now if is_over else None)
    return len(kept) == most < room


def _publish(jobs: list[tuple[Kept, datetime]], *, now: datetime) -> None:
    publishing.publish_at_commit([Listed.first(job, moment) for job, moment in jobs], now=now)


def _why(stop: Stop, until: datetime, per_minute: int) -> str:
    span = f"from {stop.begins_at:%Y-%m-%d %H:%M:%S} until {until:%Y-%m-%d %H:%M:%S} UTC"
    return sentences.STOPPED(span=span, reason=stop.reason.rstrip("."), per_minute=per_minute)


def _await_bodies(plan: Plan, *, now: datetime) -> None:
    """Wait until no body is entered any more at whose rows workers looked before this was written: of a stop that goes
    on, or begins meanwhile."""
    if plan.begins_at <= now + timedelta(seconds=ANSWERED_AFTER):
        time.sleep(ANSWERED_AFTER)


def _checked(plan: Plan, *, now: datetime, begun_at: datetime | None = None) -> Plan:
    """Return the plan as it can be: one that was to begin in the past begins now, one that has begun stays so. Raises
    ValidationError by field."""
    problems: dict[str, list[str]] = {"reason": rules.reason_problems(plan.reason, needed=False)}
    begins_at = begun_at or max(plan.begins_at, now)
    if not plan.reason.strip():
        problems["reason"] = ["Say why: those whose jobs wait will want to know."]
    if plan.until is not None and plan.until <= begins_at:
        when = f"{begins_at:%Y-%m-%d %H:%M:%S} UTC"
        problems["until"] = [f"The end must come after the beginning, {when}. Leave it out to end it by hand."]
    if plan.per_minute is not None and not 1 <= plan.per_minute <= FASTEST:
        problems["per_minute"] = [f"It is between 1 and {FASTEST:,} jobs a minute; leave it out for all at once."]
    if any(problems.values()):
        raise ValidationError({field: found for field, found in problems.items() if found})
    return Plan(begins_at, plan.until, plan.reason, plan.per_minute)


def _note(stop: Stop, *, before: Described, now: datetime, by: AbstractBaseUser | None, reason: str) -> None:
    note: dict[str, Any] = {"by": by, "now": now, "before": before, "after": stop.described()}
    Audit.objects.note(Subject.STOP, str(stop.pk), reason=reason, **note)
