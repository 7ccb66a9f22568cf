"""Jobs that are defined once and started whenever somebody asks, alone or together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import exactjson, targets
from jobs.api.headers import idempotency, rate_limits
from jobs.api.headers.etags import (
    ETAG_PARAMETER,
    IF_MATCH_PARAMETER,
    IF_NONE_MATCH_PARAMETER,
    NOT_MODIFIED,
    tag,
    tags_seen,
    versioned,
)
from jobs.api.headers.preferences import APPLIED_PARAMETER, PREFER_PARAMETER, applied, preferred_wait
from jobs.api.patience import LONGEST_WAIT, block, run_of, seconds_of, wait_of
from jobs.api.problems import CONTENT_TYPE
from jobs.api.refusals import Conflict
from jobs.api.schema import RETRY_AFTER
from jobs.api.serializers.triggers import (
    BriefRunSerializer,
    FireSerializer,
    RunSerializer,
    ShownTriggerSerializer,
    TriggerSerializer,
)
from jobs.api.stale import definition_changed
from jobs.api.views import (
    TOO_FAST_ANSWER,
    TRACEPARENT,
    ApiView,
    person,
    traceparent_of,
)
from jobs.clock import clock
from jobs.models import Job, Trigger
from jobs.models.described import definition_tag
from jobs.permissions import ADD_JOB, CHANGE_TRIGGER, DELETE_TRIGGER, FIRE_TRIGGER, VIEW_JOB, VIEW_TRIGGER
from jobs.rights import reach_of
from jobs.rights.seeing import not_theirs
from jobs.rights.telling import tell
from jobs.transitions import definitions, triggers
from jobs.transitions.stale import Stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin


class TriggerList(ApiView):
    needs = {"GET": VIEW_TRIGGER}
    serializer_class = ShownTriggerSerializer
    queryset = Trigger.objects.all()

    @extend_schema(operation_id="triggers_list", responses=ShownTriggerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all triggers, by name."""
        return Response(ShownTriggerSerializer(Trigger.objects.within(self.reach), many=True).data)


