"""Goes on with what people have asked for of many jobs at once."""

from __future__ import annotations

from datetime import datetime

from jobs.clock import steady
from jobs.conf import conf
from jobs.database import transaction
from jobs.models import Installation, Operation
from jobs.transitions import operations as of_jobs
from jobs.transitions.schedules.backfill import go_on

LOOK = 1000  # operations that one call looks at: backfills that take weeks hold up no others
AT_A_TIME = 20  # of each kind with which it goes on
EVERY = 1.0  # seconds, while a backfill goes on, or one waits for its first jobs or by its rate
SECONDS = 0.5  # for those on jobs, in one call


def operations(*, now: datetime) -> float:
    """Go on with each operation: make what a backfill may make by now, and change jobs by batches while there is time.
    Returns the seconds until the next look: none while there are jobs to change. One statement where there is none."""
    found = list(Operation.objects.going_on().values_list("pk", "kind", "first")[:LOOK])
    backfills = [pk for pk, kind, _ in found if kind == Operation.Kind.BACKFILL][:AT_A_TIME]
    left = [pk for pk, kind, _ in found if kind == Operation.Kind.JOBS][:AT_A_TIME]
    waiting = any(first is not None for _, _, first in found)
    if backfills and Installation.restored() is not None:  # nothing may start, and nothing is to pile up
        backfills = []
    for pk in backfills:
        with transaction.atomic():
            go_on(pk, now=now)
    until = steady() + SECONDS
    failed: list[Exception] = []
    while left:
        left = [pk for pk in left if _goes_on(pk, failed, now=now)]
        if steady() >= until:
            break
    if failed:
        raise failed[0]
    if left:
        return 0.0
    return EVERY if backfills or waiting else conf().min_prepare_time


def _goes_on(pk: int, failed: list[Exception], *, now: datetime) -> bool:
    """Do the next batch of it, and return whether there is more to do. One that fails is put off until the next call:
    the others go on."""
    try:
        return of_jobs.go_on(pk, now=now)
    except Exception as error:  # noqa: BLE001 - see above
        failed.append(error)
        return False
