"""Verbs on a job, each answered with the job, or with 409 and the reason. Who did it and why is audited."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import transitions
from jobs.api.fields import Strict
from jobs.api.headers.etags import IF_MATCH_PARAMETER, versions_seen
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
from jobs.permissions import ADD_JOB, CONTROL_JOB, REDACT_JOB
from jobs.rules.controls import CONTROLS
from jobs.rules.may import why_not
from jobs.transitions import keeping, redaction


class VerbView(ApiView):
    serializer_class: type[Strict] = NothingSerializer
    queryset = Job.objects.all()
    conflicts = ("POST",)


class CancelJob(VerbView):
    needs = {"POST": (CONTROLS[Verb.CANCEL].permission, ADD_JOB)}
    examples = {"POST": {"reason": "The invoices came twice."}}
    serializer_class = CancelSerializer

    @extend_schema(operation_id="jobs_cancel", parameters=[IF_MATCH_PARAMETER], responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Cancel a job that has not started, or ask one that runs to stop: it stays running until its target heeds
        that, or its process is killed, and is failed then. With `jobs.add_job` alone: one that the caller has created.
        """
        if why := why_not(Verb.CANCEL, job_id, person(request)):
            raise PermissionDenied(why)
        reason = self.body(CancelSerializer)["reason"]
        unsaid = f"Cancelled by {request.user.get_username()} through the API."
        now, seen = clock.current(), versions_seen(request)
        by = person(request)
        return self.answer(transitions.cancel(job_id, now=now, reason=reason, by=by, unsaid=unsaid, seen=seen))


class RunJobNow(VerbView):
    needs = {"POST": CONTROLS[Verb.RUN_NOW].permission}
    examples = {"POST": {}}

    @extend_schema(operation_id="jobs_run_now", parameters=[IF_MATCH_PARAMETER], responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a pending job at once instead of at its time."""
        self.body(NothingSerializer)
        now, seen = clock.current(), versions_seen(request)
        return self.answer(transitions.run_now(job_id, now=now, by=person(request), seen=seen))


class RetryJob(VerbView):
    needs = {"POST": CONTROLS[Verb.RETRY].permission}
    examples = {"POST": {"reason": "The receiver is back."}}
    serializer_class = RetrySerializer

    @extend_schema(operation_id="jobs_retry", parameters=[IF_MATCH_PARAMETER], responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Start a failed, interrupted, cancelled or skipped job again, now. An interrupted one needs a reason, since
        its first start may have had effects."""
        reason = self.body(RetrySerializer)["reason"]
        now, seen = clock.current(), versions_seen(request)
        return self.answer(transitions.retry(job_id, now=now, reason=reason, by=person(request), seen=seen))


class ApproveJob(VerbView):
    needs = {"POST": CONTROLS[Verb.APPROVE].permission}
    examples = {"POST": {"version": 1, "reason": "I have read what it runs."}}
    serializer_class = ApproveSerializer

    @extend_schema(operation_id="jobs_approve", parameters=[IF_MATCH_PARAMETER], responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Let a job of a dangerous target start at its time. Not by the user who created it. With the `version` of the
        job that was seen, here or as `If-Match`, one that was edited since is refused with 409."""
        body = self.body(ApproveSerializer)
        version = body.get("version") or max(versions_seen(request) or (), default=None)
        now, by = clock.current(), person(request)
        return self.answer(transitions.approve(job_id, now=now, reason=body["reason"], by=by, version=version))


class ConfirmDone(VerbView):
    needs = {"POST": CONTROLS[Verb.CONFIRM_DONE].permission}
    examples = {"POST": {"reason": "The bank lists the payment."}}
    serializer_class = ConfirmSerializer

    @extend_schema(operation_id="jobs_confirm_done", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Confirm that an interrupted job has done its work. It is completed then; `execute_at` is when its body was
        entered if that became known, else the earliest moment it can have been."""
        reason = self.body(ConfirmSerializer)["reason"]
        return self.answer(transitions.confirm_done(job_id, now=clock.current(), reason=reason, by=person(request)))


class ConfirmFailed(VerbView):
    needs = {"POST": CONTROLS[Verb.CONFIRM_FAILED].permission}
    examples = {"POST": {"reason": "The bank does not list the payment."}}
    serializer_class = ConfirmSerializer

    @extend_schema(operation_id="jobs_confirm_failed", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Confirm that an interrupted job has not done its work. It is failed then, and can be retried."""
        reason = self.body(ConfirmSerializer)["reason"]
        return self.answer(transitions.confirm_failed(job_id, now=clock.current(), reason=reason, by=person(request)))


class KeepJob(VerbView):
    needs = {"POST": CONTROL_JOB}
    examples = {"POST": {"reason": "Evidence for the audit."}}
    serializer_class = KeepSerializer

    @extend_schema(operation_id="jobs_keep", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Keep a job when its day has come to be removed, until it is let go."""
        reason = self.body(KeepSerializer)["reason"]
        return self.answer(keeping.keep(job_id, now=clock.current(), reason=reason, by=person(request)))


class LetJobGo(VerbView):
    needs = {"POST": CONTROL_JOB}
    examples = {"POST": {"reason": "The audit is over."}}
    serializer_class = KeepSerializer

    @extend_schema(operation_id="jobs_let_go", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Keep a job no longer: it is removed like others, tomorrow if its days are over."""
        reason = self.body(KeepSerializer)["reason"]
        return self.answer(keeping.let_go(job_id, now=clock.current(), reason=reason, by=person(request)))


class RedactJob(VerbView):
    needs = {"POST": REDACT_JOB}
    examples = {"POST": {"reason": "Request 17 of a customer, to be forgotten."}}
    serializer_class = KeepSerializer

    @extend_schema(operation_id="jobs_redact", responses=JobSerializer)
    def post(self, request: Request, job_id: int) -> Response:
        """Take away what a job that is over was given, said and returned. Its ids, times, state and ledger stay. It
        cannot start again, and nothing brings it back."""
        reason = self.body(KeepSerializer)["reason"]
        return self.answer(redaction.redact(job_id, now=clock.current(), reason=reason, by=person(request)))
