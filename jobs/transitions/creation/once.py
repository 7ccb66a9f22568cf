"""Keeps two programs that name nobody from creating the same twice: the table's own constraint has a creator in it."""

from __future__ import annotations

from collections.abc import Sequence

from jobs import rules
from jobs.database import connection

KEYS = 0x52754B79  # the first half of the advisory locks of keys: nothing that starts or ends jobs asks for them


def lock_key(new: Sequence[rules.NewJob]) -> None:
    """Wait until no other transaction creates with the Idempotency-Key of these jobs. In a transaction, whose end lets
    the next one go on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [KEYS, new[0].idempotency_key])
