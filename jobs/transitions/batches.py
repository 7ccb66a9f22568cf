"""A set of jobs with one that starts when all of them have ended: made whole, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError

from jobs import rules
from jobs.database import transaction
from jobs.models import Batch
from jobs.rules.asked import digest
from jobs.states import Awaited
from jobs.transitions.creation import KeyReused, insert, insert_one, waits_of
from jobs.transitions.dependencies import block

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

THIS_BATCH = "$batch"  # in the payload of the last job: the id of the batch


@dataclass(frozen=True)
class NewBatch:
    """A batch to be made, of jobs that have passed the rules. `callback` is the job that waits for their ends."""

    name: str
    jobs: Sequence[rules.NewJob]
    callback: rules.NewJob | None = None
    idempotency_key: str | None = None

    @property
    def digest(self) -> str | None:
        """The digest of all that is asked for; None without a key."""
        if self.idempotency_key is None:
            return None
        last = None if self.callback is None else digest([self.callback])
        return digest(self.jobs, batch=self.name, callback=last)


@dataclass(frozen=True)
class Made:
    """A batch, and whether it was `created` by this call, or by an earlier one of the same key."""

    batch: Batch
    created: bool


def create_batch(new: NewBatch, *, now: datetime, by: AbstractBaseUser | None) -> Made:
    """Create the batch with its jobs, or return the earlier one of the same Idempotency-Key.

    Raises KeyReused when something else was asked for then, and ValidationError as `create` does.
    """
    by_id = getattr(by, "pk", None)
    waited_for = {other for job in new.jobs for other in job.waits_for}
    if waited_for:
        block.prepare(waited_for, by=by, now=now)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                name=new.name,
                created_at=now,
                created_by_id=by_id,
                idempotency_key=new.idempotency_key,
                idempotency_digest=new.digest,
            )
            if waited_for:
                block.keep(waited_for)
            own = insert(new.jobs, now=now, by=by, batch_id=batch.pk, has_dependents=new.callback is not None)
            waits = waits_of(own, new.jobs)
            if new.callback is not None:
                last = replace(
                    new.callback,
                    payload=with_id(new.callback.payload, batch.pk),
                    waits_for=tuple(own),
                    waits_for_end=Awaited.ANY,
                )
                batch.callback = insert_one(last, now=now, by=by)
                batch.save(update_fields=["callback"])
                waits[batch.callback.pk] = own
            block.tie(waits, now=now, own=own)
            return Made(batch, created=True)
    except IntegrityError:
        earlier = Batch.objects.filter(created_by_id=by_id, idempotency_key=new.idempotency_key).first()
        if new.idempotency_key is None or earlier is None:
            raise
        # Of before the digests the name is all that is known.
        known = earlier.idempotency_digest
        if (earlier.name != new.name) if known is None else (known != new.digest):
            raise KeyReused from None
        return Made(earlier, created=False)


def with_id(payload: dict[str, object], batch_id: int) -> dict[str, object]:
    """Return the payload with the id in the place of each argument that asks for it."""
    return {name: batch_id if value == THIS_BATCH else value for name, value in payload.items()}
