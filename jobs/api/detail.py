"""The address of one job: it is read with its story, edited and moved."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import transitions
from jobs.api.headers.etags import (
    ETAG_PARAMETER,
    IF_MATCH_PARAMETER,
    IF_NONE_MATCH_PARAMETER,
    NOT_MODIFIED,
    says_any,
    tag,
    versions_seen,
)
from jobs.api.refusals import PreconditionRequired
from jobs.api.serializers import EditJobSerializer, JobDetailSerializer, JobSerializer
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Job, Verb
from jobs.permissions import ADD_JOB, VIEW_JOB
from jobs.rights.telling import seen_job
from jobs.rules.controls import CONTROLS

ALONE = {"run_at"}  # who gives no more than this moves the job, and goes over nothing that he does not know of


class JobDetail(ApiView):
    """Page of one job with its story, and the way to make another of it before it starts."""

    needs = {"GET": (VIEW_JOB, ADD_JOB), "PATCH": CONTROLS[Verb.EDIT].permission}
    examples = {"PATCH": {"run_at": "2099-01-01T09:00:00Z"}}
    conflicts = ("PATCH",)
    refuses = {"PATCH": (428,)}
    serializer_class = EditJobSerializer
    queryset = Job.objects.all()

    @extend_schema(
        operation_id="jobs_read",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: JobDetailSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, job_id: int) -> Response:
        """Read a job: its starts, and what people asked of it, also when it has gone into the history."""
        job = seen_job(job_id, self.reach)
        if job is None:
            raise Http404(f"There is no job {job_id}.")
        context = {"reach": self.reach, "shows_secrets": self.reach.sees_secrets}
        return tag(Response(JobDetailSerializer(job, context=context).data), job.version)

    @extend_schema(
        operation_id="jobs_edit", parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER], responses={200: JobSerializer}
    )
    def patch(self, request: Request, job_id: int) -> Response:
        """Edit a job that has not started: what is given changes, each field as a whole, and the rest stays. All of it
        is judged as a new job is. Say by `If-Match` which version you have seen; without it a job is moved only: a body
        of `run_at` alone. A dangerous one has to be approved again."""
        given, seen, by, now = self.body(EditJobSerializer), versions_seen(request), person(request), clock.current()
        reason = given.pop("reason", "")
        if given.keys() <= ALONE:
            run_at = given["run_at"]
            moved = transitions.reschedule(job_id, run_at=run_at, now=now, reason=reason, by=by, seen=seen)
            return self.answer(moved, given)
        if seen is None and not says_any(request):
            raise PreconditionRequired(request.path)
        return self.answer(transitions.edit(job_id, given, now=now, reason=reason, by=by, seen=seen), given)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        if request.method == "DELETE":
            detail = 'Method "DELETE" not allowed: cancel what has not started; what has ended stays as evidence.'
            raise MethodNotAllowed("DELETE", detail=detail)
        return super().http_method_not_allowed(cast("Request", request), *args, **kwargs)
