"""A person takes a worker out of service, and puts it back. It learns of it by its next heartbeat, or at once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs.database import transaction
from jobs.events import emit
from jobs.events.nodes import DrainChanged
from jobs.models import Audit, Change, Described, Subject, Worker
from jobs.nodes.waking import wake_at_commit
from jobs.rules.problems import REASON_LIMIT, text_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class Answer:
    """The answer to a drain or its end. `why` says what was done, or why not; `worker` is the row as it is now."""

    done: bool
    why: str
    #: None when there is none.
    worker: Worker | None


def drain(session: uuid.UUID, *, now: datetime, reason: str, by: AbstractBaseUser) -> Answer:
    """Have this worker take nothing any more, and finish what runs. Raises ValidationError (field `reason`)."""
    problems = reason_problems(reason)
    if problems:
        raise ValidationError({"reason": problems})
    with transaction.atomic():
        worker = Worker.objects.locked(session)
        if worker is None or worker.left:
            return _no_longer(worker, session)
        if worker.drained_at is not None:
            return Answer(False, f"{worker.name} is drained already, by {worker.drained_by or 'nobody known'}.", worker)
        before = worker.described()
        worker.drained_at, worker.drain_reason, worker.drained_by = now, reason.strip(), by.get_username()
        _save(worker, before, Change.DRAIN, now=now, reason=reason, by=by)
    return Answer(True, f"{worker.name} takes no more jobs; what it runs ends there.", worker)


def resume(session: uuid.UUID, *, now: datetime, reason: str, by: AbstractBaseUser) -> Answer:
    """Have this worker take jobs again; why is asked of nobody. Raises ValidationError (field `reason`)."""
    problems = text_problems(reason, REASON_LIMIT)
    if problems:
        raise ValidationError({"reason": problems})
    with transaction.atomic():
        worker = Worker.objects.locked(session)
        if worker is None or worker.left:
            return _no_longer(worker, session)
        if worker.drained_at is None:
            return Answer(False, f"{worker.name} is not drained. Look at what it says it refuses for.", worker)
        before = worker.described()
        worker.drained_at, worker.drain_reason, worker.drained_by = None, "", ""
        _save(worker, before, Change.RESUME, now=now, reason=reason, by=by)
    return Answer(True, f"{worker.name} takes jobs again.", worker)


def reason_problems(reason: str) -> list[str]:
    if not reason.strip():
        return ["Say why: others will want to know when this worker may take jobs again."]
    return text_problems(reason, REASON_LIMIT)


def _no_longer(worker: Worker | None, session: uuid.UUID) -> Answer:
    if worker is None:
        return Answer(False, f"There is no worker with the session {session}. List the workers to see theirs.", None)
    return Answer(False, f"{worker.name} has left. A worker that starts again has a new session: take that.", worker)


def _save(worker: Worker, before: Described, verb: Change, *, now: datetime, reason: str, by: AbstractBaseUser) -> None:
    worker.save(update_fields=["drained_at", "drain_reason", "drained_by"])
    Audit.objects.note(
        Subject.WORKER,
        worker.name,
        verb=verb,
        by=by,
        reason=reason.strip(),
        now=now,
        before=before,
        after=worker.described(),
    )
    what = f"Drained: {reason.strip()}" if verb == Change.DRAIN else f"Resumed. {reason.strip()}".strip()
    transaction.on_commit(partial(emit, DrainChanged(worker.name, what, by.get_username())), robust=True)
    wake_at_commit(worker.name)
