"""Begins operations on jobs, and ends them before they are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from jobs import rules
from jobs.database import transaction
from jobs.models import Audit, Change, Described, Job, Operation, Subject
from jobs.models.operation import FASTEST
from jobs.rights import reach_of
from jobs.rights.later import check_reach_of_owner
from jobs.rules.finding import THESE
from jobs.transitions.operations import spreading, trying
from jobs.transitions.operations.asked import OFFERED, AskedOfMany, ordered, to_spread
from jobs.transitions.operations.counting import Counted, count, count_undo
from jobs.transitions.operations.stepping import end
from jobs.transitions.operations.undoing import BACK

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SAY_WHY = "Say why: those whose jobs these are will want to know."
NOTHING = "There is no job of these to which this can be done; look at the counts."
GOES_ON = "It still goes on; cancel it first, or wait for its end."
NOT_TO_UNDO = "This cannot be taken back: it was settled by a person's word, or is itself an undo."


@dataclass(frozen=True)
class Begun:
    """An operation, and whether it was `created` by this call, or by an earlier one of the same key."""

    operation: Operation
    created: bool


@dataclass(frozen=True)
class Canary:
    """An operation that tries some jobs first. `per_minute`: how many of the others follow; `ids`: of the oldest and
    the newest of its jobs, as they were seen."""

    per_minute: int
    ids: tuple[int, int]


def begin(
    asked: AskedOfMany,
    *,
    reason: str,
    by: AbstractBaseUser,
    now: datetime,
    idempotency_key: str | None = None,
    canary: Canary | None = None,
) -> Begun:
    """Begin to do this to all jobs that are found and that are there now; the leader goes on with it, within the rights
    of whoever asks. A `canary` tries some first. Raises ValidationError (field -> what is wrong), PermissionDenied."""
    check_reach_of_owner(by)
    problems = asked.problems(now) if asked.verb in OFFERED else {"verb": ["This is not done to many jobs at once."]}
    problems |= _reason_problems(reason)
    if canary is not None and not 1 <= canary.per_minute <= FASTEST:
        problems["per_minute"] = [f"Give 1 to {FASTEST:,} jobs a minute."]
    earlier = _earlier(by, idempotency_key)
    if earlier is not None:
        return Begun(earlier, created=False)
    counted = Counted(0) if problems else count(asked, reach_of(by), now=now)
    if not problems and not counted.touched and counted.looked_at is None:
        problems = {"verb": [NOTHING]}
    if problems:
        raise ValidationError(problems)
    ordered: dict[str, Any] = {}
    if asked.spreads:
        asked, total = _ordered(asked, by, now)
        ordered = {"in_order": list(asked.in_order)}
        counted = Counted(total)
    oldest, newest = Job.objects.all().ends()
    if these := asked.row.get(THESE):
        oldest, newest = max(oldest, these[0]), min(newest, these[-1])
    tried: dict[str, Any] = {}
    if canary is not None:
        oldest, newest = max(oldest, canary.ids[0]), max(min(newest, canary.ids[1]), 0)
        tried = {"first": trying.FIRST, "per_minute": canary.per_minute}
    return _begun(
        verb=asked.verb,
        arguments=asked.arguments,
        wanted=asked.row,
        total=counted.touched if counted.looked_at is None else None,
        newest_id=newest,
        position=oldest - 1,
        reason=reason,
        by=by,
        now=now,
        idempotency_key=idempotency_key,
        **tried,
        **ordered,
    )


def _ordered(asked: AskedOfMany, by: AbstractBaseUser, now: datetime) -> tuple[AskedOfMany, int]:
    """Return it with its jobs in their order and when its window begins, and how many they are. Raises
    ValidationError."""
    jobs = spreading.in_order(to_spread(asked, reach_of(by), now))
    if len(jobs) > spreading.MOST:
        raise ValidationError({"verb": [f"These are more than {spreading.MOST:,} jobs. Find fewer by a filter."]})
    if not jobs:
        raise ValidationError({"verb": [NOTHING]})
    return ordered(asked, jobs, now), len(jobs)


def begin_undo(
    pk: int, *, reason: str, by: AbstractBaseUser, now: datetime, idempotency_key: str | None = None
) -> Begun:
    """Begin to take back what this operation has done, where nobody has changed the job since and it has not started.
    Raises ValidationError (field -> what is wrong), PermissionDenied."""
    check_reach_of_owner(by)
    earlier = _earlier(by, idempotency_key)
    if earlier is not None:
        return Begun(earlier, created=False)
    undone = Operation.objects.of_jobs().filter(pk=pk).first()
    problems = _reason_problems(reason)
    counted = Counted(0)
    if undone is None:
        problems["operation"] = [f"There is no operation {pk}."]
    elif not can_be_undone(undone):
        problems["operation"] = [NOT_TO_UNDO]
    elif undone.ended_at is None:
        problems["operation"] = [GOES_ON]
    elif not (counted := count_undo(undone, now=now)).touched:
        problems["operation"] = ["There is nothing to take back: all have started, or were changed since."]
    if problems or undone is None:
        raise ValidationError(problems)
    return _begun(
        verb=BACK[undone.does],
        wanted={},
        undoes=undone,
        total=counted.touched if counted.looked_at is None else None,
        newest_id=undone.newest_id,
        reason=reason,
        by=by,
        now=now,
        idempotency_key=idempotency_key,
    )


def can_be_undone(operation: Operation) -> bool:
    """Return whether what it does can be taken back at all."""
    return operation.undoes_id is None and operation.verb in BACK


def cancel(pk: int, *, reason: str, by: AbstractBaseUser | None, now: datetime) -> tuple[bool, str]:
    """Change no more jobs for this operation; those that it has changed stay so. Returns whether it was going on, and a
    sentence. Raises ValidationError (field `reason`), PermissionDenied."""
    check_reach_of_owner(by)
    if problems := rules.reason_problems(reason, needed=False):
        raise ValidationError({"reason": problems})
    with transaction.atomic():
        operation = Operation.objects.of_jobs().filter(pk=pk).locked(wait=True).first()
        if operation is None:
            return False, f"There is no operation {pk}."
        if operation.ended_at is not None:
            return False, f"Operation {pk} has ended already: {operation.outcome}."
        before = operation.described()
        end(operation, Operation.Outcome.CANCELLED, reason, now=now)
        _note(operation, before, reason, by=by, now=now)
    return True, f"Operation {pk} is cancelled. The {operation.done:,} jobs that it has changed stay as they are."


def _begun(*, by: AbstractBaseUser, now: datetime, reason: str, idempotency_key: str | None, **values: Any) -> Begun:
    try:
        with transaction.atomic():
            operation = Operation.objects.create(
                kind=Operation.Kind.JOBS,
                per_minute=values.pop("per_minute", None),
                reason=reason,
                created_at=now,
                created_by_id=by.pk,
                idempotency_key=idempotency_key,
                **values,
            )
            _note(operation, None, reason, by=by, now=now)
    except IntegrityError:
        earlier = _earlier(by, idempotency_key)
        if earlier is not None:
            return Begun(earlier, created=False)
        if values.get("undoes") is None:
            raise
        raise ValidationError({"operation": ["Somebody else takes it back already; look at the operations."]}) from None
    return Begun(operation, created=True)


def _earlier(by: AbstractBaseUser, key: str | None) -> Operation | None:
    return None if key is None else Operation.objects.filter(created_by_id=by.pk, idempotency_key=key).first()


def _reason_problems(reason: str) -> dict[str, list[str]]:
    found = [SAY_WHY] if not reason.strip() else rules.reason_problems(reason, needed=False)
    return {"reason": found} if found else {}


def _note(operation: Operation, before: Described, reason: str, *, by: AbstractBaseUser | None, now: datetime) -> None:
    note: dict[str, Any] = {"by": by, "now": now, "before": before, "after": operation.described()}
    verb = Change.CREATE if before is None else Change.CHANGE
    Audit.objects.note(Subject.OPERATION, str(operation.pk), verb=verb, reason=reason, **note)
