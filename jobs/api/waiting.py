"""Dependencies of a job, what it waits for and what waits for it, as REST takes and shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Job
from jobs.models.dependency import DEPENDENTS_SHOWN, awaited_by, dependents_of


class OtherSerializer(serializers.Serializer[Any]):
    """State of another job."""

    id = serializers.IntegerField()
    state = serializers.IntegerField()
    state_name = serializers.CharField()


class ShownWaiting(serializers.ModelSerializer[Job]):
    """Part of a job with its story."""

    waits_for = serializers.SerializerMethodField(help_text="The jobs that it waits for, or has waited for.")
    dependents = serializers.SerializerMethodField(
        help_text=f"Jobs that wait for this one, or have waited; the first {DEPENDENTS_SHOWN}."
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = ("waits_for", "dependents")

    @extend_schema_field(OtherSerializer(many=True))
    def get_waits_for(self, job: Job) -> Any:
        return OtherSerializer(awaited_by(job), many=True).data

    @extend_schema_field(OtherSerializer(many=True))
    def get_dependents(self, job: Job) -> Any:
        return OtherSerializer(dependents_of(job), many=True).data
