"""Jobs: each is a thing to be started once, at `run_at`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.text import Truncator

from jobs.models import moments
from jobs.models.calendar import Calendar
from jobs.models.constraints import CONSTRAINTS, INDEXES, LONGEST_QUEUE
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets import JobQuerySet
from jobs.states import FINAL, Awaited, Blackout, Hold, IfLate, Overlap, State

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

DEFAULT_QUEUE = "default"


class Job(models.Model):
    """A row of `jobs_job`: the table is an API, so every column but `target`, `payload` and `run_at` has a
    default in the database, and the database itself refuses what cannot be true.

    What can be asked for is described in jobs/rules/new_job.py; help stands here with what becomes of it."""

    name = models.CharField(max_length=200, blank=True, db_default="")
    target = models.CharField(max_length=200)
    payload = models.JSONField(
        decoder=PayloadDecoder,
        encoder=PayloadEncoder,
    )
    queue = models.CharField(max_length=LONGEST_QUEUE, db_default=DEFAULT_QUEUE)
    run_at = models.DateTimeField()
    labels = models.JSONField(default=dict, db_default={}, blank=True)

    state = models.SmallIntegerField(choices=State.choices, db_default=State.PENDING)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    enqueued_at = models.DateTimeField(null=True, blank=True, editable=False)
    locked_at = models.DateTimeField(null=True, blank=True, editable=False)
    execute_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.TextField(blank=True, db_default="", editable=False, help_text="Why it is in its state.")

    # An edit bumps `version`, so that a message published before it acquires nothing.
    version = models.PositiveIntegerField(db_default=1, editable=False)
    deliveries = models.PositiveSmallIntegerField(db_default=0, editable=False, help_text="Messages published for it.")
    attempt = models.PositiveIntegerField(db_default=0, editable=False, help_text="Number of its latest start.")

    # When its worker vanishes after the start, the job is held for a person, or started again up to a bound.
    rerunnable = models.BooleanField(db_default=False)
    # Not a PositiveSmallIntegerField: the CHECK that comes with it would read a big table under its lock.
    max_attempts = models.SmallIntegerField(db_default=1)

    retry_on = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
    )

    # Not a PositiveIntegerField: see max_attempts.
    start_within = models.IntegerField(null=True, blank=True)

    # Causes that may hold it back at its time: the others of its key, the rules of its queue, somebody's approval.
    key = models.CharField(max_length=200, null=True, blank=True)
    key_limit = models.SmallIntegerField(db_default=1)
    overlap = models.CharField(
        max_length=10,
        choices=Overlap.choices,
        db_default=Overlap.QUEUE,
    )
    if_late = models.CharField(
        max_length=10,
        choices=IfLate.choices,
        db_default=IfLate.SKIP,
    )

    # When it may not start at all. The index that the foreign key needs is in INDEXES: most jobs are not in it.
    calendar = models.ForeignKey(
        Calendar,
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="jobs",
    )
    blackout = models.CharField(
        max_length=10,
        choices=Blackout.choices,
        db_default=Blackout.NEXT,
    )
    asked_run_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was to start, if its calendar has moved it."
    )
    calendar_waived = models.BooleanField(
        db_default=False, editable=False, help_text="Its next start was told by a person, who goes over its calendar."
    )

    # The jobs that it waits for stand in jobs_dependency; empty for those that wait for nothing.
    waits_for_end = models.CharField(
        max_length=10,
        choices=Awaited.choices,
        null=True,
        blank=True,
    )
    has_dependents = models.BooleanField(db_default=False, editable=False, help_text="Whether others may wait for it.")
    # The constraint is the database's own, ON DELETE SET NULL, and the index is partial: see 0018 and 0019.
    batch = models.ForeignKey(
        "jobs.Batch",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="jobs",
        db_constraint=False,
        db_index=False,
        help_text="The batch that it belongs to.",
    )
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    holds = models.SmallIntegerField(db_default=0, editable=False, help_text="What it waits for: the sum of its Holds.")
    not_before = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it may start, later than run_at, by a rate."
    )
    turn_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When its turn came, if it waited.")
    waited_for = models.TextField(blank=True, db_default="", editable=False, help_text="What held it back last.")
    joined_id = models.BigIntegerField(null=True, blank=True, editable=False, help_text="The run that stood for it.")
    deadline = models.IntegerField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Its index is in INDEXES, as with the calendar.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # No constraint: its jobs stay when a trigger is forgotten, and nobody looks for them by it.
    trigger = models.ForeignKey(
        "jobs.Trigger",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The trigger that has started it.",
    )
    # As with a trigger. Which nominal times have their job is for jobs_occurrence to say.
    schedule = models.ForeignKey(
        "jobs.Schedule",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The schedule that has made it.",
    )
    nominal_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The time of its schedule that it stands for."
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)
    # Of what was asked for with that key: jobs/rules/asked.py. Null without one, and in rows of before 0020.
    idempotency_digest = models.CharField(max_length=64, null=True, blank=True, editable=False)

    redacted_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When what it held was taken away; null: it is all there."
    )

    traceparent = models.TextField(
        null=True, blank=True, editable=False, help_text="The trace of whoever has created it, as W3C writes it."
    )

    objects = JobQuerySet.as_manager()

    read_at: datetime  # only on rows from `acquirable`

    in_history = False  # True on one that was read from there: it has left the table (jobs/models/history.py)
    remove_on: date | None = None  # the day on which it is removed from there; None: it is kept
    left_waits_for: list[int]  # only there: the ids of the jobs that it waited for
    left_dependents: list[int]  # only there: of those that waited for it

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("control_job", "Can cancel, run now, retry and reschedule jobs"),
            ("approve_job", "Can approve jobs of others"),
            ("view_secrets", "Can see what is secret in arguments"),
            ("redact_job", "Can redact jobs: take away what they were given and have returned"),
        ]
        indexes = INDEXES
        constraints = CONSTRAINTS

    def __str__(self) -> str:
        return f"job {self.pk} ({Truncator(self.name or self.target).chars(60)})"

    @property
    def due(self) -> datetime:
        """The moment at which it may start: its `run_at`, or later by a rate."""
        return moments.due(self.run_at, self.not_before)

    @property
    def held_by(self) -> Hold:
        """The holds that it waits for; none for a job that may start at its time."""
        return Hold(self.holds)

    @property
    def delay_ms(self) -> float | None:
        """The milliseconds from `run_at` to the entry of the body; None before the start, and where it was not
        measured."""
        if self.execute_at is None or self.is_confirmed:
            return None
        return (self.execute_at - self.run_at).total_seconds() * 1000

    @property
    def duration_ms(self) -> float | None:
        """The milliseconds that the body took; None unless it has started and ended, and was measured."""
        if self.execute_at is None or self.finished_at is None or self.is_confirmed:
            return None
        return (self.finished_at - self.execute_at).total_seconds() * 1000

    @property
    def ends_by(self) -> datetime | None:
        """The moment at which its deadline passes or has passed; None before its row is taken, and without one."""
        return None if self.locked_at is None else moments.ends_by(self.run_at, self.locked_at, self.deadline)

    def is_beyond_deadline(self, now: datetime) -> bool:
        """Return whether it runs longer than it may."""
        return self.state == State.RUNNING and self.ends_by is not None and self.ends_by < now

    @property
    def is_confirmed(self) -> bool:
        """Is true for a job completed by a person's word: a body that ends by itself leaves no reason. Then
        `execute_at` is the earliest moment at which the body can have been entered, not a measurement."""
        has_reason: bool | None = getattr(self, "has_reason", None)  # lists read this instead of the text
        return self.state == State.COMPLETED and bool(self.reason if has_reason is None else has_reason)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


NEXT_VERSION: Combinable = F("version") + 1
