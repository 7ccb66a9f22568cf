"""A job that repeats: what each of its runs does, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from jobs.calendars import zones
from jobs.models.calendar import Calendar
from jobs.models.constraints import MOST_ATTEMPTS, MOST_OF_A_KEY, labels_are_texts
from jobs.models.described import Described, columns, described
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.payload import PayloadDecoder, PayloadEncoder
from jobs.models.querysets.schedules import ScheduleQuerySet
from jobs.states import Awaited, Blackout, CatchUp, IfLate, Overlap, Standing

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MOST_CAUGHT_UP = 1000
LONGEST_SPREAD = 86_400  # seconds

# What it has in common with a job, by the names of both.
SHARED = (
    "target",
    "payload",
    "queue",
    "rerunnable",
    "max_attempts",
    "retry_on",
    "start_within",
    "deadline",
    "if_late",
    "key_limit",
    "overlap",
    "blackout",
    "labels",
)
# Where it stands: written by jobs/transitions/schedules/ alone.
POSITION = ("accounted_until", "next_at", "next_job_id", "made")
# What nobody has asked for, and what somebody has done to it.
NOT_ASKED = (
    *("id", "created_at", "created_by_id", "anchored_at", "has_followers"),
    *("idempotency_key", "idempotency_digest", "idempotency_by_id"),
)


class Schedule(models.Model):
    """A row of `jobs_schedule`. What it has in common with a job is described in jobs/rules/new_job.py."""

    name = models.CharField(max_length=200, unique=True, help_text="On every job that it makes.")

    target = models.CharField(max_length=200)
    payload = models.JSONField(decoder=PayloadDecoder, encoder=PayloadEncoder, default=dict, blank=True)
    queue = models.CharField(max_length=100, default=DEFAULT_QUEUE)
    rerunnable = models.BooleanField(default=False)
    max_attempts = models.SmallIntegerField(default=1)
    retry_on = models.JSONField(default=list, blank=True)
    start_within = models.IntegerField(null=True, blank=True)
    deadline = models.IntegerField(null=True, blank=True)
    if_late = models.CharField(max_length=10, choices=IfLate.choices, default=IfLate.SKIP)
    key = models.CharField(max_length=200, blank=True, default="", help_text="Empty: its own.")
    key_limit = models.SmallIntegerField(default=1)
    overlap = models.CharField(max_length=10, choices=Overlap.choices, default=Overlap.SKIP)
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules")
    blackout = models.CharField(max_length=10, choices=Blackout.choices, default=Blackout.SKIP)
    labels = models.JSONField(default=dict, db_default={}, blank=True, help_text="On every job that it makes.")

    dialect = models.CharField(max_length=20, help_text="The language of the expression.")
    expression = models.TextField(help_text="When it starts.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Whose wall clock the expression means.")
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="The first moment; intervals are counted from it. Empty: from now on."
    )
    ends_at = models.DateTimeField(null=True, blank=True, help_text="The last moment. Empty: for ever.")
    most_runs = models.IntegerField(null=True, blank=True, help_text="How many times it has. Empty: any number.")
    spread = models.IntegerField(
        default=0, help_text="Seconds over which schedules are spread: each starts later by its own part of them."
    )
    catch_up = models.CharField(max_length=10, choices=CatchUp.choices, default=CatchUp.LATEST)
    catch_up_limit = models.IntegerField(default=10, help_text="How many are made up for at most, the latest.")

    # No relation: one that is deleted is waited for no more, and the audit shows this as any other column.
    after_ids = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="The schedules after which it comes.",
    )
    after_end = models.CharField(
        max_length=10, choices=Awaited.choices, default=Awaited.SUCCESS, db_default=Awaited.SUCCESS
    )
    has_followers = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Whether others may come after it."
    )

    enabled = models.BooleanField(default=True)
    # Only of what is switched off: whoever does not know of it starts nothing.
    shadow = models.BooleanField(
        default=False, db_default=False, help_text="It notes when it would have started, and starts nothing."
    )
    paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="Empty: until it is resumed.")
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    pause_reason = models.TextField(blank=True, default="", editable=False)
    problem = models.TextField(blank=True, default="", editable=False, help_text="Why it cannot go on.")

    declared_in = models.TextField(
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The file that declares it. Empty: a person has made it.",
    )
    anchored_at = models.DateTimeField(editable=False, help_text="What intervals are counted from.")
    accounted_until = models.DateTimeField(
        editable=False, help_text="Every nominal time up to this one has its job or its cause."
    )
    next_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="The nominal time that comes next.")
    next_job_id = models.BigIntegerField(null=True, blank=True, editable=False, help_text="The job of the next run.")
    made = models.IntegerField(default=0, editable=False, help_text="How many nominal times there have been.")
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    # The request that has made it, and whose it was: `created_by` becomes whoever says later what runs. Without a
    # constraint: it stays when the account is deleted, and no other gets its id.
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)
    idempotency_digest = models.CharField(max_length=64, null=True, blank=True, editable=False)
    idempotency_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("control_schedule", "Can pause, resume and backfill schedules, and change single runs")]
        indexes = [
            # Those whose time has come although nobody has moved them on: the leader looks, and finds few.
            models.Index(fields=["next_at", "id"], condition=Q(next_at__isnull=False), name="jobs_schedule_next"),
            # Who comes after one: most come after none, and are not in it.
            GinIndex(fields=["after_ids"], condition=~Q(after_ids=[]), name="jobs_schedule_after"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(expression=""), name="jobs_schedule_named"),
            models.CheckConstraint(
                condition=Q(
                    overlap__in=Overlap.values,
                    blackout__in=Blackout.values,
                    if_late__in=IfLate.values,
                    catch_up__in=CatchUp.values,
                ),
                name="jobs_schedule_policies_known",
            ),
            models.CheckConstraint(
                condition=Q(key_limit__gte=1, key_limit__lte=MOST_OF_A_KEY)
                & Q(max_attempts__gte=1, max_attempts__lte=MOST_ATTEMPTS)
                & Q(catch_up_limit__gte=1, catch_up_limit__lte=MOST_CAUGHT_UP)
                & Q(spread__gte=0, spread__lte=LONGEST_SPREAD)
                & (Q(deadline__isnull=True) | Q(deadline__gte=1))
                & (Q(start_within__isnull=True) | Q(start_within__gte=1))
                & (Q(most_runs__isnull=True) | Q(most_runs__gte=1)),
                name="jobs_schedule_numbers_bounded",
            ),
            models.CheckConstraint(condition=Q(after_end__in=Awaited.values), name="jobs_schedule_after_end_known"),
            models.CheckConstraint(
                condition=Q(next_at__isnull=False) | Q(next_job_id__isnull=True), name="jobs_schedule_job_has_a_time"
            ),
            models.CheckConstraint(condition=Q(enabled=False) | Q(shadow=False), name="jobs_schedule_shadow_is_off"),
            labels_are_texts("jobs_schedule_labels_are_texts"),
            models.UniqueConstraint(
                fields=["idempotency_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_schedule_idempotency_key_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def described(self) -> Described:
        return described(self, columns(Schedule, *NOT_ASKED, *POSITION))

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock its expression means. Raises KeyError, ValueError or OSError for an unknown one."""
        return zones.find(self.time_zone)

    @property
    def shared_key(self) -> str | None:
        """The key of its runs; None where nothing keeps them apart."""
        return self.key or (None if self.overlap == Overlap.ALLOW else f"schedule:{self.pk}")

    @property
    def offset(self) -> timedelta:
        """The part of its spread by which it starts after its nominal times; equal for all of them."""
        if not self.spread:
            return timedelta()
        return timedelta(milliseconds=crc32(f"schedule:{self.pk}".encode()) % (self.spread * 1000))

    @property
    def is_reckoned(self) -> bool:
        """Tell whether its nominal times get their jobs or, in shadow, their notes."""
        return self.enabled or self.shadow

    def is_paused(self, moment: datetime) -> bool:
        """Return whether a pause covers this moment."""
        if self.paused_at is None or moment < self.paused_at:
            return False
        return self.paused_until is None or moment < self.paused_until

    def standing(self, now: datetime) -> Standing:
        """Return how it is."""
        if self.problem:
            return Standing.BROKEN
        if not self.is_reckoned:
            return Standing.OFF
        if self.is_paused(now):
            return Standing.PAUSED
        if self.next_at is None:
            return Standing.ENDED
        return Standing.SHADOW if self.shadow else Standing.ON