class TriggerDetail(ApiView):
    needs = {
        "GET": VIEW_TRIGGER,
        "POST": FIRE_TRIGGER,
        "PUT": CHANGE_TRIGGER,
        "DELETE": DELETE_TRIGGER,
    }
    examples = {
        "POST": {"payload": {"seconds": 0.5}},
        "PUT": {"target": "demo.sleep", "payload": {"seconds": 0.1}, "caller_arguments": ["seconds"]},
    }
    conflicts = ("POST",)
    serializer_class = FireSerializer
    queryset = Trigger.objects.all()

    def trigger(self, name: str) -> Trigger:
        """Return a trigger that the caller sees. Raises Http404."""
        found: Trigger | None = Trigger.objects.within(self.reach).filter(name=name).first()
        if found is None:
            raise Http404(f"There is no trigger '{name}'; GET /api/v1/triggers/ lists those that there are.")
        return found

    def touched(self, trigger: Trigger) -> Trigger:
        """Return this trigger, which is the caller's to start and change. Raises PermissionDenied."""
        if not self.reach.touches(trigger):
            raise PermissionDenied(not_theirs(f"The trigger '{trigger.name}'", trigger, self.reach))
        return trigger

    @extend_schema(
        operation_id="triggers_get",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: ShownTriggerSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, name: str) -> Response:
        """Read a trigger: what it starts, and with which arguments."""
        context, found = {"shows_secrets": self.reach.sees_secrets}, self.trigger(name)
        return tag(Response(ShownTriggerSerializer(found, context=context).data), definition_tag(found))

    @extend_schema(
        operation_id="triggers_fire",
        request=FireSerializer,
        parameters=[
            OpenApiParameter(
                "wait", float, description=f"Answer at its end, or after so many seconds, at most {LONGEST_WAIT:g}."
            ),
            PREFER_PARAMETER,
            APPLIED_PARAMETER,
            idempotency.PARAMETER,
            TRACEPARENT,
            RETRY_AFTER,
            *rate_limits.PARAMETERS,
        ],
        responses={200: RunSerializer, 202: RunSerializer, (429, CONTENT_TYPE): TOO_FAST_ANSWER},
    )
    def post(self, request: Request, name: str) -> Response:
        """Start the trigger now, or join the run that there is: the same answer for all who ask meanwhile. 200 once it
        has ended, 202 before, also at once where too many wait already: ask again at Location, after Retry-After.
        Without the permission jobs.view_job only how far the run is and, if this trigger or the caller has started
        it, its reason and result.
        """
        wait = wait_of(request)
        if wait is not None and wait.over and wait.job_id is not None:
            return _answer(wait.job_id, wait.headers, name, person(request))
        preferred = 0.0 if "wait" in request.query_params else preferred_wait(request)
        seconds = preferred or seconds_of(request.query_params.get("wait"))
        body = self.body(FireSerializer)
        trigger = self.touched(self.trigger(name))
        if not trigger.enabled:
            raise Conflict(f"The trigger '{name}' is disabled; whoever may change it can enable it.")
        admission = self.admission()
        fired = triggers.fire(
            trigger,
            now=clock.current(),
            by=person(request),
            payload=body["payload"],
            idempotency_key=idempotency.idempotency_key(request, Job.objects.filter(created_by_id=request.user.pk)),
            traceparent=traceparent_of(request),
            before_creation=admission.single,
        )
        headers = {"RunAt-Run": "started" if fired.created else "joined", **rate_limits.of(admission)}
        heeded = {**headers, **applied(preferred)} if preferred else headers
        if wait is not None and wait.possible and seconds:
            wait.job_id, wait.seconds, wait.headers = fired.job.pk, seconds, heeded
            return Response()  # for the server only, which asks again
        if wait is None and seconds and block(request, fired.job.pk, seconds):
            headers = heeded
        return _answer(fired.job.pk, headers, name, person(request))

    @extend_schema(
        operation_id="triggers_put",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=TriggerSerializer,
        responses={200: ShownTriggerSerializer, 201: ShownTriggerSerializer},
    )
    def put(self, request: Request, name: str) -> Response:
        """Define the trigger: 201, or 200 where it was there and is now as given."""
        fields = self.body(TriggerSerializer)
        there = Trigger.objects.filter(name=name).first()
        if there is not None and not self.reach.sees(there):
            raise PermissionDenied(f"The name '{name}' is taken, and not by a team of yours; choose another.")
        if there is not None:
            self.touched(there)
            if there.target == fields["target"]:
                fields["payload"] = targets.kept(there.target, fields["payload"], there.payload)
        problems = triggers.definition_problems(Trigger(name=name, **fields), now=clock.current(), by=person(request))
        if problems:
            raise ValidationError(problems)
        now, by, seen = clock.current(), person(request), tags_seen(request)
        try:
            trigger, created = definitions.define_trigger(name, fields, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(name, fields) from None
        shown = ShownTriggerSerializer(trigger).data
        answer = Response(shown, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)
        return versioned(answer, definition_tag(trigger))

    @extend_schema(operation_id="triggers_delete", parameters=[IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Delete the trigger. Its jobs stay."""
        now, by, seen = clock.current(), person(request), tags_seen(request)
        try:
            definitions.forget(self.touched(self.trigger(name)), by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(name, ()) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _stale(self, name: str, given: Iterable[str]) -> Exception:
        found = self.trigger(name)
        shown = ShownTriggerSerializer(found).data
        return definition_changed(f"The trigger '{name}'", definition_tag(found), shown, given)


def _answer(job_id: int, headers: dict[str, str], name: str, caller: AbstractBaseUser) -> Response:
    """The run as it is and as this caller may see it: 202 before its end, with the address where it can be asked for
    again by whoever may see jobs."""
    job = Job.objects.for_people().with_story().filter(pk=run_of(job_id)).first()
    if job is None:
        raise Http404(f"There is no job {job_id} any more.")
    headers = {**headers}
    has_perm = cast("PermissionsMixin", caller).has_perm
    if reach_of(caller).sees_job(job) and (has_perm(VIEW_JOB) or has_perm(ADD_JOB)):
        headers["Location"] = reverse("api-job", args=[job.pk])
    shown = _shown(job, name, caller)
    if job.is_final:
        return Response(shown, headers=headers)
    return Response(shown, status=status.HTTP_202_ACCEPTED, headers={**headers, "Retry-After": "1"})


def _shown(job: Job, name: str, caller: AbstractBaseUser) -> Any:
    """The run as somebody sees it who has asked the trigger of this name for it."""
    reach = reach_of(caller)
    tell([job], reach)
    if reach.sees_job(job) and cast("PermissionsMixin", caller).has_perm(VIEW_JOB):
        return RunSerializer(job, context={"reach": reach}).data
    trigger = Trigger.objects.filter(name=name).first()
    own = job.created_by_id == caller.pk or (trigger is not None and _stands_for(job, trigger))
    return BriefRunSerializer(job, context={"own": own}).data


def _stands_for(job: Job, trigger: Trigger) -> bool:
    """Return whether the job is a run of this trigger, or does just what one would do: its result is what the caller
    would have been given anyway.
    """
    if job.trigger_id == trigger.pk:
        return True
    return job.target == trigger.target and exactjson.same(job.payload, trigger.payload)
