"""Subscriptions to changes of jobs in REST: which changes of which jobs are told to which webhook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
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
from jobs.models import Subscription
from jobs.models.described import definition_tag
from jobs.models.subscription import JobChange
from jobs.permissions import CONTROL_JOB, VIEW_ALERT
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import definitions, subscriptions
from jobs.transitions.stale import Stale


class ChangedSubscriptionSerializer(Strict):
    destination = TextField(help_text="A webhook, by its name: GET /api/v1/destinations/ lists them.")
    types = ListOf(
        child=serializers.ChoiceField(choices=JobChange.choices),
        most=len(JobChange),
        default=list,
        help_text="Which changes. None: all.",
    )
    queue = TextField(default="", help_text="Empty: of any queue.")
    target = TextField(default="", help_text="Empty: of any target.")
    enabled = serializers.BooleanField(default=True)


class NewSubscriptionSerializer(ChangedSubscriptionSerializer):
    team = TextField(
        default="",
        help_text="Of this team's jobs. Empty: of the caller's only team's; for administrators, of all.",
    )


class SubscriptionSerializer(serializers.ModelSerializer[Subscription]):
    destination = serializers.CharField(source="destination.name")
    types = serializers.ListField(child=serializers.CharField())
    team = serializers.CharField(source="its_team", help_text="Empty: of all.")
    begun = serializers.SerializerMethodField(help_text="Whether it is told: up to a minute after it was made.")

    class Meta:
        model = Subscription
        fields = ("id", "destination", "types", "queue", "target", "team", "enabled", "begun")
        read_only_fields = fields

    def get_begun(self, row: Subscription) -> bool:
        return row.starts_upto is not None


class SubscriptionView(ApiView):
    queryset = Subscription.objects.all()
    serializer_class: type[Any] = NewSubscriptionSerializer

    def seen(self, subscription_id: int) -> Subscription:
        """Return a subscription that the caller sees. Raises Http404."""
        found = Subscription.objects.within(self.reach).for_people().filter(pk=subscription_id).first()
        if found is None:
            raise Http404(f"There is no subscription {subscription_id}; GET /api/v1/subscriptions/ lists them.")
        return found

    def touched(self, subscription_id: int) -> Subscription:
        """Return one that the caller may change. Raises Http404 or, where he only sees it, PermissionDenied."""
        found = self.seen(subscription_id)
        if not subscriptions.may_change(person(self.request), found):
            raise PermissionDenied(not_of_theirs(f"The subscription {subscription_id}"))
        return found


class SubscriptionList(SubscriptionView):
    needs = {"GET": VIEW_ALERT, "POST": CONTROL_JOB}
    examples = {"POST": {"destination": "hook", "types": ["failed", "cancelled"], "queue": "default"}}

    @extend_schema(operation_id="subscriptions_list", responses=SubscriptionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the subscriptions to changes of jobs of the caller's teams."""
        found = Subscription.objects.within(self.reach).for_people()[: subscriptions.MOST]
        return Response(SubscriptionSerializer(found, many=True).data)

    @extend_schema(
        operation_id="subscriptions_create", request=NewSubscriptionSerializer, responses={201: SubscriptionSerializer}
    )
    def post(self, request: Request) -> Response:
        """Have a program be told of changes of jobs, as signed CloudEvents: of the jobs of a team of one's own, at a
        webhook that administrators have opened to it."""
        made = subscriptions.make(**self.body(NewSubscriptionSerializer), by=person(request), now=clock.current())
        location = reverse("api-subscription", args=[made.pk])
        shown = SubscriptionSerializer(self.seen(made.pk)).data
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": location})


class SubscriptionDetail(SubscriptionView):
    needs = {"GET": VIEW_ALERT, "PATCH": CONTROL_JOB, "DELETE": CONTROL_JOB}
    examples = {"PATCH": {"types": ["failed"]}}
    serializer_class = ChangedSubscriptionSerializer

    @extend_schema(
        operation_id="subscriptions_read",
        parameters=[IF_NONE_MATCH_PARAMETER, ETAG_PARAMETER],
        responses={200: SubscriptionSerializer, 304: NOT_MODIFIED},
    )
    def get(self, request: Request, subscription_id: int) -> Response:
        """Read a subscription to changes of jobs."""
        found = self.seen(subscription_id)
        return tag(Response(SubscriptionSerializer(found).data), definition_tag(found))

    @extend_schema(
        operation_id="subscriptions_change",
        parameters=[IF_MATCH_PARAMETER, ETAG_PARAMETER],
        request=ChangedSubscriptionSerializer,
        responses={200: SubscriptionSerializer},
    )
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change what is given of a subscription. Of which team's jobs it tells stays."""
        row = self.touched(subscription_id)
        serializer = ChangedSubscriptionSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        given, by, now, seen = serializer.validated_data, person(request), clock.current(), tags_seen(request)
        try:
            subscriptions.change(row, given, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(subscription_id, given) from None
        found = self.seen(subscription_id)
        return versioned(Response(SubscriptionSerializer(found).data), definition_tag(found))

    @extend_schema(operation_id="subscriptions_delete", parameters=[IF_MATCH_PARAMETER], responses={204: None})
    def delete(self, request: Request, subscription_id: int) -> Response:
        """Delete a subscription. What was written down to be sent before is still sent."""
        row, by, now, seen = self.touched(subscription_id), person(request), clock.current(), tags_seen(request)
        try:
            definitions.forget(row, by=by, now=now, seen=seen)
        except Stale:
            raise self._stale(subscription_id, ()) from None
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _stale(self, subscription_id: int, given: Iterable[str]) -> Exception:
        found = self.seen(subscription_id)
        shown = SubscriptionSerializer(found).data
        return definition_changed(f"The subscription {subscription_id}", definition_tag(found), shown, given)
