"""What a job waits for, and what waits for it, as REST takes and shows it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.api.fields import ListOf, TextField
from jobs.models import Job
from jobs.models.dependency import DEPENDENTS_SHOWN, awaited_by, dependents_of
from jobs.models.invariants import MOST_WAITED_FOR
from jobs.states import Awaited


class JobIdsField(ListOf):
    """The jobs that a new one waits for."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.IntegerField(
            error_messages={
                "invalid": "This is not the id of a job; ids are whole numbers.",
                "max_string_length": "This is not the id of a job; it is too long.",
            }
        )
        told = f"The ids of jobs that must end before it starts, {MOST_WAITED_FOR} at most. They must exist."
        many = "These are {count} jobs; {most} at most: let one job wait for some, and this for it."
        messages = {"too_many": many, "not_a_list": "This must be a list of ids, such as [12, 13]."}
        given = {"child": child, "default": list, "help_text": told, "error_messages": messages}
        super().__init__(**{**given, "most": MOST_WAITED_FOR, **kwargs})


class AwaitedField(TextField):
    """What it wants of them."""

    def __init__(self, **kwargs: Any) -> None:
        told = "; ".join(f"{choice.value}: {choice.label}" for choice in Awaited)
        told = f"It starts when {told}. An interrupted one has ended when a person has said what became of it."
        super().__init__(**{"default": Awaited.SUCCESS, "help_text": told, **kwargs})


class OtherSerializer(serializers.Serializer[Any]):
    """Another job, and how it is."""

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
