"""The one row that names the installation whose database this is, and says where its leader has found it last."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from jobs.database import connection

# Whether this database is another one than that in which the row was written: a dump comes with new tables, a copy of a
# database with a new number. Columns that are NULL (no beat has led yet) tell nothing, as does a row that is not there.
MOVED = """(
    row.table_oid <> row.tableoid::bigint
    OR row.database_oid <> (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
)"""

# The condition under which no job starts, whatever its row says. Read once by each statement that lists or takes jobs.
NOTHING_STARTS = f"EXISTS (SELECT FROM jobs_installation AS row WHERE row.held_at IS NOT NULL OR {MOVED})"

# The condition under which what is over is moved and removed: a person has switched that on, or a new installation has
# it from the start. Not in a database that was restored, before a person has looked.
REMOVES = f"""(
    EXISTS (SELECT FROM jobs_installation AS row WHERE row.retention_on_at IS NOT NULL) AND NOT {NOTHING_STARTS}
)"""

STATUS = f"SELECT held_at, held_why, coalesce({MOVED}, false) FROM jobs_installation AS row"  # noqa: S608


class Restored(NamedTuple):
    """The reason why no job starts. `since` None: no leader has noticed yet."""

    since: datetime | None
    why: str

    @property
    def what(self) -> str:
        """The reason as a sentence or two for people."""
        since = f" since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"No job starts{since}: this database was restored or copied. {self.why}"


REMEDY = (
    "Jobs that have run since the backup are pending again. Look at what is due, then release them, or cancel what was "
    "due before a moment: under Installation in the admin, by POST /api/v1/installation/release/, or with"
)
COMMAND = "python manage.py release_restored"


class Installation(models.Model):
    """The row of `jobs_installation`. Its names are random, made by the migration, or by whoever finds none."""

    id = models.SmallIntegerField(primary_key=True, default=1, db_default=1)
    identity = models.UUIDField(db_default=RandomUUID(), help_text="Names it for as long as it lives.")
    incarnation = models.UUIDField(db_default=RandomUUID(), help_text="A new one with each release after a restore.")
    incarnated_at = models.DateTimeField(null=True, help_text="When that was; empty: it was never restored.")

    # Where the latest leader found it; empty: none has led yet.
    system_identifier = models.BigIntegerField(null=True, help_text="Of PostgreSQL's cluster.")
    timeline = models.BigIntegerField(null=True, help_text="Of its WAL: grows with each promotion or recovery.")
    database_oid = models.BigIntegerField(null=True)
    table_oid = models.BigIntegerField(null=True, help_text="Of this table: another one after a dump was restored.")
    last_start = models.BigIntegerField(db_default=0, help_text="The highest id of a ledger row that was seen.")

    held_at = models.DateTimeField(null=True, help_text="Since when no job starts, until a person releases them.")
    held_why = models.TextField(db_default="", blank=True)
    released_at = models.DateTimeField(null=True, help_text="When a person released it last.")
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who did."
    )
    release_reason = models.TextField(db_default="", blank=True, help_text="Why they did.")

    retention_on_at = models.DateTimeField(
        null=True, help_text="When it began to remove what is old; empty: nothing is moved or removed."
    )

    class Meta:
        verbose_name_plural = "installation"
        permissions = [("release_installation", "Can let jobs start again after a restore")]
        constraints = [models.CheckConstraint(condition=Q(id=1), name="jobs_installation_single")]

    def __str__(self) -> str:
        return f"installation {self.short}"

    @property
    def short(self) -> str:
        """The installation's name for people and messages: the first 12 of the 32 characters."""
        return self.identity.hex[:12]

    @classmethod
    def current(cls) -> Installation:
        """Return the row, made where it is missing. Raises DatabaseError."""
        return cls.objects.filter(id=1).first() or cls.objects.get_or_create(id=1)[0]

    @staticmethod
    def removes() -> bool:
        """Return whether what is over is moved and removed."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {REMOVES}")
            found: bool = cursor.fetchone()[0]
        return found

    @staticmethod
    def restored() -> Restored | None:
        """Return why no job starts, if a restore is the reason; None otherwise."""
        with connection.cursor() as cursor:
            cursor.execute(STATUS)
            row = cursor.fetchone()
        if row is None:
            return None
        held_at, why, moved = row
        return (
            Restored(held_at, why or "Its tables are others than those that were used.") if held_at or moved else None
        )
