"""Jobs, their ledger and their audit, as callers see them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from operator import attrgetter
from types import MethodType
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import LabelsField, ShownPayloadField
from jobs.api.serializers.derived import HELP, Field
from jobs.api.waiting import ShownWaiting
from jobs.clock import clock
from jobs.lateness import Late, LateCause, late_of
from jobs.lateness.missing import missed_cause_of
from jobs.models import Attempt, Audit, Job
from jobs.models.querysets import OVERDUE_AFTER
from jobs.rules import ASKED
from jobs.states import Cause, State

Way = tuple[str, Callable[[Job], Any], Callable[[Any], Any] | None, Callable[[Job], Any]]
# These would make of a column's value what it is already.
AS_THEY_ARE = {
    kind.to_representation
    for kind in (serializers.BooleanField, serializers.CharField, serializers.FloatField, serializers.IntegerField)
}
# What was asked for, and stands beside what it belongs to.
ELSEWHERE = ("target", "payload", "run_at", "name", "queue", "deadline", "waits_for", "waits_for_end")

LATE = (
    "Why it started later after its time than its objective allows "
    f"({OVERDUE_AFTER.total_seconds():g} s where it has none), or could have started so long ago and has not; null: it "
    "is not late."
)
LATE_OF = "_late"  # of a job, what was found out of it


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as it is listed. `state` is the number of the table's contract, `state_name` its word."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    state_name = serializers.CharField(source="get_state_display", read_only=True)
    created_by = serializers.CharField(source="created_by.get_username", read_only=True, default=None, allow_null=True)
    calendar = serializers.CharField(source="calendar.name", read_only=True, default=None, allow_null=True)
    payload = ShownPayloadField()
    labels = LabelsField(read_only=True, help_text=ASKED["labels"].help)
    held_by = serializers.CharField(
        source="held_by.words",
        read_only=True,
        help_text="What holds a pending job back beside its time: approval, dependencies, person, key, queue.",
    )
    delay_ms = serializers.FloatField(read_only=True, allow_null=True, help_text="execute_at - run_at.")
    late_cause = serializers.SerializerMethodField(help_text=LATE)
    late_why = serializers.SerializerMethodField(
        help_text="Why, in words that follow 'it started late:'; empty where `late_cause` is null."
    )
    missed_cause = serializers.SerializerMethodField(
        help_text="Why it was skipped; null: it was not. Of the run of a schedule the word stands with its time, too."
    )
    duration_ms = serializers.FloatField(read_only=True, allow_null=True, help_text="finished_at - execute_at.")
    beyond_deadline = serializers.SerializerMethodField(help_text="It is running although its deadline has passed.")
    in_history = serializers.BooleanField(read_only=True, help_text="It is over, and has left the table of jobs.")
    remove_on = serializers.DateField(
        read_only=True, allow_null=True, help_text="The day on which it is removed from the history; null: it is not."
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id",
            "name",
            "target",
            "payload",
            "queue",
            "run_at",
            "state",
            "state_name",
            "reason",
            "created_at",
            "enqueued_at",
            "locked_at",
            "execute_at",
            "finished_at",
            "delay_ms",
            "late_cause",
            "late_why",
            "missed_cause",
            "duration_ms",
            "attempt",
            "version",
            *(name for name in ASKED if name not in ELSEWHERE),
            "asked_run_at",
            "held_by",
            "waits_for_end",
            "batch",
            "schedule",
            "nominal_at",
            "waited_for",
            "not_before",
            "joined_id",
            "deadline",
            "beyond_deadline",
            "cancel_requested_at",
            "created_by",
            "in_history",
            "remove_on",
            "redacted_at",
            "traceparent",
        )
        read_only_fields = fields
        extra_kwargs = HELP

    @extend_schema_field(serializers.ChoiceField(choices=LateCause.choices, allow_null=True))
    def get_late_cause(self, job: Job) -> str | None:
        late = self._late(job)
        return None if late is None else late.cause.value

    def get_late_why(self, job: Job) -> str:
        late = self._late(job)
        return "" if late is None else late.why

    @extend_schema_field(serializers.ChoiceField(choices=Cause.choices, allow_null=True))
    def get_missed_cause(self, job: Job) -> str | None:
        cause = missed_cause_of(job)
        return None if cause is None else cause.value

    def _late(self, job: Job) -> Late | None:
        """Return the lateness of the job, asked for all jobs of a list together."""
        known: dict[str, Any] = vars(job)
        if LATE_OF not in known:
            listed = self.parent.instance if isinstance(self.parent, serializers.ListSerializer) else None
            jobs = listed if isinstance(listed, list) else [job]
            found = late_of(jobs, clock.current())
            for one in jobs:
                vars(one)[LATE_OF] = found.get(one.pk)
        late: Late | None = known[LATE_OF]
        return late

    def get_beyond_deadline(self, job: Job) -> bool:
        return job.ends_by is not None and job.is_beyond_deadline(clock.current())


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """Start of the job, from the ledger. `log` is what its target said, `more` the count of lines that were not kept;
    `progress` is the share of its work that it has done, 0 to 1, live while it runs.
    """

    outcome_name = serializers.CharField(source="get_outcome_display", read_only=True, allow_null=True)

    class Meta:
        model = Attempt
        fields = (
            "number",
            "worker",
            "run_at",
            "locked_at",
            "started_at",
            "finished_at",
            "outcome",
            "outcome_name",
            "error",
            "result",
            "log",
            "progress",
            "progress_note",
        )
        read_only_fields = fields


class AuditSerializer(serializers.ModelSerializer[Audit]):
    """Row of a job's audit: what somebody asked of it, and why; only what took effect. `before` and `after`: what has
    changed but for its state; null where there is nothing to tell.
    """

    by = serializers.SerializerMethodField(help_text="Who asked; null: a program.")
    from_state_name = serializers.CharField(source="get_from_state_display", read_only=True, allow_null=True)
    to_state_name = serializers.CharField(source="get_to_state_display", read_only=True, allow_null=True)

    class Meta:
        model = Audit
        fields: tuple[str, ...] = (
            "at",
            "verb",
            "by",
            "reason",
            "from_state",
            "from_state_name",
            "to_state",
            "to_state_name",
            "before",
            "after",
        )
        read_only_fields = fields

    def get_by(self, audit: Audit) -> str | None:
        return audit.who or None


class QuickJobSerializer(JobSerializer):
    """A job as it is listed, where there are many of them."""

    def to_representation(self, instance: Job) -> dict[str, Any]:
        """Return what REST framework would, whose own way to a value takes longer than all that is done with it."""
        shown = {}
        for name, value_of, shown_as, default_of in self._ways:
            try:
                value = value_of(instance)
            except AttributeError:
                value = default_of(instance)  # nobody has created it: the default
            if isinstance(value, (MethodType, partial)):
                value = value()
            shown[name] = value if value is None or shown_as is None else shown_as(value)
        return shown

    @cached_property
    def _ways(self) -> list[Way]:
        return [(name, *_way(field), field.get_attribute) for name, field in self.fields.items()]


class NewestJobSerializer(ShownWaiting, QuickJobSerializer):
    """A job with its story as far as one has it that was made in this moment."""

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, *ShownWaiting.Meta.fields)
        read_only_fields = fields


class ExportedJobSerializer(QuickJobSerializer):
    """A job as it is taken out, with all that it could be asked for. The context's `waits_for` has the ids that are
    shown, by job."""

    waits_for = serializers.SerializerMethodField(help_text=ASKED["waits_for"].help)

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, "waits_for")
        read_only_fields = fields

    def get_waits_for(self, job: Job) -> list[int]:
        found: list[int] = self.context["waits_for"].get(job.pk, [])
        return found


def _way(field: Field) -> tuple[Callable[[Job], Any], Callable[[Any], Any] | None]:
    """Return how a field's value is found, and how it is shown; None: as it is."""
    if isinstance(field, serializers.PrimaryKeyRelatedField):
        return attrgetter(f"{field.source}_id"), None  # of what it belongs to, only the id is shown, and read
    shown_as = None if type(field).to_representation in AS_THEY_ARE else field.to_representation
    return (field.get_attribute if field.source == "*" else attrgetter(str(field.source))), shown_as


class JobDetailSerializer(ShownWaiting, JobSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)
    audit = AuditSerializer(many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, *ShownWaiting.Meta.fields, "attempts", "audit")
        read_only_fields = fields
