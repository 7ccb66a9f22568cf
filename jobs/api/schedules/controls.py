"""Pausing and resuming schedules, and what one would mean before it is saved."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import rules
from jobs.api.schedules.definitions import ScheduleView, judge
from jobs.api.schedules.serializers import (
    LookedAtSerializer,
    PauseScheduleSerializer,
    PreviewSerializer,
    ReasonSerializer,
    SaidSerializer,
)
from jobs.api.views import person
from jobs.clock import clock
from jobs.permissions import CONTROL_SCHEDULE, VIEW_SCHEDULE
from jobs.transitions.schedules import definitions
from jobs.web import parsing
from jobs.web.schedule_preview import asked, preview


class PauseSchedule(ScheduleView):
    needs = {"POST": CONTROL_SCHEDULE}
    examples = {"POST": {"until": "2099-01-01T09:00:00Z", "reason": "The database moves."}}
    conflicts = ("POST",)
    serializer_class = PauseScheduleSerializer

    @extend_schema(operation_id="schedules_pause", request=PauseScheduleSerializer, responses=SaidSerializer)
    def post(self, request: Request, schedule_id: int) -> Response:
        """Start none of its runs until that moment, or until somebody resumes it. A run whose time has come goes on;
        what would have started meanwhile is written down as missed."""
        given, now = self.body(PauseScheduleSerializer), clock.current()
        if given["until"] is not None and (problems := rules.run_at_problems(given["until"], now, needed=True)):
            raise ValidationError({"until": problems})
        judge(given["reason"])
        self.touched(schedule_id)
        return Response(
            self.done(schedule_id, definitions.pause_schedule(schedule_id, **given, by=person(request), now=now))
        )


class ResumeSchedule(ScheduleView):
    needs = {"POST": CONTROL_SCHEDULE}
    examples = {"POST": {"reason": "The database has moved."}}
    conflicts = ("POST",)
    serializer_class = ReasonSerializer

    @extend_schema(operation_id="schedules_resume", request=ReasonSerializer, responses=SaidSerializer)
    def post(self, request: Request, schedule_id: int) -> Response:
        """End the pause. What would have started in it never starts."""
        reason = self.body(ReasonSerializer)["reason"]
        judge(reason)
        self.touched(schedule_id)
        changed = definitions.resume_schedule(schedule_id, reason=reason, by=person(request), now=clock.current())
        return Response(self.done(schedule_id, changed))


class PreviewSchedule(ScheduleView):
    needs = {"POST": VIEW_SCHEDULE}
    examples = {"POST": {"dialect": "cron", "expression": "30 2 * * mon-fri", "time_zone": "Europe/Berlin"}}
    serializer_class = LookedAtSerializer

    @extend_schema(operation_id="schedules_preview", request=LookedAtSerializer, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        """Show what a schedule means and when it will start, before it is saved: its next ten starts. What is not given
        yet is not judged."""
        given, now = self.body(LookedAtSerializer), clock.current()
        viewer, before = given.pop("viewer_zone", ""), given.pop("schedule", None)
        try:
            zone = parsing.zone(viewer) if viewer else None
        except parsing.Unreadable as error:
            raise ValidationError({"viewer_zone": [str(error)]}) from None
        was = None if before is None else self.schedule(before)
        sought = asked(now=now, by=person(request), before=was, **given)
        seen = preview(sought, now=now, reach=self.reach, viewer=zone)
        return Response(PreviewSerializer(seen).data)
