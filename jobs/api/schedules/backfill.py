"""Backfills: the runs of a past range of a schedule, started now by an operation."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import MomentField, Strict, TextField
from jobs.api.schedules.definitions import ScheduleView
from jobs.api.schedules.serializers import WHY
from jobs.api.serializers.operations import OperationSerializer
from jobs.api.views import person
from jobs.clock import clock
from jobs.models.operation import FASTEST
from jobs.permissions import CONTROL_SCHEDULE
from jobs.transitions.schedules.backfill import NOT_WHOLE, Backfill, begin_backfill


class BackfillSerializer(Strict):
    begin = MomentField(help_text="The first moment of the range: ISO 8601 with a zone.")
    until = MomentField(help_text="The moment before which it ends, now at the latest.")
    only_missed = serializers.BooleanField(default=True, help_text="Only what has not started; false: all again.")
    per_minute = serializers.IntegerField(
        default=60, error_messages={"invalid": NOT_WHOLE}, help_text=f"How many jobs a minute at most, 1 to {FASTEST}."
    )
    reason = TextField(default="", help_text=WHY)
    apply = serializers.BooleanField(default=False, help_text="False: say how many there are, and begin nothing.")


class CountedSerializer(serializers.Serializer[Any]):
    """Count of the jobs that a backfill makes, and its operation once it has begun."""

    jobs = serializers.IntegerField(read_only=True)
    operation = OperationSerializer(read_only=True, allow_null=True)


class BackfillSchedule(ScheduleView):
    needs = {"POST": CONTROL_SCHEDULE}
    examples = {"POST": {"begin": "2025-01-01T00:00:00Z", "until": "2025-01-02T00:00:00Z"}}
    serializer_class = BackfillSerializer

    @extend_schema(operation_id="schedules_backfill", responses={200: CountedSerializer, 202: CountedSerializer})
    def post(self, request: Request, schedule_id: int) -> Response:
        """Count the runs of a past range and, with `apply`, start them now: each job knows the nominal time that it
        stands for. Needs the permission jobs.add_job, too."""
        self.may_make_jobs()
        given = self.body(BackfillSerializer)
        reason, apply, now = given.pop("reason"), given.pop("apply"), clock.current()
        asked = Backfill(self.touched(schedule_id), **given)
        if not apply:
            if problems := asked.problems(now):
                raise ValidationError(problems)
            return Response({"jobs": len(asked.times()), "operation": None})
        operation = begin_backfill(asked, reason=reason, by=person(request), now=now)
        shown = {"jobs": operation.total, "operation": OperationSerializer(operation).data}
        location = {"Location": reverse("api-operation", args=[operation.pk])}
        return Response(shown, status=status.HTTP_202_ACCEPTED, headers=location)
