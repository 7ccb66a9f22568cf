"""Triggers and their runs as they are given and shown."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.api.fields import LabelsField, ListOf, PayloadField, ShownPayloadField, Strict, TextField
from jobs.api.serializers.derived import HELP, Field, field_of
from jobs.api.serializers.responses import JobDetailSerializer
from jobs.models import Job, Trigger
from jobs.rules import ASKED
from jobs.states import Overlap
from jobs.transitions import triggers

MOST_NAMED = 100  # arguments


class FireSerializer(Strict):
    """The body of a call; most have none."""

    payload = PayloadField(
        default=dict,
        help_text="Arguments in the place of the trigger's own; those that it has in caller_arguments only.",
    )


class RunSerializer(JobDetailSerializer):
    """The run that stands for the call, and what it returned."""

    result = serializers.SerializerMethodField(help_text="Of its latest start; null before its end.")

    class Meta(JobDetailSerializer.Meta):
        fields = (*JobDetailSerializer.Meta.fields, "result")
        read_only_fields = fields

    def get_result(self, job: Job) -> Any:
        return _result(job)


def _result(job: Job) -> Any:
    attempts = list(job.attempts.all())
    return attempts[-1].result if attempts else None


class BriefRunSerializer(serializers.ModelSerializer[Job]):
    """The run as somebody sees it who may not see jobs: how far it is. Why it ended and what it returned, only if this
    trigger or the caller has started it, or it does just the same: a key may be shared with other jobs of others."""

    state_name = serializers.CharField(source="get_state_display", read_only=True)
    reason = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            *("id", "state", "state_name", "run_at", "execute_at", "finished_at", "delay_ms", "duration_ms"),
            *("reason", "result"),
        )
        read_only_fields = fields

    def get_reason(self, job: Job) -> str:
        return job.reason if self.context["own"] else ""

    def get_result(self, job: Job) -> Any:
        return _result(job) if self.context["own"] else None


class TriggerSerializer(Strict):
    """Definition of a trigger: what it starts. The rules of jobs judge it."""

    payload = field_of("payload", default=dict)
    key = TextField(default="", help_text="Empty: its own. The same key as other jobs: not beside them.")
    overlap = field_of("overlap", default=Overlap.JOIN, help_text="What a call gets while as many run as may.")
    caller_arguments = ListOf(
        child=TextField(), most=MOST_NAMED, default=list, help_text="Which arguments those who start it may give."
    )
    enabled = serializers.BooleanField(default=True, help_text="Whether anybody may start it now.")

    def get_fields(self) -> dict[str, Field]:
        """Return the trigger's own fields, and NewJob's that it has columns for. Its name stands in the address."""
        own = super().get_fields()
        names = [name for name in triggers.COLUMNS if name in own or (name in ASKED and name != "name")]
        return {name: own.get(name) or field_of(name) for name in names}


class ShownTriggerSerializer(serializers.ModelSerializer[Trigger]):
    key = serializers.CharField(source="shared_key", read_only=True)
    payload = ShownPayloadField()
    labels = LabelsField(read_only=True, help_text=ASKED["labels"].help)

    class Meta:
        model = Trigger
        fields: tuple[str, ...] = ("name", *TriggerSerializer().fields, "created_at")
        read_only_fields = fields
        extra_kwargs = {name: HELP[name] for name in fields if name in ASKED and name not in ("name", "key", "overlap")}
