"""Creating, listing, reading and moving jobs."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.metadata import SimpleMetadata
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from jobs import traceparent, transitions
from jobs.api.access import HasPermission
from jobs.api.authentication import BearerAuthentication
from jobs.api.bodies import body_limit
from jobs.api.headers import deprecation, idempotency, rate_limits
from jobs.api.headers.etags import versioned, versions_seen
from jobs.api.history import history_page
from jobs.api.listing import ListQuery, checked
from jobs.api.paging import JobPagination, LookingPagination
from jobs.api.parsers import PARSERS
from jobs.api.problems import CONTENT_TYPE, problem_response
from jobs.api.reading import judged, read_job
from jobs.api.refusals import BodyTooLarge, Conflict, LengthRequired
from jobs.api.rendering import JsonRenderer, Negotiation, PageRenderer
from jobs.api.schema import RETRY_AFTER, TOO_FAST, Schema
from jobs.api.serializers import (
    JobDetailSerializer,
    JobSerializer,
    NewestJobSerializer,
    NewJobSerializer,
)
from jobs.api.stale import changed_since
from jobs.clock import clock
from jobs.creation_limits import Admission, admission_of
from jobs.models import Job
from jobs.permissions import ADD_JOB, VIEW_JOB
from jobs.rights import Reach, reach_of
from jobs.rights.telling import tell
from jobs.rules.finding import is_indexed, matching
from jobs.transitions.creation.once import is_known

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

TRACEPARENT = OpenApiParameter(
    "traceparent",
    location=OpenApiParameter.HEADER,
    description="The caller's trace (W3C Trace Context), to which the spans of what this starts are linked. One that "
    "cannot be read counts as none.",
)
TOO_FAST_ANSWER = OpenApiResponse(TOO_FAST, "Faster than you may create; nothing was created.")


def person(request: Request) -> AbstractBaseUser:
    """Return the user who asks: nobody comes here without a token or a session."""
    return cast("AbstractBaseUser", request.user)


@cache
def reader(serializer_class: type[Serializer[Any]]) -> Serializer[Any]:
    """Return the one serializer of this class with its fields, which are made once: to make those of a job takes longer
    than to read it. It keeps nothing of what it reads."""
    return serializer_class()


class Metadata(SimpleMetadata):
    """Answer to OPTIONS, without the forms: most views have no one object that a form could be about."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}


class ApiView(GenericAPIView[Any]):
    """Base of all views: who may call, what a body may be, how it is refused."""

    # The permission that each method needs; of several, one: those after the first for what is one's own.
    needs: ClassVar[dict[str, str | tuple[str, ...]]] = {}
    examples: ClassVar[dict[str, Any]] = {}  # a body for each method that has one: documentation and pages offer it
    refuses: ClassVar[dict[str, tuple[int, ...]]] = {}  # statuses of further refusals, by method
    conflicts: ClassVar[tuple[str, ...]] = ()  # methods that are refused in certain states of what they are about
    authentication_classes = [BearerAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated, HasPermission]
    parser_classes = PARSERS
    renderer_classes = [JsonRenderer, PageRenderer]
    content_negotiation_class = Negotiation
    schema = Schema()
    metadata_class = Metadata
    _admission: Admission | None = None

    def get_exception_handler(self) -> Any:
        return problem_response

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        request.encoding = "utf-8"  # a charset that a client makes up must not choose our codec
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # REST framework reads JSON past Django's own limit.
        size, limit = int(request.META.get("CONTENT_LENGTH") or 0), body_limit(request.path)
        if not size and "HTTP_TRANSFER_ENCODING" in request.META:
            raise LengthRequired
        if limit is not None and size > limit:
            raise BodyTooLarge(size, limit)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        more = rate_limits.of(self._admission) | deprecation.of(request._request)
        for name, value in more.items():
            answer[name] = f"{answer[name]}, {value}" if name == "Link" and name in answer else value
        return answer

    def admission(self) -> Admission:
        """Return how much the caller may create; what he is told of it stands in the headers of the answer."""
        self._admission = admission_of(person(self.request), self.request.auth)
        return self._admission

    @property
    def reach(self) -> Reach:
        """Return what the caller sees and touches."""
        return reach_of(person(self.request))

    def body(self, serializer_class: type[Any]) -> dict[str, Any]:
        """The request's body as Python types. Raises ValidationError."""
        return dict(reader(serializer_class).run_validation(self.request.data))  # type: ignore[arg-type]

    def answer(self, answer: transitions.Answer, given: Iterable[str] = ()) -> Response:
        """The job after a verb; 404 when there is none, 409 with the reason when it was not done, 412 when it is
        another version than If-Match names: with what the fields that were `given` are by now."""
        if answer.job is None:
            raise Http404(answer.why)
        if answer.forbidden:
            raise PermissionDenied(answer.why)
        if answer.stale:
            raise changed_since(answer.job, answer.why, versions_seen(self.request), given=given, reach=self.reach)
        if not answer.done:
            raise Conflict(answer.why)
        return versioned(Response(JobSerializer(tell([answer.job], self.reach)[0]).data), answer.job.version)


