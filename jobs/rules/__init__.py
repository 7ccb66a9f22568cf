"""What a good job is: one set of rules for REST, forms, admin and imports, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from jobs import blackouts, targets
from jobs.models.job import DEFAULT_QUEUE
from jobs.rules.problems import (
    KEY_LIMIT,
    NAME_LIMIT,
    argument_problems,
    attempts_problems,
    choice_problems,
    deadline_problems,
    key_limit_problems,
    not_before,
    pairs_problems,
    payload_problems,
    queue_problems,
    reason_problems,
    retry_problems,
    run_at_problems,
    target_problems,
    text_problems,
    waits_problems,
    why_not_startable,
    within_problems,
)
from jobs.states import Awaited, Blackout, Hold, IfLate, Overlap

__all__ = [
    "KEY_LIMIT",
    "NAME_LIMIT",
    "NewJob",
    "argument_problems",
    "attempts_problems",
    "check_new_job",
    "choice_problems",
    "deadline_problems",
    "key_limit_problems",
    "not_before",
    "pairs_problems",
    "payload_problems",
    "queue_problems",
    "reason_problems",
    "retry_problems",
    "run_at_problems",
    "target_problems",
    "text_problems",
    "waits_problems",
    "why_not_startable",
    "within_problems",
]


@dataclass(frozen=True)
class NewJob:
    """A job that has passed the rules and may be created."""

    target: str
    payload: dict[str, Any]
    run_at: datetime
    name: str = ""
    queue: str = DEFAULT_QUEUE
    idempotency_key: str | None = None
    rerunnable: bool = False
    max_attempts: int = 1
    retry_on: tuple[str, ...] = ()
    start_within: int | None = None
    deadline: int | None = None
    if_late: str = IfLate.SKIP
    key: str | None = None
    key_limit: int = 1
    overlap: str = Overlap.QUEUE
    bound: blackouts.Bound = blackouts.UNBOUND
    waits_for: tuple[int, ...] = ()
    waits_for_end: str = Awaited.SUCCESS
    asked_at: datetime | None = None  # the `run_at` that its caller gave; None: left to us
    trigger_id: int | None = None

    @property
    def holds(self) -> int:
        """What it waits for from its creation on."""
        return Hold.APPROVAL * targets.is_dangerous(self.target) | Hold.DEPENDENCIES * bool(self.waits_for)


def check_new_job(
    *,
    target: str,
    payload: object,
    run_at: datetime | None,
    now: datetime,
    name: str = "",
    queue: str = DEFAULT_QUEUE,
    idempotency_key: str | None = None,
    rerunnable: bool = False,
    max_attempts: int = 1,
    retry_on: Sequence[str] = (),
    start_within: int | None = None,
    if_late: str = IfLate.SKIP,
    key: str | None = None,
    key_limit: int = 1,
    overlap: str = Overlap.QUEUE,
    deadline: int | None = None,
    calendar: str | None = None,
    blackout: str = Blackout.NEXT,
    waits_for: Sequence[int] = (),
    waits_for_end: str = Awaited.SUCCESS,
    calendars: blackouts.Calendars | None = None,
) -> NewJob:
    """Return the job to create. `run_at` None: now, as is a time that has passed by no more than JUST_NOW.
    `calendars`: what the jobs of one request have read of these.

    Raises ValidationError: field -> what is wrong and what to do."""
    errors: dict[str, list[str]] = {}

    def check(field: str, problems: list[str]) -> None:
        if problems:
            errors.setdefault(field, []).extend(problems)

    check("name", text_problems(name, NAME_LIMIT))
    check("idempotency_key", text_problems(idempotency_key or "", KEY_LIMIT))
    check("queue", queue_problems(queue))
    if run_at is not None:
        check("run_at", run_at_problems(run_at, now))
    check("max_attempts", attempts_problems(rerunnable, max_attempts))
    check("retry_on", retry_problems(rerunnable, retry_on))
    check("start_within", within_problems(start_within))
    check("if_late", choice_problems(if_late, IfLate.values))
    check("key", text_problems(key or "", NAME_LIMIT))
    check("key_limit", key_limit_problems(key_limit))
    check("overlap", choice_problems(overlap, Overlap.values))
    check("deadline", deadline_problems(deadline))
    check("blackout", choice_problems(blackout, Blackout.values))
    judged = errors.keys().isdisjoint(("run_at", "blackout"))
    known = calendars or blackouts.Calendars()
    wanted = now if run_at is None else not_before(run_at, now)
    placed_at, bound, problems = blackouts.bind(calendar, blackout, wanted, now=now, judged=judged, known=known)
    check("calendar", problems)
    check("waits_for", waits_problems(waits_for))
    check("waits_for_end", choice_problems(waits_for_end, Awaited.values))
    check("target", target_problems(target))
    check("payload", payload_problems(payload))
    if "target" not in errors and "payload" not in errors:
        check("payload", argument_problems(target, payload))
    if errors or not isinstance(payload, dict):
        raise ValidationError({field: list(problems) for field, problems in errors.items()})
    return NewJob(
        target=target,
        payload=payload,
        run_at=placed_at,
        name=name,
        queue=queue,
        idempotency_key=idempotency_key or None,
        rerunnable=rerunnable,
        max_attempts=max_attempts,
        retry_on=tuple(retry_on),
        start_within=start_within,
        if_late=if_late,
        key=key or None,
        key_limit=key_limit,
        overlap=overlap,
        deadline=deadline,
        bound=bound,
        waits_for=tuple(sorted(set(waits_for))),
        waits_for_end=waits_for_end,
        asked_at=run_at,
    )
