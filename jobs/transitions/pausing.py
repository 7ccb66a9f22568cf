"""Stopping and going on with all that share a queue or a key."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from jobs import rules
from jobs.models import Job, Kind, Lane
from jobs.transitions import lanes

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def pause(name: lanes.Name, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Lane:
    """From now on none of these start; what runs goes on, what comes due is held. Pausing again changes the reason.

    Raises ValidationError (field `name` or `reason`).
    """
    problems = {"name": name_problems(name), "reason": rules.reason_problems(reason, needed=False)}
    if any(problems.values()):
        raise ValidationError({field: found for field, found in problems.items() if found})
    with transaction.atomic():
        lanes.lock([name])
        values = {"paused_at": now, "pause_reason": reason, "paused_by_id": getattr(by, "pk", None)}
        return Lane.objects.update_or_create(kind=name.kind, name=name.name, defaults=values)[0]


def resume(name: lanes.Name, *, now: datetime) -> int:
    """Let them start again; those that were held for it are due at once, as far as its other limits let them. Returns
    how many; 0 too where nothing was paused."""
    with transaction.atomic():
        lanes.lock([name])
        Lane.objects.filter(kind=name.kind, name=name.name).update(paused_at=None, pause_reason="", paused_by=None)
        return lanes.release([name], now=now)


def limit(name: lanes.Name, *, now: datetime, concurrency: int | None, rate: float | None, burst: int) -> Lane:
    """Limit it from now on; those that its last limits held go on if these let them. Raises ValidationError."""
    if problems := name_problems(name):
        raise ValidationError({"name": problems})
    with transaction.atomic():
        lanes.lock([name])
        values = {"concurrency": concurrency, "rate": rate, "burst": burst, "next_start_at": None}
        lane, _ = Lane.objects.update_or_create(kind=name.kind, name=name.name, defaults=values)
        Job.objects.forget_moments(name.kind, name.name, now)
        lanes.release([name], now=now)
    return lane


def lift(name: lanes.Name, *, now: datetime) -> int:
    """Forget its limits, a pause included; return how many were held by them."""
    with transaction.atomic():
        lanes.lock([name])
        Lane.objects.filter(kind=name.kind, name=name.name).delete()
        return lanes.release([name], now=now) + Job.objects.forget_moments(name.kind, name.name, now)


def name_problems(name: lanes.Name) -> list[str]:
    if name.kind == Kind.QUEUE:
        return rules.queue_problems(name.name)
    return rules.text_problems(name.name, rules.NAME_LIMIT) if name.name else ["A key has at least one character."]
