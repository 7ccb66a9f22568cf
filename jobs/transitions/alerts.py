"""Does what people ask of alerts: to say that somebody is at it, and to be silent for a while. Each is audited."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.database import transaction
from jobs.models import Alert, Audit, Silence, Subject
from jobs.rights import Reach

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LONGEST_SILENCE = 43_200  # minutes: 30 days


def touches(reach: Reach, alert: Alert) -> bool:
    """Return whether this reach lets somebody answer for the alert: what is nobody's is for those who reach all."""
    return reach.is_whole or (alert.kind == "queue" and reach.has("queue", alert.subject))


def acknowledge(alert_id: int, *, now: datetime, by: AbstractBaseUser | None, reason: str = "") -> Alert | None:
    """Note that this person is at it: it is not said again. Returns None where it is over, or was acknowledged before.
    Raises ValidationError (field `reason`)."""
    if problems := rules.reason_problems(reason, needed=False):
        raise ValidationError({"reason": problems})
    with transaction.atomic():
        alert = Alert.objects.locked(alert_id)
        if alert is None or alert.resolved_at is not None or alert.acknowledged_at is not None:
            return None
        before = alert.described()
        alert.acknowledged_at, alert.acknowledged_by_id = now, getattr(by, "pk", None)
        alert.save(update_fields=["acknowledged_at", "acknowledged_by"])
        Audit.objects.note(
            Subject.ALERT, alert.fingerprint, by=by, now=now, before=before, after=alert.described(), reason=reason
        )
    return alert


def silence(pattern: str, minutes: int, *, reason: str, now: datetime, by: AbstractBaseUser | None) -> Silence:
    """Have what fits the pattern be said to nobody for so many minutes. Raises ValidationError by field."""
    problems = {"reason": rules.reason_problems(reason, needed=False)}
    if not reason.strip():
        problems["reason"] = ["Say why: those who would have heard of it will want to know."]
    if not 1 <= minutes <= LONGEST_SILENCE:
        problems["minutes"] = [f"It is between 1 and {LONGEST_SILENCE:,} minutes."]
    if any(problems.values()):
        raise ValidationError({field: found for field, found in problems.items() if found})
    with transaction.atomic():
        row = Silence.objects.create(
            pattern=pattern,
            reason=reason.strip(),
            until=now + timedelta(minutes=minutes),
            created_at=now,
            created_by_id=getattr(by, "pk", None),
        )
        Audit.objects.note(Subject.ALERT, pattern, by=by, now=now, before=None, after=row.described(), reason=reason)
    return row


def end_silence(silence_id: int, *, now: datetime, by: AbstractBaseUser | None) -> Silence | None:
    """End a silence now: what is wrong is said in the next turn. Returns None where it had ended."""
    with transaction.atomic():
        row = Silence.objects.in_force(now).select_for_update(of=("self",)).filter(pk=silence_id).first()
        if row is None:
            return None
        before = row.described()
        row.until = max(now, row.created_at)
        row.save(update_fields=["until"])
        Audit.objects.note(Subject.ALERT, row.pattern, by=by, now=now, before=before, after=row.described())
    return row