class JobList(ApiView):
    """List of jobs, and the way to create one."""

    needs = {"GET": (VIEW_JOB, ADD_JOB), "POST": ADD_JOB}
    examples = {
        "POST": {
            "name": "nightly report",
            "target": "demo.sleep",
            "payload": {"seconds": 0.1},
            "run_at": "now",
            "labels": {"team": "payroll"},
        }
    }
    serializer_class = NewJobSerializer
    pagination_class: type[JobPagination] = JobPagination
    queryset = Job.objects.all()

    @extend_schema(operation_id="jobs_list", parameters=[ListQuery], responses=JobSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List jobs, newest first, a cursor page at a time; those of the history on their own, the last that ended
        first. Each page looks at the next 100,000 ids: one of what is rare may be short or empty and have a `next`; not
        so by batch, label, `held`, both ends of `run_at`, or the states pending, running and interrupted. Lists what
        the caller's teams own; with `jobs.add_job` and without `jobs.view_job` what he has created. The page `/jobs/`
        has the same filters."""
        wanted = checked(request.query_params, ListQuery)
        if wanted.get("history"):
            return history_page(request, wanted, self.reach)
        if not is_indexed(wanted, self.reach):
            self.pagination_class = LookingPagination
        found = matching(Job.objects.for_people().within(self.reach), wanted, clock.current())
        page = tell(self.paginate_queryset(found) or [], self.reach)
        return self.get_paginated_response(JobSerializer(page, many=True).data)

    @extend_schema(
        operation_id="jobs_create",
        parameters=[idempotency.PARAMETER, TRACEPARENT, RETRY_AFTER, *rate_limits.PARAMETERS],
        responses={
            201: JobDetailSerializer,
            200: JobDetailSerializer,
            (429, CONTENT_TYPE): TOO_FAST_ANSWER,
        },
    )
    def post(self, request: Request) -> Response:
        """Create a job: 201, or 200 with the earlier one when its Idempotency-Key was used before."""
        now = clock.current()
        key = idempotency.idempotency_key(request, Job.objects.filter(created_by_id=request.user.pk))
        beside = {"idempotency_key": key, "traceparent": traceparent_of(request)}
        new = judged(read_job(request.data), by=person(request), now=now, **beside)
        admitted = self.admission()
        # A repeat creates nothing, so it costs nothing.
        if admitted.limited and not is_known(new.idempotency_key, by=person(request)):
            admitted.single()
        job, created = transitions.create(new, now=now, by=person(request))
        if not created and not self.reach.sees_job(job):  # edited since, and out of a token's scope
            raise PermissionDenied("What was created with this Idempotency-Key is beyond what this token is for.")
        answer = Response(
            _shown(job, self.reach, is_untouched=created and job.enqueued_at is None and not new.waits_for),
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
            headers={"Location": reverse("api-job", args=[job.pk])},
        )
        return versioned(answer, job.version)


def _shown(job: Job, reach: Reach, *, is_untouched: bool) -> dict[str, Any]:
    """Return the job with its story. `is_untouched`: it is as its creation has left it, and has none yet."""
    if is_untouched:
        return {**reader(NewestJobSerializer).to_representation(job), "attempts": [], "audit": []}
    job = Job.objects.for_people().with_story().get(pk=job.pk)
    return dict(JobDetailSerializer(tell([job], reach)[0], context={"reach": reach}).data)


def traceparent_of(request: Request) -> str | None:
    """Return the trace that the caller has sent, None where he has sent none that can be read."""
    return traceparent.read(request.headers.get("traceparent"))
