"""Verbs on a job, each answered with the job, or with 409 and the reason. Who did it and why is audited."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import transitions
from jobs.api.fields import Strict
from jobs.api.serializers import (
    ApproveSerializer,
    CancelSerializer,
    ConfirmSerializer,
    JobSerializer,
    KeepSerializer,
    NothingSerializer,
    RetrySerializer,
)
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Job, Verb
from jobs.permissions import CONTROL_JOB
from jobs.rules.controls import CONTROLS
from jobs.transitions import keeping


class VerbView(ApiView):
    serializer_class: type[Strict] = NothingSerializer
    queryset = Job.objects.all()


class CancelJob(VerbView):
    needs = {"POST": CONTROLS[Verb.CANCEL].permission}
    serializer_class = CancelSerializer

    @extend_schema(operation_id="jobs_cancel", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Cancel a job that has not started, or ask one that runs to stop: it stays running until its target heeds
        that, or its process is killed, and is failed then."""
        reason = self.body(CancelSerializer)["reason"]
        unsaid = f"Cancelled by {request.user.get_username()} through the API."
        now = clock.current()
        return self.answer(transitions.cancel(job_id, now=now, reason=reason, by=person(request), unsaid=unsaid))


class RunJobNow(VerbView):
    needs = {"POST": CONTROLS[Verb.RUN_NOW].permission}

    @extend_schema(operation_id="jobs_run_now", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a pending job at once instead of at its time."""
        self.body(NothingSerializer)
        return self.answer(transitions.run_now(job_id, now=clock.current(), by=person(request)))


class RetryJob(VerbView):
    needs = {"POST": CONTROLS[Verb.RETRY].permission}
    serializer_class = RetrySerializer

    @extend_schema(operation_id="jobs_retry", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a failed, interrupted, cancelled or skipped job again, now. An interrupted one needs a reason, since
        its first start may have had effects."""
        reason = self.body(RetrySerializer)["reason"]
        return self.answer(transitions.retry(job_id, now=clock.current(), reason=reason, by=person(request)))


class ApproveJob(VerbView):
    needs = {"POST": CONTROLS[Verb.APPROVE].permission}
    serializer_class = ApproveSerializer

    @extend_schema(operation_id="jobs_approve", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Let a job of a dangerous target start at its time. Not by the user who created it."""
        reason = self.body(ApproveSerializer)["reason"]
        return self.answer(transitions.approve(job_id, now=clock.current(), reason=reason, by=person(request)))


class ConfirmDone(VerbView):
    needs = {"POST": CONTROLS[Verb.CONFIRM_DONE].permission}
    serializer_class = ConfirmSerializer

    @extend_schema(operation_id="jobs_confirm_done", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Settle an interrupted job: it has done its work. It is completed then; `execute_at` is when its body was
        entered if that became known, else the earliest moment it can have been."""
        reason = self.body(ConfirmSerializer)["reason"]
        return self.answer(transitions.confirm_done(job_id, now=clock.current(), reason=reason, by=person(request)))


class ConfirmFailed(VerbView):
    needs = {"POST": CONTROLS[Verb.CONFIRM_FAILED].permission}
    serializer_class = ConfirmSerializer

    @extend_schema(operation_id="jobs_confirm_failed", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Settle an interrupted job: it has not done its work. It is failed then, and can be retried."""
        reason = self.body(ConfirmSerializer)["reason"]
        return self.answer(transitions.confirm_failed(job_id, now=clock.current(), reason=reason, by=person(request)))


class KeepJob(VerbView):
    needs = {"POST": CONTROL_JOB}
    serializer_class = KeepSerializer

    @extend_schema(operation_id="jobs_keep", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Keep a job when its day has come to be removed, until it is let go."""
        reason = self.body(KeepSerializer)["reason"]
        return self.answer(keeping.keep(job_id, now=clock.current(), reason=reason, by=person(request)))


class LetJobGo(VerbView):
    needs = {"POST": CONTROL_JOB}
    serializer_class = KeepSerializer

    @extend_schema(operation_id="jobs_let_go", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Keep a job no longer: it is removed like others, tomorrow if its days are over."""
        reason = self.body(KeepSerializer)["reason"]
        return self.answer(keeping.let_go(job_id, now=clock.current(), reason=reason, by=person(request)))
