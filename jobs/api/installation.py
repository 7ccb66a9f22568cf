"""Installation of the database: its name, and the word that lets jobs start again after a restore."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict, TextField
from jobs.api.refusals import Conflict
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Installation
from jobs.permissions import RELEASE_INSTALLATION, VIEW_JOB
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import restoring


class ReleaseSerializer(Strict):
    reason = TextField(help_text="Why, for those who look at it later.")
    cancel_due_before = serializers.DateTimeField(
        default=None, allow_null=True, help_text="Jobs that were due before are cancelled first. Null: all may start."
    )
    copy = serializers.BooleanField(
        default=False, help_text="The installation that this was copied from goes on: give this one another name."
    )


class InstallationSerializer(serializers.ModelSerializer[Installation]):
    restored = serializers.SerializerMethodField(help_text="Why no job starts after a restore; empty: they do.")
    released_by = serializers.CharField(
        source="released_by.get_username", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Installation
        fields = ("identity", "restored", "held_at", "released_at", "released_by", "release_reason")
        read_only_fields = fields

    def get_restored(self, row: Installation) -> str:
        restored = Installation.restored()
        return restored.what if restored else ""


class InstallationView(ApiView):
    queryset = Installation.objects.all()
    serializer_class: type[Any] = InstallationSerializer

    def shown(self) -> Response:
        return Response(InstallationSerializer(Installation.current()).data)


class InstallationDetail(InstallationView):
    needs = {"GET": VIEW_JOB}

    @extend_schema(operation_id="installation_read", responses=InstallationSerializer)
    def get(self, request: Request) -> Response:
        """Show the installation's name, and whether its jobs are held after a restore."""
        return self.shown()


class ReleaseRestored(InstallationView):
    needs = {"POST": RELEASE_INSTALLATION}
    examples = {"POST": {"reason": "The restored rows have been looked at."}}
    conflicts = ("POST",)
    serializer_class = ReleaseSerializer

    @extend_schema(operation_id="installation_release", request=ReleaseSerializer, responses=InstallationSerializer)
    def post(self, request: Request) -> Response:
        """Let jobs start again in a database that was restored. 409 when nothing is held."""
        if not self.reach.is_whole:
            raise PermissionDenied(not_of_theirs("Not all that this would start"))
        answer = restoring.release(now=clock.current(), by=person(request), **self.body(ReleaseSerializer))
        if not answer.done:
            raise Conflict(answer.why)
        return self.shown()
