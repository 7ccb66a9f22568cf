"""Does what people ask of a queue or a key: to stop, to go on, to go so fast. Who asked and why stands in the audit."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import OperationalError

from jobs import rules
from jobs.database import connection, transaction
from jobs.models import Audit, Change, Described, Job, Kind, Limit, Subject, Turn, as_stored
from jobs.models.described import tag_of
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import LOCKS, Name
from jobs.transitions.stale import refuse_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# Seconds from a pause to its answer, the same for all processes: whoever has read a row and enters its body within them
# has entered it before the answer, and whoever takes longer asks again (`wait` in jobs/worker/run/runner.py).
ANSWERED_AFTER = 0.3
UNCOUNTED_AT_ONCE = 10_000  # running jobs that a new limit counts at once; the leader counts the rest
PATIENCE = "2s"  # for those that decide about the limit at this moment
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True)
class By:
    """The person who asks, None for a program, and the reason."""

    person: AbstractBaseUser | None = None
    reason: str = ""


NOBODY = By()


def pause(name: Name, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Limit:
    """Pause a queue or a key: none of its jobs starts, what runs goes on, what comes due is held. Pausing again changes
    the reason. When this returns, and in a transaction of the caller when that has ended, no body of these is entered
    any more, whatever was armed before, and however slowly.

    Raises ValidationError (field `name` or `reason`).
    """
    problems = {"name": name_problems(name), "reason": rules.reason_problems(reason, needed=False)}
    if any(problems.values()):
        raise ValidationError({field: found for field, found in problems.items() if found})
    with transaction.atomic():
        _let_finish(name)
        before = _described(name)
        values = {"paused_at": now, "pause_reason": reason, "paused_by_id": getattr(by, "pk", None)}
        paused, _ = Limit.objects.update_or_create(kind=name.kind, name=name.name, defaults=values)
        _note(name, Change.PAUSE, By(by, reason), now, before)
        transaction.on_commit(_until_none_enters)  # of the caller, where this is a part of his transaction
    return paused


def resume(name: Name, *, now: datetime, by: By = NOBODY) -> None:
    """Let the jobs of a queue or a key start again; those that were held for it are due at once, as far as their other
    limits let them. The first of them go out before this returns, the rest with the leader. Raises ValidationError
    (field `reason`)."""
    _check(by)
    with transaction.atomic():
        before = _described(name)
        values: dict[str, Any] = {"paused_at": None, "pause_reason": "", "paused_by": None}
        if Limit.objects.paused().filter(kind=name.kind, name=name.name).update(**values):
            _note(name, Change.RESUME, by, now, before)
        promotion.at_commit([name], now=now)


def limit(
    name: Name,
    *,
    now: datetime,
    concurrency: int | None,
    rate: float | None,
    burst: int,
    by: By = NOBODY,
    seen: Collection[str] | None = None,
) -> Limit:
    """Limit a queue or a key from now on: `concurrency` jobs at a time, `rate` starts a second, `burst` of them at
    once. Jobs that its last limits held go on if these let them. What runs counts. Raises ValidationError (field `name`
    or `reason`), and Stale where its limits are none of those that were `seen`, by their tags."""
    _check(by)
    if problems := name_problems(name):
        raise ValidationError({"name": problems})
    with transaction.atomic():
        before = _described(name)
        refuse_stale(tag_of(before), seen)
        values: dict[str, Any] = {"concurrency": concurrency, "rate": rate, "burst": burst}
        limited, _ = Limit.objects.update_or_create(
            kind=name.kind, name=name.name, defaults=values | {"next_start_at": None}
        )
        Turn.objects.count_in(now=now, limit=UNCOUNTED_AT_ONCE)
        _forget_moments(name)
        _note(name, Change.LIMIT, by, now, before)
        promotion.at_commit([name], now=now)
    return limited


def lift(name: Name, *, now: datetime, by: By = NOBODY, seen: Collection[str] | None = None) -> None:
    """Forget the limits of a queue or a key, a pause included: jobs that were held by them are due. Raises as `limit`
    does."""
    _check(by)
    with transaction.atomic():
        before = _described(name)
        refuse_stale(tag_of(before), seen)
        Limit.objects.filter(kind=name.kind, name=name.name).delete()
        _forget_moments(name)
        if before is not None:
            _note(name, Change.LIFT, by, now, before)
        promotion.at_commit([name], now=now)


def name_problems(name: Name) -> list[str]:
    """Return what is wrong with this name, in sentences; none where it is good."""
    if name.kind == Kind.QUEUE:
        return rules.queue_problems(name.name)
    return rules.text_problems(name.name, rules.NAME_LIMIT) if name.name else ["A key has at least one character."]


def _until_none_enters() -> None:
    """Wait until none enters its body that has read its row before the pause."""
    time.sleep(ANSWERED_AFTER)


def _check(by: By) -> None:
    if problems := rules.reason_problems(by.reason, needed=False):
        raise ValidationError({"reason": problems})


def _described(name: Name) -> Described:
    """Return the limit as it is, and as nobody changes it until this transaction ends; None if there is none."""
    return as_stored(Limit.objects.filter(kind=name.kind, name=name.name))


def _note(name: Name, verb: Change, by: By, now: datetime, before: Described) -> None:
    after = _described(name)
    Audit.objects.note(
        Subject(name.kind), name.name, verb=verb, by=by.person, reason=by.reason, now=now, before=before, after=after
    )


def _let_finish(name: Name) -> None:
    """Wait for whoever decides about this limit at this moment: milliseconds. Who holds it for longer than `PATIENCE`
    starts nothing of it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, f"{name.kind}:{name.name}"])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise


def _forget_moments(name: Name) -> None:
    """Take back what a rate of the past has given: the rate that there is now is asked."""
    given = Turn.objects.filter(kind=name.kind, name=name.name, moment__isnull=False)
    ids = list(given.values_list("job_id", flat=True))
    Job.objects.not_to_wait(ids)
    given.filter(job_id__in=ids).delete()
