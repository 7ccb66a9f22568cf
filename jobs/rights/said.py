"""Says to the database who changes rights: its triggers write the audit of them (migration 0061)."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import connections, router

from jobs import exactjson
from jobs.models.audit import asker


def say(by: object, reason: str = "") -> None:
    """Have the changes of rights in this transaction be by this person, or by a program, for that reason. Outside of a
    transaction it says nothing: the database forgets it with the statement."""
    message = {**asker(by), "reason": reason}
    with connections[router.db_for_write(get_user_model())].cursor() as cursor:
        cursor.execute("SELECT set_config('runat.said', %s, true)", [exactjson.dumps(message)])
