"""Alerts in REST: what is wrong, and the answers of people to it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.fields import Strict, TextField
from jobs.api.refusals import Conflict
from jobs.api.views import ApiView, person
from jobs.clock import clock
from jobs.models import Alert
from jobs.permissions import ACKNOWLEDGE_ALERT, VIEW_ALERT
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import alerts

OPEN_SHOWN, RESOLVED_SHOWN = 200, 50


class AcknowledgeSerializer(Strict):
    reason = TextField(default="", help_text="Why, for the audit.")


class SilenceSerializer(Strict):
    reason = TextField(help_text="Why, for those who would have heard of it.")
    minutes = serializers.IntegerField(
        default=60, min_value=1, max_value=alerts.LONGEST_SILENCE, help_text="For so long."
    )


class AlertSerializer(serializers.ModelSerializer[Alert]):
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.get_username", read_only=True, default=None, allow_null=True
    )

    class Meta:
        model = Alert
        fields = (
            "id",
            "rule",
            "subject",
            "kind",
            "level",
            "sentence",
            "remedy",
            "link",
            "opened_at",
            "last_seen_at",
            "resolved_at",
            "times",
            "acknowledged_at",
            "acknowledged_by",
        )
        read_only_fields = fields


class AlertView(ApiView):
    queryset = Alert.objects.all()
    serializer_class: type[Any] = AlertSerializer

    def touched(self, alert_id: int) -> Alert:
        """Return the alert. Raises PermissionDenied where it is not this caller's to answer for."""
        alert = Alert.objects.within(self.reach).filter(pk=alert_id).first()
        if alert is None:
            raise Http404(f"There is no alert {alert_id}.")
        if not alerts.touches(self.reach, alert):
            raise PermissionDenied(not_of_theirs(f"Alert {alert_id}"))
        return alert

    def shown(self, alert_id: int) -> Response:
        return Response(AlertSerializer(Alert.objects.for_people().get(pk=alert_id)).data)


class AlertList(AlertView):
    needs = {"GET": VIEW_ALERT}

    @extend_schema(operation_id="alerts_list", responses=AlertSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the open alerts that the caller sees, the worst first. Then the latest of those that are over."""
        seen = Alert.objects.within(self.reach).for_people()
        rows = [*seen.open()[:OPEN_SHOWN], *seen.resolved()[:RESOLVED_SHOWN]]
        return Response(AlertSerializer(rows, many=True).data)


class AcknowledgeAlert(AlertView):
    needs = {"POST": ACKNOWLEDGE_ALERT}
    examples = {"POST": {"reason": "I restart it."}}
    conflicts = ("POST",)
    serializer_class = AcknowledgeSerializer

    @extend_schema(operation_id="alerts_acknowledge", request=AcknowledgeSerializer, responses=AlertSerializer)
    def post(self, request: Request, alert_id: int) -> Response:
        """Say that somebody is at it: it is not said again. 409 when it is over, or was acknowledged before."""
        reason, alert = self.body(AcknowledgeSerializer)["reason"], self.touched(alert_id)
        if alerts.acknowledge(alert.pk, now=clock.current(), by=person(request), reason=reason) is None:
            raise Conflict(f"Alert {alert_id} is over, or was acknowledged before.")
        return self.shown(alert_id)


class SilenceAlert(AlertView):
    needs = {"POST": ACKNOWLEDGE_ALERT}
    examples = {"POST": {"reason": "The host is moved.", "minutes": 60}}
    serializer_class = SilenceSerializer

    @extend_schema(operation_id="alerts_silence", request=SilenceSerializer, responses=AlertSerializer)
    def post(self, request: Request, alert_id: int) -> Response:
        """Have this alert be said to nobody for so many minutes. So is what has its rule and subject later."""
        asked, alert = self.body(SilenceSerializer), self.touched(alert_id)
        alerts.silence(
            alert.fingerprint, asked["minutes"], reason=asked["reason"], now=clock.current(), by=person(request)
        )
        return self.shown(alert_id)
