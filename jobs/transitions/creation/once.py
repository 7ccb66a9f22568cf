"""Says what was created before, and keeps two programs that name nobody from creating the same twice: the table's own
constraint has a creator in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.database import connection
from jobs.models import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

KEYS = 0x52754B79  # the first half of the advisory locks of keys: nothing that starts or ends jobs asks for them


def key_of_request(key: str) -> str:
    """Return the Idempotency-Key of the request with a job of this key. A request for many has it before the number of
    each: which of them come first, or are good, may change from one time to the next."""
    return key.rpartition("/")[0] or key


def lock_key(key: str) -> None:
    """Wait until no other transaction creates with the Idempotency-Key of this job's request. In a transaction, whose
    end lets the next one go on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [KEYS, key_of_request(key)])


def is_known(key: str | None, *, by: AbstractBaseUser | None) -> bool:
    """Return whether this user, or a program for None, has created a job with this key."""
    creator = getattr(by, "pk", None)
    return key is not None and Job.objects.filter(created_by_id=creator, idempotency_key=key).exists()
