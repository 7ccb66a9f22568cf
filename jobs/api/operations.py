"""Operations: what a person has asked for of many jobs at once, such as all of a filter, or the runs of a range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.headers import idempotency
from jobs.api.listing import ListQuery, PageQuery, checked
from jobs.api.paging import JobPagination
from jobs.api.problems import flattened
from jobs.api.refusals import Conflict
from jobs.api.schedules.definitions import ScheduleView
from jobs.api.serializers.operations import (
    CancelOperationSerializer,
    CountedOperationSerializer,
    NewOperationSerializer,
    OperationSerializer,
    UndoSerializer,
)
from jobs.api.views import person
from jobs.clock import clock
from jobs.models import Operation
from jobs.permissions import CONTROL_JOB, CONTROL_SCHEDULE, VIEW_SCHEDULE, why_refused
from jobs.rights.later import check_reach_of_owner
from jobs.rules.finding import FILTERS, THESE
from jobs.transitions import KeyReused, operations
from jobs.transitions.operations.making import can_be_undone
from jobs.transitions.schedules.backfill import cancel_operation
from jobs.web.operations import BY_NAME


class OperationView(ScheduleView):
    """Base of the addresses of operations."""

    queryset = Operation.objects.all()
    serializer_class: type[Any] = OperationSerializer

    def found(self, operation_id: int) -> Operation:
        """Return an operation that the caller sees. Raises Http404."""
        seen = Operation.objects.within(self.reach).for_people().filter(pk=operation_id)
        found: Operation | None = seen.first()
        if found is None:
            raise Http404(f"There is no operation {operation_id}; GET /api/v1/operations/ lists those that there are.")
        return found

    def counted(self, counted: operations.Counted) -> Response:
        """Answer with what would be done, of which nothing has begun."""
        left = {"left_alone": counted.left, "looked_at": counted.looked_at}
        return Response({"jobs": counted.touched, **left, "operation": None})

    def begun(self, begun: operations.Begun) -> Response:
        """Answer with an operation that goes on: 202 and its address, or 200 with the earlier one of the same key. The
        first jobs are done by now, as on its page."""
        if begun.created:
            operations.go_on(begun.operation.pk, now=clock.current())
        found = self.found(begun.operation.pk)
        return Response(
            {"jobs": found.total or 0, "left_alone": {}, "looked_at": None, "operation": self.shown_operation(found)},
            status=status.HTTP_202_ACCEPTED if begun.created else status.HTTP_200_OK,
            headers={"Location": reverse("api-operation", args=[found.pk])},
        )

    def shown_operation(self, operation: Operation) -> Mapping[str, Any]:
        return OperationSerializer(operation).data


class OperationList(OperationView):
    needs = {"GET": VIEW_SCHEDULE, "POST": CONTROL_JOB}
    examples = {"POST": {"action": "cancel", "filter": "queue=default&state=pending"}}
    pagination_class = JobPagination

    @extend_schema(operation_id="operations_list", parameters=[PageQuery], responses=OperationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List operations, newest first, a cursor page at a time: backfills of schedules that the caller sees, and
        those on jobs that he has begun, or all where he sees everything."""
        checked(request.query_params, PageQuery)
        page = self.paginate_queryset(Operation.objects.within(self.reach).for_people()) or []
        return self.get_paginated_response(OperationSerializer(page, many=True).data)

    @extend_schema(
        operation_id="operations_create",
        request=NewOperationSerializer,
        parameters=[idempotency.PARAMETER, OpenApiParameter("Location", location="header", response=[202])],
        responses={200: CountedOperationSerializer, 202: CountedOperationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Count the jobs that an action would touch and, with `apply`, begin it: 202, and Location says where to follow
        it. It touches the jobs that are there now, within the rights of the caller, each as if he had asked for that
        one. Sent again with the same Idempotency-Key it begins nothing: 200. A token that reaches less than its owner
        counts and begins none: 403."""
        given, now, by = self.body(NewOperationSerializer), clock.current(), person(request)
        check_reach_of_owner(by)
        asked = operations.AskedOfMany(
            BY_NAME[given["action"]].verb,
            _wanted(given),
            run_at=given.get("run_at"),
            by_seconds=given.get("by_seconds"),
            queue=given.get("queue"),
        )
        if not given["apply"]:
            if problems := asked.problems(now):
                raise ValidationError(problems)
            return self.counted(operations.count(asked, self.reach, now=now))
        key, reason = idempotency.idempotency_key(request), given["reason"]
        begun = operations.begin(asked, reason=reason, by=by, now=now, idempotency_key=key)
        same = (asked.verb, asked.row, asked.arguments, reason)
        found = begun.operation
        if not begun.created and same != (found.verb, found.wanted, found.arguments, found.reason):
            raise KeyReused
        return self.begun(begun)


class OperationDetail(OperationView):
    needs = {"GET": VIEW_SCHEDULE}

    @extend_schema(operation_id="operations_read", responses=OperationSerializer)
    def get(self, request: Request, operation_id: int) -> Response:
        """Read an operation: how far it is, what it has left as it was and why, and how it has ended."""
        return Response(self.shown_operation(self.found(operation_id)))


class CancelOperation(OperationView):
    needs = {"POST": (CONTROL_SCHEDULE, CONTROL_JOB)}
    examples = {"POST": {"reason": "The range was wrong."}}
    conflicts = ("POST",)
    serializer_class = CancelOperationSerializer

    @extend_schema(operation_id="operations_cancel", responses=OperationSerializer)
    def post(self, request: Request, operation_id: int) -> Response:
        """Have it go no further: a backfill makes no more jobs, one on jobs changes no more. What is done stays. A
        backfill needs `jobs.control_schedule`, one on jobs `jobs.control_job`, and no token that reaches less than its
        owner."""
        reason = self.body(CancelOperationSerializer)["reason"]
        found, by, now = self.found(operation_id), person(request), clock.current()
        is_of_jobs = found.kind == Operation.Kind.JOBS
        needed = CONTROL_JOB if is_of_jobs else CONTROL_SCHEDULE
        if not request.user.has_perm(needed):
            raise PermissionDenied(why_refused(request.user, needed))
        if found.schedule_id is not None:
            self.touched(found.schedule_id)
        cancel = operations.cancel if is_of_jobs else cancel_operation
        done, why = cancel(operation_id, reason=reason, by=by, now=now)
        if not done:
            raise Conflict(why)
        return Response(self.shown_operation(self.found(operation_id)))


class UndoOperation(OperationView):
    needs = {"POST": CONTROL_JOB}
    examples = {"POST": {"reason": "It was the wrong filter."}}
    serializer_class = UndoSerializer

    @extend_schema(
        operation_id="operations_undo",
        request=UndoSerializer,
        parameters=[idempotency.PARAMETER, OpenApiParameter("Location", location="header", response=[202])],
        responses={200: CountedOperationSerializer, 202: CountedOperationSerializer},
    )
    def post(self, request: Request, operation_id: int) -> Response:
        """Take back what an operation on jobs has done. Without `apply` it is counted; with it an operation of its own
        begins: 202. What has started or was changed since stays as it is. A token that reaches less than its owner does
        not: 403."""
        given, found, now = self.body(UndoSerializer), self.found(operation_id), clock.current()
        if found.kind != Operation.Kind.JOBS:
            raise Http404(f"Operation {operation_id} is a backfill; cancel the jobs that it has made instead.")
        check_reach_of_owner(person(request))
        if not given["apply"]:
            return self.counted(
                operations.count_undo(found, now=now) if can_be_undone(found) else operations.Counted(0)
            )
        key, by = idempotency.idempotency_key(request), person(request)
        begun = operations.begin_undo(operation_id, reason=given["reason"], by=by, now=now, idempotency_key=key)
        if begun.operation.undoes_id != operation_id:
            raise KeyReused
        return self.begun(begun)


def _wanted(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the filters of the jobs. Raises ValidationError, with what is wrong in the filter."""
    if "ids" in given:
        return {THESE: list(given["ids"])}
    try:
        wanted = checked(QueryDict(given["filter"]), ListQuery)
    except serializers.ValidationError as error:
        said = [f"{one['field']}: {one['message']}" for one in flattened(error.detail)]
        raise serializers.ValidationError({"filter": said}) from None
    others = [name for name, value in wanted.items() if name not in FILTERS and value is not False]
    if others:
        why = f"This is no filter of jobs: {', '.join(sorted(others))}; leave it out."
        raise serializers.ValidationError({"filter": why})
    return {name: value for name, value in wanted.items() if name in FILTERS}
