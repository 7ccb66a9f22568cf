"""Dependencies of a job, what it waits for and what waits for it, as REST takes and shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.clock import clock
from jobs.models import Job
from jobs.models.dependency import DEPENDENTS_SHOWN, Other, awaited_by, dependents_of
from jobs.rights.seeing import seen_of, seen_runs
from jobs.transitions.dependencies import runs


class OtherSerializer(serializers.Serializer[Any]):
    """State of another job."""

    id = serializers.IntegerField()
    state = serializers.IntegerField()
    state_name = serializers.CharField()


class AwaitedRunSerializer(serializers.Serializer[Any]):
    """A run of another schedule."""

    schedule = serializers.IntegerField(source="schedule_id")
    name = serializers.CharField(help_text="Of that schedule.")
    nominal_at = serializers.DateTimeField(allow_null=True, help_text="Null: that schedule cannot go on.")
    job = serializers.IntegerField(source="job_id", allow_null=True, help_text="Null: it has none, or none yet.")
    is_over = serializers.BooleanField(help_text="Nobody waits for it any more.")
    stands = serializers.CharField(help_text="How far it is, in words: has not come yet, is running, has completed.")


class ShownWaiting(serializers.ModelSerializer[Job]):
    """Part of a job with its story. The context's `reach` says which others are shown."""

    waits_for = serializers.SerializerMethodField(help_text="The jobs that it waits for, or has waited for.")
    waits_for_runs = serializers.SerializerMethodField(
        help_text="Of the run of a schedule: the runs of others on its day for which it waits, or has waited."
    )
    dependents = serializers.SerializerMethodField(
        help_text=f"Jobs that wait for this one, or have waited; the first {DEPENDENTS_SHOWN}."
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = ("waits_for", "waits_for_runs", "dependents")

    @extend_schema_field(OtherSerializer(many=True))
    def get_waits_for(self, job: Job) -> Any:
        return _shown(OtherSerializer, self._seen(awaited_by(job)))

    @extend_schema_field(AwaitedRunSerializer(many=True))
    def get_waits_for_runs(self, job: Job) -> Any:
        awaited = runs.awaited_by(job, now=clock.current())
        return _shown(AwaitedRunSerializer, seen_runs(awaited, self.context["reach"]) if awaited else [])

    @extend_schema_field(OtherSerializer(many=True))
    def get_dependents(self, job: Job) -> Any:
        return _shown(OtherSerializer, self._seen(dependents_of(job)))

    def _seen(self, others: list[Other]) -> list[Other]:
        return seen_of(others, self.context["reach"]) if others else []


def _shown(serializer_class: type[serializers.Serializer[Any]], others: Sequence[Any]) -> Any:
    """Return these as they are shown. Most jobs wait for none, and a serializer costs more than the answer."""
    return serializer_class(others, many=True).data if others else []
