"""Rules of alerts in REST: whom to tell of what happens to a job, schedule, queue, target or team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import ListOf, Strict, TextField
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
from jobs.models import AlertRule, Destination, Level
from jobs.models.alert_rule import LONGEST_RUN
from jobs.models.described import definition_tag
from jobs.models.querysets.within import is_unscoped
from jobs.permissions import ADD_JOB, VIEW_ALERT
from jobs.rights.alert_rules import MAKE, choices, may_change
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import alert_rules, definitions
from jobs.transitions.stale import Stale

FOR_ALL_ONLY = "A token for some queues or targets changes no rule of alerts; come with one for all, or use the page."
MOST_DESTINATIONS = 50  # destinations of a rule
EXAMPLE = {"kind": "job", "name": "17", "when": "failed", "destinations": ["ops"]}


class ChangedAlertRuleSerializer(Strict):
    destinations = ListOf(
        child=TextField(),
        most=MOST_DESTINATIONS,
        help_text="Who is told: names of what GET /api/v1/destinations/ lists.",
    )
    seconds = serializers.IntegerField(
        default=None,
        allow_null=True,
        min_value=1,
        max_value=LONGEST_RUN,
        help_text="Of `long`: it runs for more than so many seconds. Null: than three times what 95 % of its target "
        "take.",
    )
    by_time = serializers.TimeField(
        default=None, allow_null=True, help_text="Of `not_ended`: by this time of day it has to have ended."
    )
    time_zone = TextField(default="UTC", help_text="Of that time: UTC or a name like Europe/Berlin.")
    level = serializers.ChoiceField(choices=Level.choices, default=Level.WARN.value)
    enabled = serializers.BooleanField(default=True)


class NewAlertRuleSerializer(ChangedAlertRuleSerializer):
    kind = serializers.ChoiceField(choices=AlertRule.Kind.choices, help_text="What it is about.")
    name = TextField(help_text="Of the target, schedule, queue or team; the id of a job.")
    when = serializers.ChoiceField(choices=AlertRule.When.choices, help_text="What has to happen.")
    team = TextField(
        default="", help_text="It tells of this team's jobs, and its members see it. Empty: as what it is about."
    )


class AlertRuleSerializer(serializers.ModelSerializer[AlertRule]):
    destinations = serializers.SerializerMethodField(help_text="Who is told.")
    team = serializers.CharField(source="team.name", default=None, allow_null=True, help_text="Whose rule it is.")
    owner = serializers.CharField(
        source="owner.get_username",
        default=None,
        allow_null=True,
        help_text="Whose it is; null with `team`: administrators'.",
    )

    class Meta:
        model = AlertRule
        fields = (
            "id",
            "kind",
            "name",
            "when",
            "seconds",
            "by_time",
            "time_zone",
            "level",
            "destinations",
            "enabled",
            "team",
            "owner",
        )
        read_only_fields = fields

    def get_destinations(self, rule: AlertRule) -> list[str]:
        return sorted(one.name for one in rule.destinations.all())


class AlertRuleView(ApiView):
    queryset = AlertRule.objects.all()
    serializer_class: type[Any] = NewAlertRuleSerializer

    def seen(self, rule_id: int) -> AlertRule:
        """Return a rule that the caller sees. Raises Http404."""
        found = AlertRule.objects.within(self.reach).for_people().filter(pk=rule_id).first()
        if found is None:
            raise Http404(f"There is no rule {rule_id}; GET /api/v1/alert-rules/ lists those that there are.")
        return found

    def touched(self, rule_id: int) -> AlertRule:
        """Return a rule that the caller may change. Raises Http404 or, where he only sees it, PermissionDenied."""
        found = self.seen(rule_id)
        if not is_unscoped(self.reach):
            raise PermissionDenied(FOR_ALL_ONLY)
        if not may_change(person(self.request), found):
            raise PermissionDenied(not_of_theirs(f"The rule {rule_id}"))
        return found


class AlertRuleList(AlertRuleView):
    needs = {"GET": (VIEW_ALERT, ADD_JOB), "POST": MAKE}
    examples = {"POST": EXAMPLE}

    @extend_schema(operation_id="alert_rules_list", responses=AlertRuleSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the rules of alerts that the caller sees: his own and his teams'."""
        found = AlertRule.objects.within(self.reach).for_people()[: alert_rules.MOST]
        return Response(AlertRuleSerializer(found, many=True).data)

    @extend_schema(
        operation_id="alert_rules_create", request=NewAlertRuleSerializer, responses={201: AlertRuleSerializer}
    )
    def post(self, request: Request) -> Response:
        """Have somebody be told. It is a rule of the team that has what it is about, where the caller is in it, else
        his own; it tells only destinations that administrators have opened to those. Needs the right to change what it
        is about; about a job of one's own nothing more."""
        made = alert_rules.make(**self.body(NewAlertRuleSerializer), by=person(request), now=clock.current())
        location = reverse("api-alert-rule", args=[made.pk])
        shown = AlertRuleSerializer(self.seen(made.pk)).data
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": location})


class AlertRuleDetail(AlertRuleView):
    needs = {"GET": (VIEW_ALERT, ADD_JOB), "PATCH": MAKE, "DELETE": MAKE}
    examples = {"PATCH": {"enabled": False}}
    serializer_class = ChangedAlertRuleSerializer

    @extend_schema(
        operation_id="alert_rules_read",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: AlertRuleSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, rule_id: int) -> Response:
        """Read a rule of alerts."""
        found = self.seen(rule_id)
        return tag(Response(AlertRuleSerializer(found).data), definition_tag(found))

    @extend_schema(
        operation_id="alert_rules_change",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=ChangedAlertRuleSerializer,
        responses={200: AlertRuleSerializer},
    )
    def patch(self, request: Request, rule_id: int) -> Response:
        """Change what is given of a rule of alerts. What it is about stays: make another for something else."""
        rule = self.touched(rule_id)
        serializer = ChangedAlertRuleSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        given, by, now, seen = serializer.validated_data, person(request), clock.current(), tags_seen(request)
        try:
            alert_rules.change(rule, given, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(rule_id, given) from None
        except ValidationError:
            self.seen(rule_id)  # of one that somebody has deleted meanwhile the address is wrong, not what is asked
            raise
        found = self.seen(rule_id)
        return versioned(Response(AlertRuleSerializer(found).data), definition_tag(found))

    @extend_schema(operation_id="alert_rules_delete", parameters=[IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, rule_id: int) -> Response:
        """Delete a rule of alerts. Whoever was told that something has happened is told its end."""
        rule, by, now, seen = self.touched(rule_id), person(request), clock.current(), tags_seen(request)
        try:
            definitions.forget(rule, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(rule_id, ()) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _stale(self, rule_id: int, given: Iterable[str]) -> Exception:
        found = self.seen(rule_id)
        return definition_changed(f"The rule {rule_id}", definition_tag(found), AlertRuleSerializer(found).data, given)


class DestinationSerializer(serializers.ModelSerializer[Destination]):
    class Meta:
        model = Destination
        fields = ("name", "kind")
        read_only_fields = fields


class DestinationList(ApiView):
    """List of whom rules may tell."""

    needs = {"GET": MAKE}
    queryset = Destination.objects.all()
    serializer_class = DestinationSerializer

    @extend_schema(operation_id="destinations_list", responses=DestinationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the destinations that administrators have opened to the caller or his teams. Their addresses are told to
        nobody."""
        return Response(DestinationSerializer(choices(person(request)), many=True).data)
