"""The processes of ours that are alive: workers and the leading beat."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.database import connection
from jobs.models.described import Described, described
from jobs.models.querysets.workers import WorkerQuerySet
from jobs.models.rollups.removing import KEPT

# That a row stays after its worker was declared gone: as long as there are figures of a time, so are its workers.
WORKERS_FOR = max(KEPT.values())

# The session that has the advisory lock of the beat that leads: its process number, client and name.
LEADER_LOCK_HOLDER = """
SELECT pg_locks.pid, coalesce(host(client_addr), 'a socket'), coalesce(nullif(application_name, ''), 'no name')
FROM pg_locks
JOIN pg_database ON pg_database.oid = pg_locks.database
LEFT JOIN pg_stat_activity ON pg_stat_activity.pid = pg_locks.pid
WHERE pg_database.datname = current_database() AND locktype = 'advisory' AND objsubid = 1 AND granted
    AND classid::bigint << 32 | objid::bigint = %s
"""


class Worker(models.Model):
    """A life of a worker process: a row per start of it, refreshed every few seconds."""

    session = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=255)
    pid = models.IntegerField()
    pool = models.CharField(max_length=50)
    slots = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    running = models.PositiveIntegerField(db_default=0, help_text="Jobs in its slots at the last heartbeat.")
    offset_ms = models.FloatField(db_default=0, help_text="Database clock minus its own, in milliseconds.")
    uncertainty_ms = models.FloatField(
        db_default=0, help_text="Milliseconds by which what it writes down of starts and ends may be wrong, either way."
    )
    zones = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="The release of the time zones that it uses."
    )
    bundles = models.BooleanField(
        default=False, db_default=False, help_text="It takes messages that carry many jobs; releases before do not."
    )
    versions = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Of RunAt, Python and Celery; empty: not known."
    )
    waiting = models.PositiveIntegerField(
        null=True, blank=True, help_text="Jobs that it holds for their time; null: not known."
    )
    # Its last hour, a value for each minute, the oldest first; null: it was stopped. jobs/worker/process/minutes.py
    minutes_until = models.DateTimeField(null=True, blank=True, help_text="The end of the last minute of these two.")
    minute_starts = ArrayField(models.IntegerField(null=True), default=list, db_default=[], blank=True)
    minute_use = ArrayField(
        models.SmallIntegerField(null=True),
        default=list,
        db_default=[],
        blank=True,
        help_text="Percent of its slots that were taken.",
    )
    stopped_at = models.DateTimeField(null=True, blank=True, help_text="It said good-bye.")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Its open attempts have been settled.")
    # Of its machine, at the last heartbeat; null: not known.
    cpu = models.FloatField(null=True, blank=True, help_text="Percent of all cores.")
    memory = models.FloatField(null=True, blank=True, help_text="Percent in use.")
    load = models.FloatField(null=True, blank=True, help_text="Load average of a minute, a core.")
    gpu = models.FloatField(null=True, blank=True, help_text="Percent, of the busiest device.")
    gpu_memory = models.FloatField(null=True, blank=True, help_text="Percent in use, of the fullest device.")
    refusing = models.TextField(
        blank=True, default="", db_default="", help_text="Why it takes no jobs; empty: it does."
    )
    drained_at = models.DateTimeField(null=True, blank=True, help_text="A person took it out of service.")
    drain_reason = models.TextField(blank=True, default="", db_default="", help_text="Why they did.")
    drained_by = models.TextField(blank=True, default="", db_default="", help_text="Who did.")
    foreign_at = models.DateTimeField(null=True, blank=True, help_text="It last got another installation's message.")
    foreign_from = models.TextField(
        blank=True, default="", db_default="", help_text="Whose that was, from which queue."
    )

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "started_at"]
        indexes = [
            models.Index(fields=["heartbeat_at"], condition=Q(gone_at__isnull=True), name="jobs_worker_present"),
            models.Index(fields=["gone_at"], name="jobs_worker_gone"),  # each start leaves a row
        ]

    def described(self) -> Described:
        """Return what a person may change of the worker, and which life of it that is."""
        return described(self, ("session", "drained_at", "drain_reason"))

    def __str__(self) -> str:
        return self.name

    @property
    def left(self) -> bool:
        """Is true once the worker has said good-bye, or was declared gone."""
        return self.stopped_at is not None or self.gone_at is not None


class LockHolder(NamedTuple):
    """A session of the database. `pid` is that of its server process."""

    pid: int
    client: str
    application: str

    def __str__(self) -> str:
        return f"session {self.pid} of the database, from {self.client} ({self.application})"


class Leadership(models.Model):
    """The one row that says which beat leads and how far it has listed. Election itself is an advisory lock;
    this row is what a successor and the monitor read."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    holder = models.CharField(max_length=255, db_default="")
    epoch = models.PositiveBigIntegerField(db_default=0, help_text="Grows with each change of leader.")
    elected_at = models.DateTimeField(null=True)
    zones = models.CharField(max_length=32, db_default="", help_text="The release of the time zones that it uses.")
    listed_at = models.DateTimeField(null=True, help_text="When the latest list query ran.")
    listed_until = models.DateTimeField(null=True, help_text="Its horizon: jobs due before are listed.")
    listed = models.PositiveIntegerField(db_default=0, help_text="How many jobs it found.")
    published_at = models.DateTimeField(null=True, help_text="When the last of them was published.")
    # The oldest such moment, whoever led: several leaders in a row may have failed to publish, or to mark again.
    unpublished_since = models.DateTimeField(null=True, help_text="Jobs marked since then may have no message yet.")

    class Meta:
        verbose_name = "leading scheduler"
        verbose_name_plural = "leading scheduler"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="jobs_leadership_single")]

    def __str__(self) -> str:
        return f"led by {self.holder} (leader no. {self.epoch})"

    @classmethod
    def current(cls) -> Leadership:
        """Return the row; a blank one, not saved, before any beat has led."""
        return cls.objects.first() or cls(holder="", epoch=0, listed=0, zones="")

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Leadership:
        """Return the row that somebody has read with other things, not saved; a blank one of no columns."""
        return cls(**({"holder": "", "epoch": 0, "listed": 0, "zones": ""} | dict(columns)))

    @staticmethod
    def lock_holder(lock: int) -> LockHolder | None:
        """Return the session that leads at this moment by this installation's lock; None if none does. The server takes
        it from one that is dead, stopped or cut off."""
        with connection.cursor() as cursor:
            cursor.execute(LEADER_LOCK_HOLDER, [lock])
            row = cursor.fetchone()
        return None if row is None else LockHolder(*row)
