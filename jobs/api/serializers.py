"""JSON and forms to Python types and back. What is a good job is not said here but in jobs/rules.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api import reading
from jobs.models import Attempt, Job, Leadership, Worker
from jobs.models.job import DEFAULT_QUEUE
from jobs.states import State

FORM_EXTRAS = {"csrfmiddlewaretoken"}  # what a browser's form carries beside its fields


class Strict(serializers.Serializer[Any]):
    """Refuses names that it does not know, instead of ignoring what somebody has misspelt."""

    what = "field"

    def to_internal_value(self, data: Any) -> Any:
        if not hasattr(data, "keys"):
            kind = "a list" if isinstance(data, list) else f"the {type(data).__name__} {data!r:.40}"
            raise serializers.ValidationError(
                {"body": f'The body must be a JSON object such as {{"target": "demo.noop"}}, not {kind}.'}
            )
        writable = [name for name, field in self.fields.items() if not field.read_only]
        known = ", ".join(writable) or "none"
        unknown = set(data) - set(writable) - FORM_EXTRAS
        if unknown:
            raise serializers.ValidationError(
                dict.fromkeys(sorted(unknown), f"There is no {self.what} of this name; known are: {known}.")
            )
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text as it was sent. Its length and its characters are for the rules to judge."""

    default_error_messages = {"invalid": "This must be text in quotes."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_blank": True, "trim_whitespace": False, **kwargs})
        self.validators = []

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return data


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.Field[Any, Any, Any, Any]):
    """An ISO 8601 time; naive where it names no zone, for the rules to refuse."""

    default_error_messages = {"invalid": "This must be a time as text, like 2026-12-31T23:59:00Z."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        try:
            return reading.moment(data)
        except reading.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None


@extend_schema_field(OpenApiTypes.OBJECT)
class PayloadField(serializers.JSONField):
    """A JSON object; in a form, its text."""

    def to_internal_value(self, data: Any) -> Any:
        if not getattr(data, "is_json_string", False):  # set by JSONField.get_value for what a form carries
            return data
        try:
            return reading.json_value(data.strip() or "{}")
        except reading.Unreadable as error:
            raise serializers.ValidationError(str(error)) from None


class NewJobSerializer(Strict):
    """What a job is created from."""

    target = TextField(help_text="The registered name of what is called.")
    run_at = MomentField(help_text="When it starts: ISO 8601 with a zone.")
    payload = PayloadField(default=dict, allow_null=True, help_text="The target's arguments, a JSON object.")
    name = TextField(default="", help_text="For people; need not be unique.")
    queue = TextField(default=DEFAULT_QUEUE, help_text="Which workers may take it.")


class RescheduleSerializer(Strict):
    run_at = MomentField(help_text="The new time: ISO 8601 with a zone.")


class CancelSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who look at the job later.")


class NothingSerializer(Strict):
    """The body of a verb that needs none."""


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as it is listed. `state` is the number of the table's contract, `state_name` its word."""

    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    state_name = serializers.CharField(source="get_state_display", read_only=True)
    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)
    payload = serializers.JSONField(read_only=True)
    delay_ms = serializers.FloatField(read_only=True, allow_null=True, help_text="execute_at - run_at.")
    duration_ms = serializers.FloatField(read_only=True, allow_null=True, help_text="finished_at - execute_at.")

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
            "duration_ms",
            "attempt",
            "created_by",
        )
        read_only_fields = fields


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One start of the job, from the ledger."""

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
        )
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, "attempts")
        read_only_fields = fields


class WorkerSerializer(serializers.ModelSerializer[Worker]):
    alive = serializers.SerializerMethodField(help_text="It has not said good-bye, and its heartbeat is recent.")

    class Meta:
        model = Worker
        fields = (
            "session",
            "name",
            "pid",
            "pool",
            "slots",
            "running",
            "queues",
            "started_at",
            "heartbeat_at",
            "stopped_at",
            "offset_ms",
            "alive",
        )
        read_only_fields = fields

    def get_alive(self, worker: Worker) -> bool:
        return worker.session in self.context["alive"]


class LeaderSerializer(serializers.ModelSerializer[Leadership]):
    class Meta:
        model = Leadership
        fields = ("holder", "epoch", "elected_at", "listed_at", "listed_until", "listed", "published_at")
        read_only_fields = fields


class DelaySerializer(serializers.Serializer[Any]):
    """Start delays, execute_at - run_at, in milliseconds; null where nothing has started."""

    jobs = serializers.IntegerField()
    mean_ms = serializers.FloatField(source="mean", allow_null=True)
    stdev_ms = serializers.FloatField(source="stdev", allow_null=True)
    min_ms = serializers.FloatField(source="low", allow_null=True)
    max_ms = serializers.FloatField(source="high", allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="The database's clock.")
    jobs = serializers.DictField(child=serializers.IntegerField(), help_text="How many there are in each state.")
    due_next_minute = serializers.IntegerField()
    overdue = serializers.IntegerField(help_text="Pending, and more than a second late.")
    delay_last_hour = DelaySerializer()
    workers_alive = serializers.IntegerField()
    leader = LeaderSerializer(allow_null=True)
