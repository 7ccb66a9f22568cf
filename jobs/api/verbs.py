"""What can be done to a job: cancel, run now, retry. Each answers with the job, or 409 and the reason."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import rules, transitions
from jobs.api.serializers import CancelSerializer, JobSerializer, NothingSerializer, Strict
from jobs.api.views import CONTROL, ApiView
from jobs.clock import clock
from jobs.models import Job

REASON_LIMIT = 1000


class VerbView(ApiView):
    needs = {"POST": CONTROL}
    serializer_class: type[Strict] = NothingSerializer
    queryset = Job.objects.all()


class CancelJob(VerbView):
    serializer_class = CancelSerializer

    @extend_schema(operation_id="jobs_cancel", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Cancel a job that has not started."""
        reason = self.body(CancelSerializer)["reason"]
        problems = rules.text_problems(reason, REASON_LIMIT)
        if problems:
            raise ValidationError({"reason": problems})
        reason = reason or f"Cancelled by {request.user.get_username()} through the API."
        return self.answer(transitions.cancel(job_id, now=clock.current(), reason=reason))


class RunJobNow(VerbView):
    @extend_schema(operation_id="jobs_run_now", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a pending job at once instead of at its time."""
        self.body(NothingSerializer)
        return self.answer(transitions.run_now(job_id, now=clock.current()))


class RetryJob(VerbView):
    @extend_schema(operation_id="jobs_retry", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a failed, interrupted, cancelled or skipped job again, now."""
        self.body(NothingSerializer)
        return self.answer(transitions.retry(job_id, now=clock.current()))
