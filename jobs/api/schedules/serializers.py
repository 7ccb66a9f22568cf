"""Schedules and their runs as they are given and shown."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import LabelsField, MomentField, PayloadField, ShownPayloadField, Strict, TextField
from jobs.api.serializers.derived import Field, field_for
from jobs.clock import clock
from jobs.models import Occurrence, OccurrenceChange, Schedule
from jobs.recurrence import BadExpression, parse
from jobs.recurrence.words import in_words
from jobs.rules import SCHEDULE_ASKED
from jobs.states import Standing

WHY = "Why, for those who look at it later."
MOST_CHANGES = 100  # of later runs that are shown


class NewScheduleSerializer(Strict):
    """Definition of a schedule: NewSchedule's fields. What is left out has its default."""

    unneeded: ClassVar[tuple[str, ...]] = ()

    def get_fields(self) -> dict[str, Field]:
        own = super().get_fields()
        changes: dict[str, dict[str, Any]] = {"payload": {"default": dict}}
        changes |= {name: {"required": False} for name in self.unneeded}
        return {**{name: field_for(asked, **changes.get(name, {})) for name, asked in SCHEDULE_ASKED.items()}, **own}


class ChangedScheduleSerializer(NewScheduleSerializer):
    reason = TextField(default="", help_text=WHY)


class LookedAtSerializer(NewScheduleSerializer):
    """Schedule as far as it is known before it is saved: its language and expression at least."""

    unneeded = ("name", "target")

    schedule = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        error_messages={"invalid": "This is not a whole number; give the id of a schedule."},
        help_text="The id of the one that shall become this.",
    )
    viewer_zone = TextField(required=False, help_text="Whose times shall stand beside those of the schedule's zone.")


class PauseScheduleSerializer(Strict):
    until = MomentField(default=None, allow_null=True, help_text="When it goes on. Null: when somebody resumes it.")
    reason = TextField(default="", help_text=WHY)


class ReasonSerializer(Strict):
    reason = TextField(default="", help_text=WHY)


class MoveRunSerializer(ReasonSerializer):
    run_at = MomentField(help_text="When it starts instead: ISO 8601 with a zone.")


class ArgumentsSerializer(ReasonSerializer):
    payload = PayloadField(help_text="Its own arguments, in the place of the schedule's.")


class ShownScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """A schedule as it is listed."""

    payload = ShownPayloadField()
    labels = LabelsField(read_only=True, help_text=SCHEDULE_ASKED["labels"].help)
    calendar = serializers.CharField(source="calendar.name", read_only=True, default=None, allow_null=True)
    after = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField(
        help_text="on, paused, shadow, off, ended: nothing comes, or broken: problem."
    )
    next_run_at = serializers.SerializerMethodField(
        help_text="When the run of that time starts: later by its part of the spread, or as its calendar or somebody "
        "has moved it."
    )
    paused_by = serializers.CharField(source="paused_by.get_username", read_only=True, default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.get_username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Schedule
        fields: tuple[str, ...] = (
            "id",
            "standing",
            *SCHEDULE_ASKED,
            "next_at",
            "next_run_at",
            "next_job_id",
            "problem",
            "paused_at",
            "paused_until",
            "paused_by",
            "pause_reason",
            "declared_in",
            "made",
            "accounted_until",
            "created_at",
            "created_by",
        )
        read_only_fields = fields
        extra_kwargs: ClassVar[dict[str, Any]] = {
            name: {"help_text": asked.help}
            for name, asked in SCHEDULE_ASKED.items()
            if name not in ("calendar", "after")
        }

    @extend_schema_field(serializers.ListField(child=serializers.CharField(), help_text=SCHEDULE_ASKED["after"].help))
    def get_after(self, schedule: Schedule) -> list[str]:
        names = self.context["names"]
        return sorted(names[pk] for pk in schedule.after_ids if pk in names)

    @extend_schema_field(serializers.ChoiceField(choices=Standing.choices))
    def get_standing(self, schedule: Schedule) -> Standing:
        return schedule.standing(clock.current())

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_run_at(self, schedule: Schedule) -> str | None:
        job = self.context["jobs"].get(schedule.next_job_id)
        return None if job is None else serializers.DateTimeField().to_representation(job.run_at)


class ChangeOfRunSerializer(serializers.ModelSerializer[OccurrenceChange]):
    """Wish of a person for one later run."""

    payload = ShownPayloadField(allow_null=True)
    by = serializers.CharField(source="by.get_username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = OccurrenceChange
        fields = ("nominal_at", "skipped", "run_at", "payload", "reason", "at", "by")
        read_only_fields = fields


class ScheduleDetailSerializer(ShownScheduleSerializer):
    meaning = serializers.SerializerMethodField(help_text="What its expression means, in words.")
    changes = serializers.SerializerMethodField(
        help_text=f"What people want of single runs that have no job yet, soonest first; {MOST_CHANGES} at most."
    )

    class Meta(ShownScheduleSerializer.Meta):
        fields = (*ShownScheduleSerializer.Meta.fields, "meaning", "changes")
        read_only_fields = fields

    def get_meaning(self, schedule: Schedule) -> str:
        try:
            return in_words(parse(schedule.dialect, schedule.expression, name=schedule.name))
        except BadExpression:
            return ""

    @extend_schema_field(ChangeOfRunSerializer(many=True))
    def get_changes(self, schedule: Schedule) -> Any:
        later = schedule.changes.select_related("by").filter(nominal_at__gt=schedule.accounted_until)[:MOST_CHANGES]
        for one in later:
            one.schedule = schedule  # which says what of its arguments is secret
        return ChangeOfRunSerializer(later, many=True, context=self.context).data


class JobOfRunSerializer(serializers.Serializer[Any]):
    """State of the job of a run."""

    id = serializers.IntegerField()
    state = serializers.IntegerField()
    state_name = serializers.CharField(source="get_state_display")
    run_at = serializers.DateTimeField()
    execute_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    delay_ms = serializers.FloatField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)


class RunOfScheduleSerializer(serializers.ModelSerializer[Occurrence]):
    """A nominal time with its job, or why it has not started; or several in a row that have one cause."""

    job_id = serializers.IntegerField(allow_null=True, help_text="Its job; it may have been deleted since.")
    job = serializers.SerializerMethodField()
    cause_name = serializers.CharField(source="get_cause_display", read_only=True, allow_null=True)
    by = serializers.CharField(source="by.get_username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Occurrence
        fields: tuple[str, ...] = (
            *("nominal_at", "number", "until", "count", "cause", "cause_name", "why", "by", "noted_at"),
            *("job_id", "job"),
        )
        read_only_fields = fields

    @extend_schema_field(JobOfRunSerializer(allow_null=True))
    def get_job(self, run: Occurrence) -> Any:
        job = self.context["jobs"].get(run.job_id)
        return None if job is None else JobOfRunSerializer(job).data


class MissedSerializer(RunOfScheduleSerializer):
    schedule_name = serializers.CharField(source="schedule.name", read_only=True)

    class Meta(RunOfScheduleSerializer.Meta):
        fields = ("schedule", "schedule_name", *RunOfScheduleSerializer.Meta.fields)
        read_only_fields = fields


class SaidSerializer(serializers.Serializer[Any]):
    """Report of what was done, in a sentence."""

    detail = serializers.CharField()
    schedule = ShownScheduleSerializer()


class ChangedRunSerializer(SaidSerializer):
    run = RunOfScheduleSerializer(allow_null=True, help_text="Null where it has no job yet.")
    change = ChangeOfRunSerializer(allow_null=True, help_text="What is wanted of it until then.")


class StartSerializer(serializers.Serializer[Any]):
    """A start that comes."""

    nominal_at = serializers.DateTimeField(help_text="The instant that the expression means.")
    run_at = serializers.DateTimeField(help_text="When it starts, at the earliest.")
    latest_at = serializers.DateTimeField(help_text="And at the latest: its part of the spread may not be known yet.")
    words = serializers.CharField(help_text="The earliest in words, in the schedule's zone.")
    in_zone = serializers.SerializerMethodField(help_text="With the offset of the schedule's zone.")
    in_viewer_zone = serializers.SerializerMethodField(help_text="With the offset of the viewer's zone.")
    clock_change = serializers.CharField(help_text="What clocks do to it; empty where they do nothing.")
    closed = serializers.CharField(help_text="Why its calendar is closed then; empty where it is not.")
    becomes = serializers.CharField(help_text="What becomes of it then.")
    moved_to = serializers.DateTimeField(allow_null=True, help_text="When its calendar has it start instead.")
    planned = serializers.IntegerField(
        help_text="How many jobs that the caller sees are planned for its minute already, among the first 10,000; of "
        "each other schedule the next run."
    )

    @extend_schema_field(serializers.DateTimeField())
    def get_in_zone(self, start: Any) -> str:
        return str(start.in_zone.isoformat())

    @extend_schema_field(serializers.DateTimeField())
    def get_in_viewer_zone(self, start: Any) -> str:
        return str(start.in_viewer_zone.isoformat())


class PreviewSerializer(serializers.Serializer[Any]):
    """Meaning of a schedule, and its next starts."""

    meaning = serializers.CharField()
    spread = serializers.CharField(help_text="What its spread does; empty where it has none.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What is otherwise than where it is from.")
    zone = serializers.CharField()
    viewer_zone = serializers.CharField()
    starts = StartSerializer(many=True)
    is_all = serializers.BooleanField(help_text="No start comes after these.")
