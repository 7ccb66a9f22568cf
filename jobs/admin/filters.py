"""The filters of the list of jobs. None of them asks the big table which values there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from urllib.parse import quote

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from jobs import targets
from jobs.admin.within import reach_in
from jobs.clock import clock
from jobs.models import Worker
from jobs.models.job import DEFAULT_QUEUE
from jobs.models.querysets import JobQuerySet
from jobs.rules import labels_problems
from jobs.states import Hold, State
from jobs.web import parsing

Choices = list[tuple[str, str]]


class StateFilter(SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("overdue", "overdue"), *((str(int(s)), s.label) for s in State)]

    def queryset(self, request: HttpRequest, queryset: Any) -> JobQuerySet:
        jobs = cast("JobQuerySet", queryset)
        value = self.value()
        if value == "overdue":
            return jobs.overdue(clock.current())
        chosen = [s for s in State if value == str(int(s))]
        return jobs.in_state(chosen) if chosen else jobs


class HeldFilter(SimpleListFilter):
    title = "what it is held by"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [("any", "anything"), *((hold.words, hold.words) for hold in Hold)]

    def queryset(self, request: HttpRequest, queryset: Any) -> JobQuerySet:
        jobs = cast("JobQuerySet", queryset)
        if self.value() == "any":
            return jobs.held()
        chosen = [hold for hold in Hold if hold.words == self.value()]
        return jobs.held(chosen[0]) if chosen else jobs


class QueueFilter(SimpleListFilter):
    """The queues that workers take from; another one is found by typing its name into the search."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        chosen = {self.value()} - {None, ""}
        served = Worker.objects.queue_names() - reach_in(request).names_of_others("queue")
        names = {DEFAULT_QUEUE} | served | {str(name) for name in chosen}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: Any) -> JobQuerySet:
        jobs = cast("JobQuerySet", queryset)
        return jobs.filter(queue=self.value()) if self.value() else jobs


class TargetFilter(SimpleListFilter):
    title = "target"
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return [(name, name) for name in targets.names()]

    def queryset(self, request: HttpRequest, queryset: Any) -> JobQuerySet:
        jobs = cast("JobQuerySet", queryset)
        return jobs.filter(target=self.value()) if self.value() else jobs


class LabelFilter(SimpleListFilter):
    """The label that was chosen on a page, as key:value; another one is found by typing it into the search."""

    title = "label"
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        chosen = self.value()
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        try:
            key, value = parsing.label(self.value() or "")
        except parsing.Unreadable:
            return queryset
        return queryset.none() if labels_problems({key: value}) else queryset.labelled({key: value})


def labels_shown(labels: Mapping[str, str], page: str) -> SafeString:
    """Return labels, each a link to all that have it."""
    address = reverse(f"admin:{page}_changelist")
    said = [f"{key}:{value}" for key, value in sorted(labels.items())]
    return format_html_join(" ", '<a href="{}?label={}">{}</a>', ((address, quote(one, safe=""), one) for one in said))


class DayFilter(SimpleListFilter):
    """Walks over run_at day by day (UTC). Django's date_hierarchy would read the whole table for its list of months."""

    title = "day (UTC)"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        today = clock.current().date()
        middle = self._day() or today
        named = {
            today - timedelta(days=1): "yesterday",
            today: "today",
            today + timedelta(days=1): "tomorrow",
        }
        days = sorted({*named, *(shift(middle, by) for by in (-1, 0, 1))})
        return [(day.isoformat(), named.get(day, day.isoformat())) for day in days]

    def queryset(self, request: HttpRequest, queryset: Any) -> JobQuerySet:
        jobs = cast("JobQuerySet", queryset)
        day = self._day()
        if day is None:
            return jobs
        start = datetime.combine(day, time(), UTC)
        return jobs.due_between(start, datetime.combine(shift(day, 1), time(), UTC))

    def _day(self) -> date | None:
        try:
            return date.fromisoformat(self.value() or "")
        except ValueError:
            return None


def shift(day: date, by: int) -> date:
    """The day `by` days later; the first and the last day there are stay."""
    try:
        return day + timedelta(days=by)
    except OverflowError:
        return day
