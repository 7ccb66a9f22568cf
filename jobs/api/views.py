"""Creating, listing, reading and moving jobs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import rules, transitions
from jobs.api.access import HoldsPermission
from jobs.api.authentication import BearerAuthentication
from jobs.api.listing import JobPagination, ListQuery, matching
from jobs.api.parsers import PARSERS
from jobs.api.problems import BodyTooLarge, Conflict, LengthRequired
from jobs.api.schema import Schema
from jobs.api.serializers import JobDetailSerializer, JobSerializer, NewJobSerializer, RescheduleSerializer
from jobs.clock import clock
from jobs.models import Job
from jobs.models.job import EARLIEST_RUN_AT

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

VIEW, ADD, CONTROL = "jobs.view_job", "jobs.add_job", "jobs.control_job"


def person(request: Request) -> AbstractBaseUser:
    """Who asks: nobody comes here without a token or a session."""
    return cast("AbstractBaseUser", request.user)


class ApiView(GenericAPIView[Any]):
    """What all addresses share: who may call, what a body may be, how it is refused."""

    needs: ClassVar[dict[str, str]] = {}  # the permission that each method needs
    authentication_classes = [BearerAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, HoldsPermission]
    parser_classes = PARSERS
    schema = Schema()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        request.encoding = "utf-8"  # a charset that a client makes up must not choose our codec
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # REST framework reads JSON past Django's own limit.
        size, limit = int(request.META.get("CONTENT_LENGTH") or 0), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if not size and "HTTP_TRANSFER_ENCODING" in request.META:
            raise LengthRequired
        if limit is not None and size > limit:
            raise BodyTooLarge(size, limit)
        super().initial(request, *args, **kwargs)

    def body(self, serializer_class: type[Any]) -> dict[str, Any]:
        """The request's body as Python types. Raises ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(self, answer: transitions.Answer) -> Response:
        """The job after a verb; 404 when there is none, 409 with the reason when it was not done."""
        if answer.job is None:
            raise Http404(answer.why)
        if not answer.done:
            raise Conflict(answer.why)
        return Response(JobSerializer(answer.job).data)


class JobList(ApiView):
    """All jobs, and the way to create one."""

    needs = {"GET": VIEW, "POST": ADD}
    serializer_class = NewJobSerializer
    pagination_class = JobPagination
    queryset = Job.objects.all()

    @extend_schema(operation_id="jobs_list", parameters=[ListQuery], responses=JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List jobs, newest first, a cursor page at a time."""
        page = self.paginate_queryset(matching(Job.objects.for_people(), request.query_params))
        return self.get_paginated_response(JobSerializer(page, many=True).data)

    @extend_schema(
        operation_id="jobs_create",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                location=OpenApiParameter.HEADER,
                description="Repeat an uncertain request with the same key: it creates at most one job.",
            )
        ],
        responses={201: JobDetailSerializer, 200: JobDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Create a job: 201, or 200 with the earlier one when its Idempotency-Key was used before."""
        now = clock.current()
        new = _checked({**self.body(NewJobSerializer), "idempotency_key": _key(request)}, request, now)
        job, created = transitions.create(new, now=now, by=person(request))
        job = Job.objects.for_people().with_story().get(pk=job.pk)
        return Response(
            JobDetailSerializer(job).data,
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
            headers={"Location": reverse("api-job", args=[job.pk])},
        )


def _key(request: Request) -> str | None:
    return request.headers.get("Idempotency-Key") or None


def _checked(fields: dict[str, Any], request: Request, now: datetime) -> rules.NewJob:
    try:
        return rules.check_new_job(**fields, now=now)
    except ValidationError as error:
        # A repeat may arrive after its time has passed: it was judged when it came first.
        key = fields["idempotency_key"]
        if key is None or set(error.message_dict) != {"run_at"}:
            raise
        if not Job.objects.filter(created_by_id=request.user.pk, idempotency_key=key).exists():
            raise
        return rules.check_new_job(**fields, now=EARLIEST_RUN_AT)


class JobDetail(ApiView):
    """One job with its story, and the way to move it to another time."""

    needs = {"GET": VIEW, "PATCH": CONTROL}
    serializer_class = RescheduleSerializer
    queryset = Job.objects.all()

    @extend_schema(operation_id="jobs_read", responses=JobDetailSerializer)
    def get(self, request: Request, job_id: int) -> Response:
        """Read a job with its starts, and with what people asked of it."""
        job = Job.objects.for_people().with_story().filter(pk=job_id).first()
        if job is None:
            raise Http404(f"There is no job {job_id}.")
        return Response(JobDetailSerializer(job).data)

    @extend_schema(operation_id="jobs_reschedule", responses=JobSerializer)
    def patch(self, request: Request, job_id: int) -> Response:
        """Move a job that has not started to another time."""
        run_at = self.body(RescheduleSerializer)["run_at"]
        return self.answer(transitions.reschedule(job_id, run_at=run_at, now=clock.current(), by=person(request)))

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        if request.method == "DELETE":
            detail = 'Method "DELETE" not allowed: cancel what has not started; what has ended stays as evidence.'
            raise MethodNotAllowed("DELETE", detail=detail)
        return super().http_method_not_allowed(cast("Request", request), *args, **kwargs)
