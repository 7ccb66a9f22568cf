"""Targets in REST: what jobs can start, and which arguments each takes."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import targets
from jobs.api.views import ApiView
from jobs.models import Job
from jobs.permissions import ADD_JOB, VIEW_JOB
from jobs.rights import target_rules


class TargetSerializer(serializers.Serializer[Any]):
    """Target that jobs can start."""

    name = serializers.CharField(help_text="What a job gives as its target.")
    summary = serializers.CharField(help_text="The first line of its description.")
    description = serializers.CharField(help_text="Its docstring.")
    runbook = serializers.CharField(help_text="The address that says what to do when it fails; empty: none.")
    usage = serializers.SerializerMethodField(help_text="Its arguments in short, with their defaults.")
    arguments = serializers.SerializerMethodField(
        help_text="The JSON Schema of its payload; null where none can be given."
    )
    approval = serializers.SerializerMethodField(
        help_text="Which of its jobs wait for the approval of a second person."
    )
    switched_off = serializers.SerializerMethodField(help_text="Why no job of it starts; empty: they do.")
    prepares = serializers.SerializerMethodField(help_text="It gets ready ahead of its time.")

    def get_usage(self, target: targets.Target) -> str:
        return target.usage()

    @extend_schema_field({"type": "object", "nullable": True, "additionalProperties": True})
    def get_arguments(self, target: targets.Target) -> dict[str, Any] | None:
        return target.json_schema()

    @extend_schema_field(serializers.ChoiceField(choices=targets.APPROVALS))
    def get_approval(self, target: targets.Target) -> str:
        by_a_rule = target_rules.is_dangerous(target.name, None)
        return targets.ALWAYS if by_a_rule else target.approval

    def get_switched_off(self, target: targets.Target) -> str:
        return target_rules.why_switched_off(target.name)

    def get_prepares(self, target: targets.Target) -> bool:
        return target.prepare is not None


class TargetList(ApiView):
    needs = {"GET": (VIEW_JOB, ADD_JOB)}
    serializer_class = TargetSerializer
    queryset = Job.objects.none()

    @extend_schema(operation_id="targets_list", responses=TargetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all targets, by name: what jobs can start, with the JSON Schema of their arguments."""
        found = [targets.find(name) for name in targets.names()]
        return Response(TargetSerializer(found, many=True).data)


class TargetDetail(ApiView):
    needs = {"GET": (VIEW_JOB, ADD_JOB)}
    serializer_class = TargetSerializer
    queryset = Job.objects.none()

    @extend_schema(operation_id="targets_read", responses=TargetSerializer)
    def get(self, request: Request, target: str) -> Response:
        """Read a target: what it does, and the JSON Schema of its arguments."""
        try:
            return Response(TargetSerializer(targets.find(target)).data)
        except targets.UnknownTarget as error:
            raise Http404(str(error)) from None
