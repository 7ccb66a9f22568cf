"""Creates jobs: rows that have passed the rules, each accepted when its transaction commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from jobs import exactjson, publishing, rules
from jobs.database import connection, transaction
from jobs.models import Job
from jobs.models.querysets import Listed
from jobs.models.querysets.within import is_narrow
from jobs.models.team import LABEL
from jobs.rights import reach_of
from jobs.rules.asked import digest
from jobs.rules.rights import rights_problems
from jobs.transitions.creation import rows
from jobs.transitions.creation.once import key_of_request, lock_key
from jobs.transitions.dependencies import block

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


REPEATS = 0x52754B65  # the first half of the advisory locks of Idempotency-Keys: only who creates many tries for one


class KeyReused(Exception):
    """An Idempotency-Key came back with another request: neither may be taken for the other."""


class KeyInUse(Exception):
    """Refusal of a request whose Idempotency-Key another one has that is being done at this moment."""


def create(
    new: rules.NewJob, *, now: datetime, by: AbstractBaseUser | None = None, lent: bool = False
) -> tuple[Job, bool]:
    """Create a job and return it with True, or the earlier one of the same Idempotency-Key with False. `lent`: whoever
    asks needs no rights of his own, since those of a form's definition were judged.

    Raises KeyReused when something else was asked for then, PermissionDenied where it would stop others' jobs and its
    creator may not, and ValidationError (field `waits_for`) when there is no such job as it shall wait for. Its `holds`
    are those of before its wait was looked at.
    """
    if by is None and new.idempotency_key is not None:
        with transaction.atomic():
            lock_key(new.idempotency_key)
            known = earlier([new], by=None)
            return (known[0], False) if known else (_create(new, now=now, by=None, lent=lent), True)
    try:
        return _create(new, now=now, by=by, lent=lent), True
    except IntegrityError:
        found = earlier([new], by=by)
        if not found:
            raise
        return found[0], False


def _create(new: rules.NewJob, *, now: datetime, by: AbstractBaseUser | None, lent: bool) -> Job:
    with _tying([new], now=now, by=by, alone=True) as waits:
        job = insert_one(new, now=now, by=by, lent=lent)
        waits.update(waits_of([job.pk], [new]))
    return job


def create_all(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None) -> tuple[list[int], bool]:
    """Create all of these jobs and return their ids with True, or those of the earlier ones of the same
    Idempotency-Keys with False.

    Raises KeyReused when one of those is missing, or something else was asked for then, and KeyInUse while another
    request with the same keys goes on: to wait for it could take as long as that does.
    """
    if by is None and new and new[0].idempotency_key is not None:
        with transaction.atomic():
            lock_key(new[0].idempotency_key)
            known = earlier(new, by=None)
            return ([job.pk for job in known], False) if known else (create_many(new, now=now, by=None), True)
    try:
        return create_many(new, now=now, by=by), True
    except IntegrityError:
        found = earlier(new, by=by)
        if not found:
            raise
        return [job.pk for job in found], False


def earlier(new: Sequence[rules.NewJob], *, by: AbstractBaseUser | None) -> list[Job]:
    """Return the jobs that this user has created with the Idempotency-Keys of these; an empty list where none of them
    is known, or one has no key. Raises KeyReused where they are not what is asked for now, in any field."""
    keys = [n.idempotency_key for n in new if n.idempotency_key is not None]
    found = Job.objects.filter(created_by_id=getattr(by, "pk", None), idempotency_key__in=keys)
    known = {job.idempotency_key: job for job in found}
    if len(keys) < len(new) or not known:
        return []
    asked = digest(new)
    for n in new:
        job = known.get(n.idempotency_key)
        if job is None or not _is_same(job, n, asked):
            raise KeyReused
    return [known[n.idempotency_key] for n in new]


def _is_same(job: Job, new: rules.NewJob, asked: str) -> bool:
    if job.idempotency_digest is not None:
        return job.idempotency_digest == asked
    return exactjson.same([job.target, job.payload], [new.target, new.payload])  # of before the digests


def create_many(new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None = None) -> list[int]:
    """Create all of these jobs, or none. Returns their ids, in their order."""
    with _tying(new, now=now, by=by) as waits:
        ids = insert(new, now=now, by=by)
        waits.update(waits_of(ids, new))
    return ids


@contextmanager
def _tying(
    new: Sequence[rules.NewJob], *, now: datetime, by: AbstractBaseUser | None, alone: bool = False
) -> Iterator[dict[int, Sequence[int]]]:
    """Open the transaction in which these are written, and tie those that are noted in what this yields to what they
    wait for. A statement that is `alone` is a transaction itself."""
    waited_for = {other for n in new for other in n.waits_for}
    if waited_for:
        block.prepare(waited_for, by=by, now=now)
    waits: dict[int, Sequence[int]] = {}
    if alone and not waited_for and not connection.in_atomic_block:
        yield waits
        return
    with transaction.atomic():
        if not alone:
            _reserve(next((n.idempotency_key for n in new), None), by)
        if waited_for:
            block.keep(waited_for)
        yield waits
        if waits:
            block.tie(waits, now=now)


def _reserve(key: str | None, by: AbstractBaseUser | None) -> None:
    """Have no other request with the key of this job's create for this user until this transaction ends. Raises
    KeyInUse."""
    if key is None:
        return
    with connection.cursor() as cursor:
        whose = f"{getattr(by, 'pk', None)}:{key_of_request(key)}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [REPEATS, whose])
        if not cursor.fetchone()[0]:
            raise KeyInUse


def waits_of(ids: Sequence[int], new: Sequence[rules.NewJob]) -> dict[int, Sequence[int]]:
    """Return the ids that these jobs wait for, as they were asked for, by job; jobs that wait for none are left out."""
    return {job_id: n.waits_for for job_id, n in zip(ids, new, strict=True) if n.waits_for}


def insert_one(
    new: rules.NewJob,
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    batch_id: int | None = None,
    lent: bool = False,
) -> Job:
    """Write the row of one job and return it as the database has it, as `insert` does. Raises PermissionDenied."""
    _refuse_what_is_not_theirs([new], None if lent else by)
    late = publishing.horizon(now)
    (values,) = _values([new], now=now, late=late, by=by, batch_id=batch_id)
    job = rows.insert_one(values)
    if isinstance(by, get_user_model()):
        job.created_by = by
    if not job.holds:
        publish_new([Listed.first(job, version=1)], late)
    return job


def insert(
    new: Sequence[rules.NewJob],
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    batch_id: int | None = None,
    has_dependents: bool = False,
) -> list[int]:
    """Write the rows, in a transaction of the caller's, who then ties those that wait to what they wait for. Returns
    their ids. With `has_dependents` others of the same transaction wait for all of them. Raises PermissionDenied."""
    _refuse_what_is_not_theirs(new, by)
    late = publishing.horizon(now)
    values = _values(new, now=now, late=late, by=by, batch_id=batch_id, has_dependents=has_dependents)
    ids = rows.copy(values)
    soon = late + publishing.SOON
    open_ = [(pk, n) for pk, n, row in zip(ids, new, values, strict=True) if n.run_at < soon and not row["holds"]]
    publish_new([Listed(pk, 1, n.run_at, n.queue) for pk, n in open_], late)
    return ids


def _refuse_what_is_not_theirs(new: Sequence[rules.NewJob], by: AbstractBaseUser | None) -> None:
    if by is None:
        return
    # With nothing to narrow there is only whom it stops; each of a hundred thousand need not be looked at further.
    narrow = is_narrow(reach_of(by))
    asked = {(n.overlap, *((n.queue, n.target, n.key, n.labels.get(LABEL)) if narrow else ())): n for n in new}
    for one in asked.values():
        for problems in rights_problems(one, by).values():
            raise PermissionDenied(" ".join(problems))


def _values(
    new: Sequence[rules.NewJob],
    *,
    now: datetime,
    late: datetime,
    by: AbstractBaseUser | None,
    batch_id: int | None,
    has_dependents: bool = False,
) -> list[rows.Values]:
    """Return what the rows of these jobs say, by column."""
    asked = digest(new) if any(n.idempotency_key for n in new) else None
    same = {"created_by_id": getattr(by, "pk", None), "batch_id": batch_id, "has_dependents": has_dependents}
    values: list[rows.Values] = []
    for n in new:
        holds = n.holds
        # Due inside a window that is already listed: published at commit by us, so marked by us.
        at_once = n.run_at < late and not holds
        values.append(
            {
                **n.columns(),
                **same,
                "idempotency_digest": asked if n.idempotency_key else None,
                "enqueued_at": now if at_once else None,
                "deliveries": 1 if at_once else 0,
                "holds": holds,
            }
        )
    return values


def publish_new(listed: Sequence[Listed], late: datetime) -> None:
    """Publish new jobs that are due before `late`, and were marked so, once the transaction has committed; look again
    at those soon after it."""
    publishing.late_publisher.at_commit([job for job in listed if job.run_at < late])
    publishing.late_publisher.overtaken_at_commit(
        [job for job in listed if late <= job.run_at < late + publishing.SOON]
    )
