"""One thing to be started once, at `run_at`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

from jobs.models.payload import PayloadDecoder
from jobs.models.querysets import JobQuerySet
from jobs.states import FINAL, State

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

# Python's datetime ends with the year 9999; one row beyond it would break every reader of the table.
LATEST_RUN_AT = datetime(9999, 12, 31, tzinfo=UTC)
EARLIEST_RUN_AT = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_QUEUE = "default"
# What SQL may put into one row, in bytes; JOBS_PAYLOAD_LIMIT, which the other ways in obey, is stricter.
PAYLOAD_CEILING = 1024 * 1024
# Not the names that brokers keep for themselves: `_kombu...` and `unacked...` on Redis, `amq.` on RabbitMQ.
QUEUE_PATTERN = r"^(?!unacked|amq[.])[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
MOST_ATTEMPTS = 100
MOMENTS = ("created_at", "enqueued_at", "locked_at", "execute_at", "finished_at")


class Job(models.Model):
    """A row of `jobs_job`: the table is an API, so every column but `target`, `payload` and `run_at` has a
    default in the database, and the database itself refuses what cannot be true."""

    name = models.CharField(max_length=200, blank=True, db_default="", help_text="For people; need not be unique.")
    target = models.CharField(max_length=200, help_text="The registered name of what is called.")
    payload = models.JSONField(
        decoder=PayloadDecoder, help_text='Its arguments, a JSON object such as {"seconds": 0.1}.'
    )
    queue = models.CharField(max_length=100, db_default=DEFAULT_QUEUE, help_text="Which workers may take it.")
    run_at = models.DateTimeField(help_text="When it starts (stored in UTC).")

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

    # What happens when its worker vanishes after the start: held for a person, or started again up to a bound.
    rerunnable = models.BooleanField(db_default=False, help_text="Running it twice does no harm.")
    # Not a PositiveSmallIntegerField: the CHECK that comes with it would read a big table under its lock.
    max_attempts = models.SmallIntegerField(db_default=1, help_text="How many starts it may have, if rerunnable.")

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, editable=False)

    objects = JobQuerySet.as_manager()

    read_at: datetime  # only on rows from `acquirable`

    class Meta:
        ordering = ["-id"]
        permissions = [("control_job", "Can cancel, run now, retry and reschedule jobs")]
        indexes = [
            # The one list query of a window reads this and nothing else.
            models.Index(fields=["run_at", "id"], condition=Q(state=State.PENDING), name="jobs_pending_run_at"),
            models.Index(fields=["locked_at"], condition=Q(state=State.RUNNING), name="jobs_running"),
            models.Index(
                fields=["-finished_at"],
                condition=Q(state__in=sorted(FINAL)),
                name="jobs_final_finished",
            ),
            models.Index(fields=["-run_at"], name="jobs_run_at"),
            # Those that wait for a person, however long ago they were interrupted.
            models.Index(fields=["-finished_at"], condition=Q(state=State.INTERRUPTED), name="jobs_interrupted"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="jobs_state_known"),
            models.CheckConstraint(
                condition=Q(run_at__gte=EARLIEST_RUN_AT, run_at__lt=LATEST_RUN_AT),
                name="jobs_run_at_in_range",
            ),
            models.CheckConstraint(condition=Q(queue__regex=QUEUE_PATTERN), name="jobs_queue_named"),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    models.Func("payload", function="pg_column_size", output_field=models.IntegerField()),
                    PAYLOAD_CEILING,
                ),
                name="jobs_payload_bounded",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PENDING)
                | Q(locked_at__isnull=True, execute_at__isnull=True, finished_at__isnull=True),
                name="jobs_pending_is_untouched",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.RUNNING) | Q(locked_at__isnull=False, finished_at__isnull=True, attempt__gt=0),
                name="jobs_running_is_locked",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.COMPLETED)
                | Q(
                    locked_at__isnull=False,
                    execute_at__isnull=False,
                    finished_at__isnull=False,
                    attempt__gt=0,
                ),
                name="jobs_completed_has_run",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[State.PENDING, State.RUNNING]) | Q(finished_at__isnull=False),
                name="jobs_final_is_finished",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.CANCELLED, State.SKIPPED]) | Q(locked_at__isnull=True),
                name="jobs_cancelled_never_ran",
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1, max_attempts__lte=MOST_ATTEMPTS), name="jobs_max_attempts_bounded"
            ),
            models.CheckConstraint(condition=Q(rerunnable=True) | Q(max_attempts=1), name="jobs_starts_as_declared"),
            # 'infinity' breaks every reader, and an `enqueued_at` so late hides a job from the list query.
            # An empty one makes its part NULL, which a CHECK lets pass.
            models.CheckConstraint(
                condition=Q(*((f"{name}__gte", EARLIEST_RUN_AT) for name in MOMENTS))
                & Q(*((f"{name}__lt", LATEST_RUN_AT) for name in MOMENTS)),
                name="jobs_moments_in_range",
            ),
            # Not for jobs without a creator: those of two deleted accounts may have the same key.
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_idempotency_key_once",
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} ({self.name or self.target})"

    @property
    def delay_ms(self) -> float | None:
        """How late the body was entered, in milliseconds; None before the start, and where it was not measured."""
        if self.execute_at is None or self.is_confirmed:
            return None
        return (self.execute_at - self.run_at).total_seconds() * 1000

    @property
    def duration_ms(self) -> float | None:
        """How long the body took, in milliseconds; None unless it has started and ended, and was measured."""
        if self.execute_at is None or self.finished_at is None or self.is_confirmed:
            return None
        return (self.finished_at - self.execute_at).total_seconds() * 1000

    @property
    def is_confirmed(self) -> bool:
        """Completed by a person's word: a body that ends by itself leaves no reason. Then `execute_at` is the
        earliest moment at which the body can have been entered, not a measurement."""
        has_reason: bool | None = getattr(self, "has_reason", None)  # lists read this instead of the text
        return self.state == State.COMPLETED and bool(self.reason if has_reason is None else has_reason)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


NEXT_VERSION: Combinable = F("version") + 1
