"""Operations: what a person has asked for of many runs at once, such as those of a past range."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import MomentField, Strict, TextField
from jobs.api.listing import PageQuery, checked
from jobs.api.paging import JobPagination
from jobs.api.refusals import Conflict
from jobs.api.schedules.definitions import ScheduleView
from jobs.api.schedules.serializers import WHY, ReasonSerializer
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Operation
from jobs.models.operation import FASTEST
from jobs.permissions import CONTROL_SCHEDULE, VIEW_SCHEDULE
from jobs.transitions.schedules.backfill import NOT_WHOLE, Backfill, begin_backfill, cancel_operation


class BackfillSerializer(Strict):
    begin = MomentField(help_text="The first moment of the range: ISO 8601 with a zone.")
    until = MomentField(help_text="The moment before which it ends, now at the latest.")
    only_missed = serializers.BooleanField(default=True, help_text="Only what has not started; false: all again.")
    per_minute = serializers.IntegerField(
        default=60, error_messages={"invalid": NOT_WHOLE}, help_text=f"How many jobs a minute at most, 1 to {FASTEST}."
    )
    reason = TextField(default="", help_text=WHY)
    apply = serializers.BooleanField(default=False, help_text="False: say how many there are, and begin nothing.")


class OperationSerializer(serializers.ModelSerializer[Operation]):
    """An operation, and how far it is."""

    created_by = serializers.CharField(source="created_by.username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Operation
        fields = (
            "id",
            "kind",
            "schedule",
            "begins_at",
            "until",
            "only_missed",
            "per_minute",
            "total",
            "done",
            "reason",
            "created_at",
            "created_by",
            "ended_at",
            "outcome",
            "why",
        )
        read_only_fields = fields


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
        return Response(shown, status=status.HTTP_202_ACCEPTED)


class OperationList(ApiView):
    needs = {"GET": VIEW_SCHEDULE}
    serializer_class = OperationSerializer
    pagination_class = JobPagination
    queryset = Operation.objects.all()

    @extend_schema(operation_id="operations_list", parameters=[PageQuery], responses=OperationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List operations, newest first, a cursor page at a time."""
        checked(request.query_params, PageQuery)
        page = (
            self.paginate_queryset(Operation.objects.backfills().within(self.reach).select_related("created_by")) or []
        )
        return self.get_paginated_response(OperationSerializer(page, many=True).data)


class OperationDetail(ScheduleView):
    needs = {"GET": VIEW_SCHEDULE}
    serializer_class = OperationSerializer

    @extend_schema(operation_id="operations_read", responses=OperationSerializer)
    def get(self, request: Request, operation_id: int) -> Response:
        """Read an operation: how many jobs it has made, and how it has ended."""
        found = (
            Operation.objects.backfills()
            .within(self.reach)
            .select_related("created_by")
            .filter(pk=operation_id)
            .first()
        )
        if found is None:
            raise Http404(f"There is no operation {operation_id}; GET /api/v1/operations/ lists those that there are.")
        return Response(OperationSerializer(found).data)


class CancelOperation(ScheduleView):
    needs = {"POST": CONTROL_SCHEDULE}
    examples = {"POST": {"reason": "The range was wrong."}}
    conflicts = ("POST",)
    serializer_class = ReasonSerializer

    @extend_schema(operation_id="operations_cancel", responses=OperationSerializer)
    def post(self, request: Request, operation_id: int) -> Response:
        """Have it make no more jobs; those that it has made stay."""
        reason = self.body(ReasonSerializer)["reason"]
        seen = Operation.objects.backfills().within(self.reach).filter(pk=operation_id).first()
        if seen is None:
            raise Http404(f"There is no operation {operation_id}.")
        if seen.schedule_id is not None:
            self.touched(seen.schedule_id)
        done, why = cancel_operation(operation_id, reason=reason, by=person(request), now=clock.current())
        found = Operation.objects.select_related("created_by").filter(pk=operation_id).first()
        if found is None:
            raise Http404(why)
        if not done:
            raise Conflict(why)
        return Response(OperationSerializer(found).data)
