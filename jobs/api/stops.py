"""Stops of everything: nothing starts anywhere from a moment until another."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict, TextField
from jobs.api.refusals import Conflict
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Stop
from jobs.models.stop import FASTEST
from jobs.permissions import STOP_EVERYTHING, VIEW_JOB
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import stops

SHOWN = 50  # the latest of those that are over


class PlanSerializer(Strict):
    reason = TextField(help_text="Why, for those whose jobs wait.")
    begins_at = serializers.DateTimeField(default=None, allow_null=True, help_text="Null: now.")
    until = serializers.DateTimeField(default=None, allow_null=True, help_text="Null: until somebody ends it.")
    per_minute = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=FASTEST,
        help_text="How many of the jobs that were due by its end may start a minute afterwards. Null: all at once.",
    )


class ChangedPlanSerializer(Strict):
    """Change of a plan; what is left out stays as it is."""

    reason = TextField(required=False, help_text="Why, for those whose jobs wait.")
    begins_at = serializers.DateTimeField(required=False, help_text="Only while it is to come.")
    until = serializers.DateTimeField(required=False, allow_null=True, help_text="Null: until somebody ends it.")
    per_minute = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=FASTEST, help_text="Null: all at once."
    )


class GoOnSerializer(Strict):
    reason = TextField(default="", help_text="Why, for the audit.")


class StopSerializer(serializers.ModelSerializer[Stop]):
    created_by = serializers.CharField(source="created_by.get_username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Stop
        fields = ("id", "begins_at", "until", "reason", "per_minute", "created_at", "created_by", "let_go_at")
        read_only_fields = fields


class StopView(ApiView):
    queryset = Stop.objects.all()
    serializer_class: type[Any] = StopSerializer

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a change by those who do not reach all: it stops the jobs of all teams."""
        super().initial(request, *args, **kwargs)
        if request.method not in SAFE_METHODS and not self.reach.is_whole:
            raise PermissionDenied(not_of_theirs("Not all that this would stop"))

    def found(self, stop_id: int) -> Stop:
        stop = Stop.objects.for_people().filter(pk=stop_id).first()
        if stop is None:
            raise Http404(f"There is no stop {stop_id}.")
        return stop

    def changed(self, stop_id: int, stop: Stop | None) -> Response:
        """Answer with the stop; 409 when it was over."""
        found = self.found(stop_id)
        if stop is None:
            raise Conflict(f"Stop {stop_id} is over since {found.until:%Y-%m-%d %H:%M:%S} UTC; begin another.")
        return Response(StopSerializer(found).data)


class StopList(StopView):
    needs = {"GET": VIEW_JOB, "POST": STOP_EVERYTHING}
    examples = {"POST": {"reason": "The disks move.", "begins_at": None, "until": None, "per_minute": 600}}

    @extend_schema(operation_id="stops_list", responses=StopSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the stops that are planned or go on, and the latest of those that are over."""
        stops = [*Stop.objects.for_people().not_over(), *Stop.objects.for_people().over()[:SHOWN]]
        return Response(StopSerializer(stops, many=True).data)

    @extend_schema(operation_id="stops_create", request=PlanSerializer, responses={201: StopSerializer})
    def post(self, request: Request) -> Response:
        """Stop all starts, from now on or from a moment to come. What runs goes on; what comes due waits. When this
        answers for a stop that has begun, no job starts any more."""
        asked, now = self.body(PlanSerializer), clock.current()
        begins_at = asked.pop("begins_at") or now
        stop = stops.stop_everything(stops.Plan(begins_at, **asked), now=now, by=person(request))
        return Response(StopSerializer(self.found(stop.pk)).data, status=201)


class StopDetail(StopView):
    needs = {"GET": VIEW_JOB, "PATCH": STOP_EVERYTHING}
    examples = {"PATCH": {"reason": "The disks move more slowly.", "per_minute": 600}}
    serializer_class = ChangedPlanSerializer

    @extend_schema(operation_id="stops_read", responses=StopSerializer)
    def get(self, request: Request, stop_id: int) -> Response:
        """Read a stop."""
        return Response(StopSerializer(self.found(stop_id)).data)

    @extend_schema(operation_id="stops_change", request=ChangedPlanSerializer, responses=StopSerializer)
    def patch(self, request: Request, stop_id: int) -> Response:
        """Change the end, the reason or the pace of a stop that is not over. 409 when it is."""
        asked = self.body(ChangedPlanSerializer)
        return self.changed(stop_id, stops.change(stop_id, asked, now=clock.current(), by=person(request)))


class GoOn(StopView):
    needs = {"POST": STOP_EVERYTHING}
    examples = {"POST": {"reason": "The disks have moved."}}
    serializer_class = GoOnSerializer

    @extend_schema(operation_id="stops_go_on", request=GoOnSerializer, responses=StopSerializer)
    def post(self, request: Request, stop_id: int) -> Response:
        """End a stop now, or call a planned one off. 409 when it is over."""
        reason = self.body(GoOnSerializer)["reason"]
        return self.changed(stop_id, stops.go_on(stop_id, now=clock.current(), reason=reason, by=person(request)))
