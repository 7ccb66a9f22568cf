"""A start and an end of no job, taken back: what a connection loads with its first one is there when a job comes."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from jobs.database import transaction
from jobs.models import Kind
from jobs.states import State
from jobs.transitions.acquiring import TAKE, acquire
from jobs.transitions.finishing import finish
from jobs.transitions.limits import promotion
from jobs.transitions.limits.names import Name
from jobs.transitions.starts import AcquireRequest, Ended, Started, WorkerIdentity
from jobs.transitions.statements import rows_of

NOBODY = 0  # no job has this id
WORKER = WorkerIdentity("nobody", uuid.UUID(int=0))


def rehearse_start(*, now: datetime, sharing: bool = False) -> None:
    """Do the statements of `acquire` once, in the thread that takes rows."""
    with transaction.atomic():
        wanted = AcquireRequest(NOBODY, 1, uuid.uuid4())
        acquire([wanted], worker=WORKER, now=now, due_before=now, sharing=sharing)
        none: dict[str, Any] = {
            "now": now,
            "jobs": [],
            "tokens": [],
            "worker": WORKER.name,
            "session": WORKER.session,
        }
        rows_of(TAKE, none)  # of which it has none for no row
        transaction.set_rollback(True)


def rehearse_end(*, now: datetime) -> None:
    """Do the statements of `finish` once, in the thread that records."""
    with transaction.atomic():
        finish([Ended(Started(NOBODY, 1, "", {}, now, now, None), State.COMPLETED, now, now)])
        transaction.set_rollback(True)


def rehearse_promotion(*, now: datetime) -> None:
    """Do the first statement of `promote` once, in the thread that looks whose turn is next."""
    promotion.with_room([Name(Kind.KEY, "")], now=now)
