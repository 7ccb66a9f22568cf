"""Runs triggers: makes a new job, or answers with the one that is on its way already."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import OperationalError

from jobs import publishing, rules, targets
from jobs.clock import clock
from jobs.database import connection, transaction
from jobs.models import Job, Trigger
from jobs.models.trigger import NAME_PATTERN
from jobs.rules.rights import rights_problems
from jobs.states import Overlap
from jobs.transitions import given
from jobs.transitions.creation import create, earlier

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


CALLS = 0x52754361  # the first half of the advisory locks of calls: nothing that starts or ends jobs asks for them
PATIENCE = "5s"
COLUMNS = tuple(column.name for column in Trigger._meta.concrete_fields)  # of a definition and of what becomes of it
LOCK_NOT_AVAILABLE = "55P03"


class Busy(Exception):
    """The refusal of a call: somebody else has called a trigger of this key for seconds, and is not done. Nothing was
    started."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Another call of the key '{key}' has been going on for {PATIENCE}; nothing was started: try again."
        )


@dataclass(frozen=True)
class Fired:
    """The answer to a call. `job` stands for it: `created` by it, or another's that it has joined, or that let it be
    skipped."""

    job: Job
    created: bool
    why: str


def fire(
    trigger: Trigger,
    *,
    now: datetime,
    by: AbstractBaseUser | None = None,
    payload: dict[str, object] | None = None,
    idempotency_key: str | None = None,
    traceparent: str | None = None,
    before_creation: Callable[[], None] = lambda: None,
) -> Fired:
    """Start the trigger's job now. However many ask at the same time, no more runs are made than its key allows:
    they are let in one after the other. `payload` goes over the trigger's own, name by name.
    Only arguments that the trigger names may be given.
    `traceparent` is the caller's trace. `before_creation` is called where a job is going to be made, and may refuse it
    by raising.

    Raises ValidationError (a field -> what is wrong) for arguments that the trigger or the target does not take,
    KeyReused and PermissionDenied as `create` does, and Busy.
    """
    closed = set(payload) - set(trigger.caller_arguments) if isinstance(payload, dict) else ()
    if closed:
        raise ValidationError({"payload": [_closed(trigger, sorted(closed))]})
    given.refuse_references(payload, given.TRIGGER)
    new = checked(trigger, now=now, payload=payload, idempotency_key=idempotency_key, traceparent=traceparent)
    given.refuse_elsewhere(trigger.target, trigger.payload, payload or {}, given.TRIGGER)
    with transaction.atomic():
        # Before the look for a run to join: a repeat is answered with its own.
        for job in earlier([new], by=by):
            return Fired(job, created=False, why=f"Job {job.pk} was started before, by this key.")
        if trigger.overlap in (Overlap.JOIN, Overlap.SKIP):
            _one_after_the_other(trigger.shared_key)
            # A call that had the lock before us may have come after us: its run is due a moment later than `now`.
            until = max(now, clock.now()) + publishing.CLOCK_MARGIN
            there = trigger.run_in_place(until)
            if there is not None:
                means = "stands for this call" if trigger.overlap == Overlap.JOIN else "runs, so nothing was started"
                return Fired(Job.objects.get(pk=there), created=False, why=f"Job {there} {means}.")
        before_creation()
        job, created = create(new, now=now, by=by)
        return Fired(job, created, f"Job {job.pk} was {'started' if created else 'started before, by this key'}.")


def _one_after_the_other(key: str) -> None:
    """Let nobody else call a trigger of this key until this transaction ends. Raises Busy."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [CALLS, key])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        raise Busy(key) from error


def checked(
    trigger: Trigger,
    *,
    now: datetime,
    payload: dict[str, object] | None = None,
    idempotency_key: str | None = None,
    traceparent: str | None = None,
) -> rules.NewJob:
    """Return the job that this trigger would start, checked. Raises ValidationError."""
    if not isinstance(trigger.payload, dict) or not isinstance({} if payload is None else payload, dict):
        raise ValidationError({"payload": ['The payload must be a JSON object such as {"seconds": 0.1}.']})
    asked = {name: getattr(trigger, name) for name in COLUMNS if name in rules.ASKED}
    return rules.check_new_job(
        **{**asked, "key": trigger.shared_key, "payload": {**trigger.payload, **(payload or {})}},
        run_at=None,
        now=now,
        idempotency_key=idempotency_key,
        traceparent=traceparent,
        trigger_id=trigger.pk,
    )


def _closed(trigger: Trigger, names: Sequence[str]) -> str:
    may = ", ".join(trigger.caller_arguments) or "none"
    return (
        f"Whoever starts this trigger may not give the argument '{names[0][:100]}', only: {may}. Whoever may change "
        "the trigger can name it in caller_arguments."
    )


def definition_problems(trigger: Trigger, *, now: datetime, by: AbstractBaseUser | None) -> dict[str, list[str]]:
    """Return what is wrong with this trigger, or with being defined by this user: field -> sentences; empty for one
    that can be fired."""
    problems: dict[str, list[str]] = {}
    if not re.fullmatch(NAME_PATTERN, trigger.name):
        problems["name"] = ["A trigger's name has 1 to 100 letters, digits, dots, dashes and underscores."]
    try:
        for field, refused in rights_problems(checked(trigger, now=now), by).items():
            problems.setdefault(field, []).extend(refused)
    except ValidationError as error:
        problems |= {field: found for field, found in error.message_dict.items() if field not in problems}
    named = _names_problems(trigger.target, trigger.caller_arguments)
    if named:
        problems["caller_arguments"] = named
    return problems


def _names_problems(target: str, names: object) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return ['Give a list of names such as ["json"], or [] for none.']
    try:
        known = targets.find(target).argument_names
    except targets.UnknownTarget:
        return []  # that is said already
    wrong = [name for name in names if name not in known]
    if wrong:
        return [f"{target} has no argument '{wrong[0][:100]}'; it takes: {', '.join(known) or 'none'}."]
    return []
