"""JSON and forms to Python types and back. What is a good job is not said here but in jobs/rules.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.api.fields import MomentField, PayloadField, Strict, TextField
from jobs.models import Attempt, Audit, Job, Leadership, Worker
from jobs.models.job import DEFAULT_QUEUE
from jobs.states import State


class NewJobSerializer(Strict):
    """What a job is created from."""

    target = TextField(help_text="The registered name of what is called.")
    run_at = MomentField(help_text="When it starts: ISO 8601 with a zone.")
    payload = PayloadField(default=dict, allow_null=True, help_text="The target's arguments, a JSON object.")
    name = TextField(default="", help_text="For people; need not be unique.")
    queue = TextField(default=DEFAULT_QUEUE, help_text="Which workers may take it.")
    rerunnable = serializers.BooleanField(
        default=False,
        error_messages={"invalid": "This is neither true nor false; give one of them."},
        help_text="Running it twice does no harm: when its worker vanishes after the start it is started again.",
    )
    max_attempts = serializers.IntegerField(
        default=1,
        error_messages={
            "invalid": "This is not a whole number; give 1, or 2 to 100 for a rerunnable job.",
            "max_string_length": "This number is too long; give 1, or 2 to 100 for a rerunnable job.",
        },
        help_text="How many starts a rerunnable job may have, the first included: 2 to 100. 1 for all others.",
    )


class RescheduleSerializer(Strict):
    run_at = MomentField(help_text="The new time: ISO 8601 with a zone.")


class CancelSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who look at the job later.")


class RetrySerializer(Strict):
    reason = TextField(default="", help_text="Why it may start again; required for an interrupted job.")


class ConfirmSerializer(Strict):
    reason = TextField(help_text="How you know, for those who look at the job later.")


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
            "rerunnable",
            "max_attempts",
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


class AuditSerializer(serializers.ModelSerializer[Audit]):
    """What somebody asked of the job, and why; only what took effect."""

    by = serializers.CharField(source="by.username", read_only=True, default=None, allow_null=True)
    from_state_name = serializers.CharField(source="get_from_state_display", read_only=True)
    to_state_name = serializers.CharField(source="get_to_state_display", read_only=True)

    class Meta:
        model = Audit
        fields = ("at", "verb", "by", "reason", "from_state", "from_state_name", "to_state", "to_state_name")
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)
    audit = AuditSerializer(many=True, read_only=True)

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JobSerializer.Meta.fields, "attempts", "audit")
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
    """Start delays, execute_at - run_at, in milliseconds, of the newest 10,000 ends at most; null where nothing has
    started."""

    jobs = serializers.IntegerField(source="started")
    mean_ms = serializers.FloatField(source="mean", allow_null=True)
    stdev_ms = serializers.FloatField(source="stdev", allow_null=True)
    min_ms = serializers.FloatField(source="low", allow_null=True)
    max_ms = serializers.FloatField(source="high", allow_null=True)


class StatsSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="The database's clock.")
    jobs = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Pending, running and interrupted: how many there are. Completed, failed, cancelled and skipped: how "
        "many ended in the last hour, of its newest 10,000 ends. A count of 10,000 means as many or more.",
    )
    due_next_minute = serializers.IntegerField(help_text="At most 10,000.")
    overdue = serializers.IntegerField(help_text="Pending, and more than a second late; at most 10,000.")
    delay_last_hour = DelaySerializer()
    workers_alive = serializers.IntegerField()
    leader = LeaderSerializer(allow_null=True)
