"""Jobs that are defined once and started whenever somebody asks, alone or together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import exactjson, targets
from jobs.api.fields import LabelsField, ListOf, PayloadField, ShownPayloadField, Strict, TextField
from jobs.api.patience import LONGEST_WAIT, block, run_of, seconds_of, wait_of
from jobs.api.problems import CONTENT_TYPE, Conflict
from jobs.api.schema import RETRY_AFTER
from jobs.api.serializers import JobDetailSerializer
from jobs.api.serializers.derived import HELP, Field, field_of
from jobs.api.views import (
    IDEMPOTENCY_KEY,
    TOO_FAST_ANSWER,
    TRACEPARENT,
    ApiView,
    idempotency_key,
    person,
    traceparent_of,
)
from jobs.clock import clock
from jobs.creation_limits import admission_of
from jobs.models import Job, Trigger
from jobs.permissions import ADD_JOB, CHANGE_TRIGGER, DELETE_TRIGGER, FIRE_TRIGGER, VIEW_JOB, VIEW_TRIGGER
from jobs.rights import reach_of
from jobs.rights.seeing import not_theirs
from jobs.rights.telling import tell
from jobs.rules import ASKED
from jobs.states import Overlap
from jobs.transitions import definitions, triggers

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin

MOST_NAMED = 100  # arguments


class FireSerializer(Strict):
    """The body of a call; most have none."""

    payload = PayloadField(
        default=dict,
        help_text="Arguments in the place of the trigger's own; those that it has in caller_arguments only.",
    )


class RunSerializer(JobDetailSerializer):
    """The run that stands for the call, and what it returned."""

    result = serializers.SerializerMethodField(help_text="Of its latest start; null before its end.")

    class Meta(JobDetailSerializer.Meta):
        fields = (*JobDetailSerializer.Meta.fields, "result")
        read_only_fields = fields

    def get_result(self, job: Job) -> Any:
        return _result(job)


def _result(job: Job) -> Any:
    attempts = list(job.attempts.all())
    return attempts[-1].result if attempts else None


class BriefRunSerializer(serializers.ModelSerializer[Job]):
    """The run as somebody sees it who may not see jobs: how far it is. Why it ended and what it returned, only if this
    trigger or the caller has started it, or it does just the same: a key may be shared with other jobs of others."""

    state_name = serializers.CharField(source="get_state_display", read_only=True)
    reason = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            *("id", "state", "state_name", "run_at", "execute_at", "finished_at", "delay_ms", "duration_ms"),
            *("reason", "result"),
        )
        read_only_fields = fields

    def get_reason(self, job: Job) -> str:
        return job.reason if self.context["own"] else ""

    def get_result(self, job: Job) -> Any:
        return _result(job) if self.context["own"] else None


class TriggerSerializer(Strict):
    """Definition of a trigger: what it starts. The rules of jobs judge it."""

    payload = field_of("payload", default=dict)
    key = TextField(default="", help_text="Empty: its own. The same key as other jobs: not beside them.")
    overlap = field_of("overlap", default=Overlap.JOIN, help_text="What a call gets while as many run as may.")
    caller_arguments = ListOf(
        child=TextField(), most=MOST_NAMED, default=list, help_text="Which arguments those who start it may give."
    )
    enabled = serializers.BooleanField(default=True, help_text="Whether anybody may start it now.")

    def get_fields(self) -> dict[str, Field]:
        """Return the trigger's own fields, and NewJob's that it has columns for. Its name stands in the address."""
        own = super().get_fields()
        names = [name for name in triggers.COLUMNS if name in own or (name in ASKED and name != "name")]
        return {name: own.get(name) or field_of(name) for name in names}


class ShownTriggerSerializer(serializers.ModelSerializer[Trigger]):
    key = serializers.CharField(source="shared_key", read_only=True)
    payload = ShownPayloadField()
    labels = LabelsField(read_only=True, help_text=ASKED["labels"].help)

    class Meta:
        model = Trigger
        fields: tuple[str, ...] = ("name", *TriggerSerializer().fields, "created_at")
        read_only_fields = fields
        extra_kwargs = {name: HELP[name] for name in fields if name in ASKED and name not in ("name", "key", "overlap")}


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

    @extend_schema(operation_id="triggers_get", responses=ShownTriggerSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Read a trigger: what it starts, and with which arguments."""
        context = {"shows_secrets": self.reach.sees_secrets}
        return Response(ShownTriggerSerializer(self.trigger(name), context=context).data)

    @extend_schema(
        operation_id="triggers_fire",
        request=FireSerializer,
        parameters=[
            OpenApiParameter(
                "wait", float, description=f"Answer at its end, or after so many seconds, at most {LONGEST_WAIT:g}."
            ),
            IDEMPOTENCY_KEY,
            TRACEPARENT,
            RETRY_AFTER,
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
            return _answer(wait.job_id, wait.run, name, person(request))
        seconds = seconds_of(request.query_params.get("wait"))
        body = self.body(FireSerializer)
        trigger = self.touched(self.trigger(name))
        if not trigger.enabled:
            raise Conflict(f"The trigger '{name}' is disabled; whoever may change it can enable it.")
        fired = triggers.fire(
            trigger,
            now=clock.current(),
            by=person(request),
            payload=body["payload"],
            idempotency_key=idempotency_key(request),
            traceparent=traceparent_of(request),
            before_creation=admission_of(person(request), request.auth).single,
        )
        run = "started" if fired.created else "joined"
        if wait is not None and wait.possible and seconds:
            wait.job_id, wait.seconds, wait.run = fired.job.pk, seconds, run
            return Response()  # for the server only, which asks again
        if wait is None and seconds:
            block(request, fired.job.pk, seconds)
        return _answer(fired.job.pk, run, name, person(request))

    @extend_schema(
        operation_id="triggers_put",
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
        trigger, created = definitions.define_trigger(name, fields, by=person(request), now=clock.current())
        shown = ShownTriggerSerializer(trigger).data
        return Response(shown, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    @extend_schema(operation_id="triggers_delete", responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Delete the trigger. Its jobs stay."""
        definitions.forget(self.touched(self.trigger(name)), by=person(request), now=clock.current())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _answer(job_id: int, run: str, name: str, caller: AbstractBaseUser) -> Response:
    """The run as it is and as this caller may see it: 202 before its end, with the address where it can be asked for
    again by whoever may see jobs."""
    job = Job.objects.for_people().with_story().filter(pk=run_of(job_id)).first()
    if job is None:
        raise Http404(f"There is no job {job_id} any more.")
    headers = {"RunAt-Run": run}
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
