"""Limits of queues and keys: how many run at a time, how many start a second, whether any may start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict, TextField
from jobs.api.headers.etags import (
    ETAG_PARAMETER,
    IF_MATCH_PARAMETER,
    IF_NONE_MATCH_PARAMETER,
    NOT_MODIFIED,
    tag,
    tags_seen,
    versioned,
)
from jobs.api.stale import definition_changed
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Kind, Limit
from jobs.models.described import definition_tag
from jobs.models.limit import FASTEST, MOST_RUNNING, SLOWEST
from jobs.permissions import CHANGE_LIMIT, DELETE_LIMIT, PAUSE_LIMIT, VIEW_LIMIT
from jobs.rights.seeing import not_of_theirs
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from jobs.transitions.stale import Stale


class LimitRulesSerializer(Strict):
    concurrency = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, max_value=MOST_RUNNING, help_text="At a time. Null: any number."
    )
    rate = serializers.FloatField(
        default=None, allow_null=True, max_value=FASTEST, help_text="Starts a second. Null: any."
    )
    burst = serializers.IntegerField(
        default=1, min_value=1, max_value=MOST_RUNNING, help_text="How many may start at once before the rate counts."
    )

    reason = TextField(default="", help_text="Why, for the audit.")

    def validate_rate(self, rate: float | None) -> float | None:
        if rate is not None and not rate >= SLOWEST:
            raise serializers.ValidationError(f"A rate is at least {SLOWEST:g} starts a second; to stop all, pause it.")
        return rate


class PauseSerializer(Strict):
    reason = TextField(default="", help_text="Why, for those who wait for its jobs.")


class LimitSerializer(serializers.ModelSerializer[Limit]):
    paused_by = serializers.CharField(source="paused_by.get_username", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Limit
        fields = ("kind", "name", "concurrency", "rate", "burst", "paused_at", "paused_by", "pause_reason")
        read_only_fields = fields


class LimitView(ApiView):
    queryset = Limit.objects.all()
    serializer_class: type[Any] = LimitSerializer

    def named(self, kind: str, name: str) -> Name:
        return Name(Kind(kind), name)

    def touched(self, kind: str, name: str) -> Name:
        """Return a queue or key that is the caller's to limit. Raises PermissionDenied."""
        limited = self.named(kind, name)
        if not self.reach.has(kind, name):
            raise PermissionDenied(not_of_theirs(f"The {limited}"))
        return limited

    def found(self, limited: Name) -> Limit:
        """Return its limits. Raises Http404 where it has none."""
        seen = Limit.objects.within(self.reach).select_related("paused_by")
        found: Limit | None = seen.filter(kind=limited.kind, name=limited.name).first()
        if found is None:
            raise Http404(f"The {limited} has no limits; PUT gives it some.")
        return found

    def shown(self, limited: Name) -> Response:
        """Answer with its limits as they are after a change."""
        found = self.found(limited)
        return versioned(Response(LimitSerializer(found).data), definition_tag(found))

    def stale(self, limited: Name, given: Iterable[str]) -> Exception:
        """Return the refusal of a change of limits that are others by now."""
        found = self.found(limited)
        return definition_changed(f"The {limited}", definition_tag(found), LimitSerializer(found).data, given)


class LimitList(LimitView):
    needs = {"GET": VIEW_LIMIT}

    @extend_schema(operation_id="limits_list", responses=LimitSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all queues and keys that have limits or are paused."""
        return Response(LimitSerializer(Limit.objects.within(self.reach).select_related("paused_by"), many=True).data)


class LimitDetail(LimitView):
    needs = {"GET": VIEW_LIMIT, "PUT": CHANGE_LIMIT, "DELETE": DELETE_LIMIT}
    examples = {"PUT": {"concurrency": 4, "rate": 10, "burst": 5, "reason": "The receiver takes no more."}}
    serializer_class = LimitRulesSerializer

    @extend_schema(
        operation_id="limits_get",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: LimitSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, kind: str, name: str) -> Response:
        """Read the limits of a queue or key, and whether it is paused."""
        found = self.found(self.named(kind, name))
        return tag(Response(LimitSerializer(found).data), definition_tag(found))

    @extend_schema(
        operation_id="limits_put",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=LimitRulesSerializer,
        responses={200: LimitSerializer},
    )
    def put(self, request: Request, kind: str, name: str) -> Response:
        """Limit the queue or key from now on. What runs goes on; what is left out is not limited."""
        limited, rules = self.touched(kind, name), self.body(LimitRulesSerializer)
        by = pausing.By(person(request), rules.pop("reason"))
        try:
            pausing.limit(limited, now=clock.current(), by=by, **rules, seen=tags_seen(request))
        except Stale:
            raise self.stale(limited, rules) from None
        return self.shown(limited)

    @extend_schema(operation_id="limits_delete", parameters=[IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, kind: str, name: str) -> Response:
        """Lift all limits of it, a pause included: that of a paused one needs `jobs.pause_limit` too."""
        limited = self.touched(kind, name)
        paused = Limit.objects.paused().filter(kind=limited.kind, name=limited.name)
        if paused.exists() and not request.user.has_perm(PAUSE_LIMIT):
            raise PermissionDenied(f"The {limited} is paused, and this would resume it: that needs '{PAUSE_LIMIT}'.")
        now, by, seen = clock.current(), pausing.By(person(request)), tags_seen(request)
        try:
            pausing.lift(limited, now=now, by=by, seen=seen)
        except Stale:
            raise self.stale(limited, ()) from None
        return Response(status=204)


class PauseLimit(LimitView):
    needs = {"POST": PAUSE_LIMIT}
    examples = {"POST": {"reason": "The receiver is being repaired."}}
    serializer_class = PauseSerializer

    @extend_schema(operation_id="limits_pause", request=PauseSerializer, responses=LimitSerializer)
    def post(self, request: Request, kind: str, name: str) -> Response:
        """Start none of it until it is resumed. What runs goes on; what comes due is held."""
        limited, reason = self.touched(kind, name), self.body(PauseSerializer)["reason"]
        pausing.pause(limited, now=clock.current(), reason=reason, by=person(request))
        return self.shown(limited)


class ResumeLimit(LimitView):
    needs = {"POST": PAUSE_LIMIT}
    examples = {"POST": {"reason": "The receiver is back."}}
    serializer_class = PauseSerializer

    @extend_schema(operation_id="limits_resume", request=PauseSerializer, responses=LimitSerializer)
    def post(self, request: Request, kind: str, name: str) -> Response:
        """Resume the queue or key: what was held is due at once, as far as its limits let it."""
        limited, reason = self.touched(kind, name), self.body(PauseSerializer)["reason"]
        pausing.resume(limited, now=clock.current(), by=pausing.By(person(request), reason))
        return self.shown(limited)
