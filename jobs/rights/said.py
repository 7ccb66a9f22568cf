"""Says to the database who changes rights: its triggers write the audit of them (migration 0061)."""

from __future__ import annotations

from django.db import connections

from jobs import exactjson
from jobs.database import alias
from jobs.models.audit import asker


def say(by: object, reason: str = "", *, using: str | None = None) -> None:
    """Have the changes of rights in this transaction be by this person, or by a program, for that reason. Outside of a
    transaction it says nothing: the database forgets it with the statement. `using`: the alias of the transaction,
    where it is not ours."""
    who = asker(by)  # without its key, which the triggers leave out
    message = {"by_name": who["by_name"], "by_token": who["by_token"], "reason": reason}
    with connections[using or alias()].cursor() as cursor:
        cursor.execute("SELECT set_config('runat.said', %s, true)", [exactjson.dumps(message)])
