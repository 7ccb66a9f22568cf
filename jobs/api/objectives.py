"""Objectives in REST: what is wanted, and what is left of each error budget."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict
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
from jobs.models import Objective
from jobs.models.described import definition_tag
from jobs.models.objective import LEAST_DAYS, LEAST_MS, LEAST_SHARE, MOST_DAYS, MOST_MS, MOST_SHARE
from jobs.objectives.burning import NAMES, Pace
from jobs.objectives.standing import Standing, latest
from jobs.permissions import CHANGE_OBJECTIVE, DELETE_OBJECTIVE, VIEW_OBJECTIVE
from jobs.rights.objectives import touches
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import definitions
from jobs.transitions.stale import Stale


class ObjectiveRulesSerializer(Strict):
    share = serializers.FloatField(
        min_value=LEAST_SHARE,
        max_value=MOST_SHARE,
        help_text=f"Percent of the starts, {LEAST_SHARE} to {MOST_SHARE}; the rest is the error budget.",
    )
    within_ms = serializers.IntegerField(
        min_value=LEAST_MS,
        max_value=MOST_MS,
        help_text="So many milliseconds after their time. Of queues and targets one of the times by which figures are "
        "counted, such as 10, 100, 1000 and 10000; a refusal lists them.",
    )
    days = serializers.IntegerField(
        default=30, min_value=LEAST_DAYS, max_value=MOST_DAYS, help_text="Over so many days."
    )

    def validate_share(self, share: float) -> Decimal:
        """Return it as it is stored: with three places."""
        return Decimal(f"{share:.3f}")


class ObjectiveSerializer(serializers.Serializer[Any]):
    """An objective, and how it has stood within the last minute."""

    kind = serializers.ChoiceField(choices=Objective.Kind.choices, source="objective.kind")
    name = serializers.CharField(source="objective.name")
    share = serializers.FloatField(source="objective.share", help_text="Percent of the starts.")
    within_ms = serializers.IntegerField(source="objective.within_ms")
    days = serializers.IntegerField(source="objective.days")
    starts = serializers.IntegerField(
        source="burning.whole.starts",
        help_text="In all its days; for who sees some teams only, theirs. Of a schedule all.",
    )
    late = serializers.IntegerField(source="burning.whole.late", help_text="Of these, how many were late.")
    reached = serializers.SerializerMethodField(help_text="Percent that were in time; null: nothing has started.")
    budget_left = serializers.FloatField(
        source="burning.left", help_text="1: all of the error budget, 0: none; less where more were late than may be."
    )
    burn = serializers.SerializerMethodField(
        help_text="Burn rates of shorter spans up to now: at 1 the budget is just spent in its days."
    )
    burns_too_fast = serializers.SerializerMethodField(help_text="Which of its alerts it gives now.")

    def get_reached(self, standing: Standing) -> float | None:
        reached = standing.burning.reached
        return None if reached is None else 100 * reached

    @extend_schema_field(serializers.DictField(child=serializers.FloatField()))
    def get_burn(self, standing: Standing) -> dict[str, float]:
        return {name: standing.burning.rate(span) for span, name in NAMES.items()}

    def get_burns_too_fast(self, standing: Standing) -> list[str]:
        return [pace.value for pace in Pace if pace in standing.burning.too_fast]


class ObjectiveView(ApiView):
    queryset = Objective.objects.all()
    serializer_class: type[Any] = ObjectiveSerializer

    def standings(self) -> list[Standing]:
        return latest(clock.current(), self.reach)

    def shown(self, kind: str, name: str) -> Standing:
        """Return the objective of this queue, target or schedule. Raises Http404 where the caller sees none."""
        for one in self.standings():
            if (one.objective.kind, one.objective.name) == (kind, name):
                return one
        raise Http404(f"The {kind} '{name}' has no objective; PUT gives it one.")


class ObjectiveList(ObjectiveView):
    needs = {"GET": VIEW_OBJECTIVE}

    @extend_schema(operation_id="objectives_list", responses=ObjectiveSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the objectives that the caller sees, with what is left of their error budgets."""
        return Response(ObjectiveSerializer(self.standings(), many=True).data)


class ObjectiveDetail(ObjectiveView):
    needs = {"GET": VIEW_OBJECTIVE, "PUT": CHANGE_OBJECTIVE, "DELETE": DELETE_OBJECTIVE}
    examples = {"PUT": {"share": 99.9, "within_ms": 1000, "days": 30}}
    serializer_class = ObjectiveRulesSerializer

    @extend_schema(
        operation_id="objectives_get",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: ObjectiveSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, of: str, name: str) -> Response:
        """Read the objective of a queue, target or schedule, and what is left of its error budget."""
        found = self.shown(of, name)
        return tag(Response(ObjectiveSerializer(found).data), definition_tag(found.objective))

    @extend_schema(
        operation_id="objectives_put",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=ObjectiveRulesSerializer,
        responses={200: ObjectiveSerializer, 201: ObjectiveSerializer},
    )
    def put(self, request: Request, of: str, name: str) -> Response:
        """Define the objective: 201, or 200 where there was one. It is counted at once over the days that were."""
        self.touched(of, name)
        fields = self.body(ObjectiveRulesSerializer)
        by, now, seen = person(request), clock.current(), tags_seen(request)
        try:
            created = definitions.define_objective(of, name, fields, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(of, name, fields) from None
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        found = self.shown(of, name)
        return versioned(Response(ObjectiveSerializer(found).data, status=code), definition_tag(found.objective))

    @extend_schema(operation_id="objectives_delete", parameters=[IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, of: str, name: str) -> Response:
        """Delete the objective: from now on a second counts for it."""
        self.touched(of, name)
        row = Objective.objects.filter(kind=of, name=name).first()
        if row is not None:
            by, now, seen = person(request), clock.current(), tags_seen(request)
            try:
                definitions.forget(row, by=by, now=now, seen=seen)
            except Stale:
                raise self._stale(of, name, ()) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _stale(self, of: str, name: str, given: Iterable[str]) -> Exception:
        found = self.shown(of, name)
        shown = ObjectiveSerializer(found).data
        return definition_changed(f"The objective of the {of} '{name}'", definition_tag(found.objective), shown, given)

    def touched(self, kind: str, name: str) -> None:
        """Check that this is the caller's to define. Raises PermissionDenied."""
        if not touches(self.reach, kind, name):
            raise PermissionDenied(not_of_theirs(f"The {kind} '{name}'"))
