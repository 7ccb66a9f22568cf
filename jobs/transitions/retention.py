"""Switches on and off that what is over is removed; each is a person's word, and stands in the audit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from jobs.database import transaction
from jobs.models import Audit, Change, Installation, Subject
from jobs.models.described import described
from jobs.models.history import some_ids
from jobs.transitions.history import bring_back

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AUDITED = ("retention_on_at",)
AT_A_TIME = 500  # jobs, in one transaction


def switch(on: bool, *, now: datetime, reason: str = "", by: AbstractBaseUser | None = None) -> bool:
    """Have what is over moved and removed from now on, or not any more; return whether that was otherwise before."""
    with transaction.atomic():
        Installation.current()
        row = Installation.objects.select_for_update().get()
        if on == (row.retention_on_at is not None):
            return False
        before = described(row, AUDITED)
        row.retention_on_at = now if on else None
        row.save(update_fields=AUDITED)
        Audit.objects.note(
            Subject.INSTALLATION,
            str(row.identity),
            verb=Change.CHANGE,
            by=by,
            reason=reason,
            now=now,
            before=before,
            after=described(row, AUDITED),
        )
    return True


def bring_all_back() -> int:
    """Put all jobs of the history back into `jobs_job`, some at a time; return how many. Switch off first: what comes
    back would go again. An interrupted call can be repeated."""
    back = 0
    while ids := some_ids(AT_A_TIME):
        back += len(bring_back(ids))
    return back
