"""The constraints by which the database itself refuses jobs, and the indexes that its few questions read."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, LessThanOrEqual

from jobs import traceparent
from jobs.models.holding import bit_is_set
from jobs.states import FINAL, Awaited, Blackout, Hold, IfLate, Overlap, State

# Python's datetime ends with the year 9999; one row beyond it would break every reader of the table.
LATEST_RUN_AT = datetime(9999, 12, 31, tzinfo=UTC)
EARLIEST_RUN_AT = datetime(1970, 1, 1, tzinfo=UTC)
# The payload that SQL may put into one row, in bytes; JOBS_PAYLOAD_LIMIT, which the other ways in obey, is stricter.
PAYLOAD_CEILING = 1024 * 1024
# Not the names that brokers keep for themselves: `_kombu...` and `unacked...` on Redis, `amq.` on RabbitMQ.
QUEUE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
OF_BROKERS = ("unacked", "amq.")
LONGEST_QUEUE = 100  # characters
MOST_ATTEMPTS = 100
MOST_OF_A_KEY = 1000
MOST_WAITED_FOR = 1000  # by one job
MOST_PAIRS = 10_000  # of a job and one that it waits for, in one request: a quarter of a second
LABELS_CEILING = 8192  # bytes that SQL may put into one row; what the rules let pass has no more
MOMENTS = ("created_at", "enqueued_at", "locked_at", "execute_at", "finished_at")


def labels_are_texts(name: str) -> models.CheckConstraint:
    """Return the constraint that labels are a JSON object of texts, and not many. What has none is looked at no
    further: most rows."""
    none, kind, size, other = (
        Q(labels={}),
        models.Func("labels", function="jsonb_typeof", output_field=models.TextField()),
        models.Func("labels", function="pg_column_size", output_field=models.IntegerField()),
        models.Func(
            "labels",
            Value('strict $.* ? (@.type() != "string")'),
            function="jsonb_path_exists",
            output_field=models.BooleanField(),
        ),
    )
    texts = Q(Exact(kind, "object"), LessThanOrEqual(size, LABELS_CEILING), Exact(other, Value(False)))
    return models.CheckConstraint(condition=none | texts, name=name)


INDEXES: list[models.Index] = [
    # The one list query of a window reads this and nothing else.
    models.Index(Coalesce("not_before", "run_at"), F("id"), condition=Q(state=State.PENDING, holds=0), name="jobs_due"),
    # Jobs of a key that have not started: a call of a trigger looks for one that is due.
    models.Index(
        fields=["key", "run_at", "id"], condition=Q(state=State.PENDING, key__isnull=False), name="jobs_pending_key"
    ),
    # The lines of the limits, each exactly those who wait for it: its head is one probe, however long it is.
    models.Index(
        fields=["key", "run_at", "id"],
        condition=Q(Q(state=State.PENDING), bit_is_set(Hold.KEY)),
        name="jobs_line_of_key",
    ),
    models.Index(
        fields=["queue", "run_at", "id"],
        condition=Q(Q(state=State.PENDING), bit_is_set(Hold.QUEUE)),
        name="jobs_line_of_queue",
    ),
    # All that are held, by whatever.
    models.Index(fields=["queue", "run_at", "id"], condition=Q(Q(state=State.PENDING), ~Q(holds=0)), name="jobs_held"),
    # Runs of schedules that wait for those of others: whose they are, and whose time is near.
    models.Index(
        fields=["schedule", "run_at"],
        condition=Q(Q(state=State.PENDING), bit_is_set(Hold.DEPENDENCIES), Q(nominal_at__isnull=False)),
        name="jobs_waiting_runs",
    ),
    models.Index(fields=["locked_at"], condition=Q(state=State.RUNNING), name="jobs_running"),
    models.Index(
        fields=["-finished_at"],
        condition=Q(state__in=sorted(FINAL)),
        name="jobs_final_finished",
    ),
    models.Index(fields=["-run_at"], name="jobs_run_at"),
    models.Index(fields=["batch", "state"], condition=Q(batch__isnull=False), name="jobs_of_batch"),
    # Jobs that wait for a person, however long ago they were interrupted.
    models.Index(fields=["-finished_at"], condition=Q(state=State.INTERRUPTED), name="jobs_interrupted"),
    # Whose jobs they were when an account is deleted.
    models.Index(fields=["created_by"], condition=Q(created_by__isnull=False), name="jobs_of_creator"),
    # Whether anybody uses a calendar that is to be deleted.
    models.Index(fields=["calendar"], condition=Q(calendar__isnull=False), name="jobs_of_calendar"),
    # Jobs by their labels, those without any left out. Not `fastupdate`: a start would write what many have put off.
    GinIndex(
        fields=["labels"],
        opclasses=["jsonb_path_ops"],
        fastupdate=False,
        condition=~Q(labels={}),
        name="jobs_labels",
    ),
]

CONSTRAINTS: list[models.BaseConstraint] = [
    models.CheckConstraint(condition=Q(state__in=State.values), name="jobs_state_known"),
    models.CheckConstraint(
        condition=Q(run_at__gte=EARLIEST_RUN_AT, run_at__lt=LATEST_RUN_AT),
        name="jobs_run_at_in_range",
    ),
    # A job is written four times. As one pattern, with a look-ahead and a bound of 99, this costs forty times as much.
    # How long a name may be says the column.
    models.CheckConstraint(
        condition=Q(Q(queue__regex=QUEUE_PATTERN), *(~Q(queue__startswith=begin) for begin in OF_BROKERS)),
        name="jobs_queue_named",
    ),
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
    models.CheckConstraint(
        condition=Q(
            Exact(models.Func("retry_on", function="jsonb_typeof", output_field=models.TextField()), "array"),
            Q(rerunnable=True) | Q(retry_on=[]),
        ),
        name="jobs_retries_as_declared",
    ),
    models.CheckConstraint(condition=Q(start_within__gt=0), name="jobs_start_within_positive"),
    models.CheckConstraint(condition=Q(deadline__gt=0), name="jobs_deadline_positive"),
    # A job that is asked to stop before it has started is cancelled: then it never ran.
    models.CheckConstraint(
        condition=Q(cancel_requested_at__isnull=True)
        | Q(
            ~Q(state__in=[State.PENDING, State.CANCELLED, State.SKIPPED]),
            cancel_requested_at__gte=EARLIEST_RUN_AT,
            cancel_requested_at__lt=LATEST_RUN_AT,
        ),
        name="jobs_asked_to_stop_has_run",
    ),
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
    models.CheckConstraint(condition=Q(key_limit__gte=1, key_limit__lte=MOST_OF_A_KEY), name="jobs_key_limit_bounded"),
    models.CheckConstraint(condition=~Q(key=""), name="jobs_key_not_empty"),
    models.CheckConstraint(
        condition=Q(overlap__in=Overlap.values, if_late__in=IfLate.values), name="jobs_policies_known"
    ),
    # Whatever leaves PENDING is held by nothing any more.
    models.CheckConstraint(condition=Q(holds=0) | Q(state=State.PENDING, holds__gt=0), name="jobs_only_pending_held"),
    models.CheckConstraint(condition=Q(waits_for_end__in=Awaited.values), name="jobs_waits_for_end_known"),
    models.CheckConstraint(
        condition=Q(not_before__gte=EARLIEST_RUN_AT, not_before__lt=LATEST_RUN_AT), name="jobs_not_before_in_range"
    ),
    models.CheckConstraint(condition=Q(blackout__in=Blackout.values), name="jobs_blackout_known"),
    models.CheckConstraint(
        condition=Q(asked_run_at__gte=EARLIEST_RUN_AT, asked_run_at__lt=LATEST_RUN_AT),
        name="jobs_asked_run_at_in_range",
    ),
    labels_are_texts("jobs_labels_are_texts"),
    # What it was to do is not known any more: it starts no more.
    models.CheckConstraint(
        condition=Q(redacted_at__isnull=True) | Q(state__in=sorted(FINAL)), name="jobs_redacted_is_over"
    ),
    models.CheckConstraint(condition=Q(traceparent__regex=traceparent.PATTERN), name="jobs_traceparent_written_so"),
]
