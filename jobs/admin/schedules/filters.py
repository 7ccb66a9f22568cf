"""Filters of the list of schedules, and of what they have missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.http import HttpRequest

from jobs.admin.filters import Choices
from jobs.clock import clock
from jobs.models import Occurrence
from jobs.models.querysets.schedules import ScheduleQuerySet
from jobs.states import Standing

SPANS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class StandingFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [(str(standing), str(standing.label)) for standing in Standing]

    def queryset(self, request: HttpRequest, queryset: Any) -> ScheduleQuerySet:
        schedules = cast("ScheduleQuerySet", queryset)
        chosen = [standing for standing in Standing if standing == self.value()]
        return schedules.in_standing(chosen[0], clock.current()) if chosen else schedules


class MissedLatelyFilter(SimpleListFilter):
    """Finds those of which a run should have started and has not, in the small index of what was missed."""

    title = "missed a run"
    parameter_name = "missed"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("hour", "in the last hour"), ("day", "in the last day"), ("week", "in the last week")]

    def queryset(self, request: HttpRequest, queryset: Any) -> ScheduleQuerySet:
        schedules = cast("ScheduleQuerySet", queryset)
        span = SPANS.get(self.value() or "")
        if span is None:
            return schedules
        missed = Occurrence.objects.missed_since(clock.current() - span)
        return schedules.filter(pk__in=missed.order_by().values("schedule_id"))
