"""List of what should have run and has not, to read."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from jobs.admin.filters import Choices, DayFilter, shift
from jobs.admin.records import Records
from jobs.admin.schedules.columns import moment_shown
from jobs.admin.within import Discreet, reach_in
from jobs.models import Occurrence
from jobs.permissions import VIEW_SCHEDULE
from jobs.states import Cause
from jobs.templatetags.runat import badge
from jobs.web.appearance.times import exact

TITLE = "Missed: what should have run and has not"


class CauseFilter(admin.SimpleListFilter):
    title = "cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [(str(cause), str(cause.label)) for cause in Cause if cause is not Cause.SHADOW]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Occurrence]) -> QuerySet[Occurrence]:
        return queryset.filter(cause=self.value()) if self.value() in Cause.values else queryset


class MissedDayFilter(DayFilter):
    """Walks over the nominal times day by day (UTC)."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        day = self._day()
        if day is None:
            return queryset
        begin, end = (datetime.combine(one, time(), UTC) for one in (day, shift(day, 1)))
        return queryset.filter(nominal_at__gte=begin, nominal_at__lt=end)


@admin.register(Occurrence)
class OccurrenceAdmin(Discreet, Records[Occurrence]):
    list_display = ["nominal", "of", "cause_shown", "why", "times", "who"]
    in_table = {"nominal": ("nominal_at", "until"), "of": ("schedule",), "times": ("count",)}
    list_display_links = None
    list_filter = [CauseFilter, MissedDayFilter]
    search_fields = ["schedule__name"]
    search_help_text = "A part of a schedule's name"
    list_select_related = ["schedule", "by"]
    ordering = ["-nominal_at"]
    sortable_by = ["nominal"]
    list_per_page = 50
    change_list_template = "admin/jobs/occurrence/list.html"

    class Media:
        css = {"all": ["jobs/admin-jobs.css", "jobs/admin-schedules.css"]}
        js = ["jobs/admin-schedules.js"]

    def has_view_permission(self, request: HttpRequest, obj: Occurrence | None = None) -> bool:
        return request.user.has_perm(VIEW_SCHEDULE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Occurrence]:
        return Occurrence.objects.within(reach_in(request)).missed()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(request, {"title": TITLE, **(extra_context or {})})
        return answer

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Permit the link from a schedule to what it has missed."""
        return lookup == "schedule__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="nominal time", ordering="nominal_at")
    def nominal(self, occurrence: Occurrence) -> SafeString:
        first = moment_shown(occurrence.nominal_at, occurrence.schedule)
        if occurrence.until is None:
            return first
        return format_html("{} <small>to {} UTC</small>", first, exact(occurrence.until))

    @admin.display(description="schedule")
    def of(self, occurrence: Occurrence) -> SafeString:
        address = reverse("admin:jobs_schedule_page", args=[occurrence.schedule_id])
        name = Truncator(occurrence.schedule.name).chars(80)
        return format_html('<a class="schedule-name" href="{}">{}</a>', address, name)

    @admin.display(description="cause")
    def cause_shown(self, occurrence: Occurrence) -> SafeString:
        return badge("warn", "∅", str(occurrence.get_cause_display()))

    @admin.display(description="runs")
    def times(self, occurrence: Occurrence) -> str:
        return f"{occurrence.count:,}"

    @admin.display(description="by")
    def who(self, occurrence: Occurrence) -> str:
        return occurrence.by.get_username() if occurrence.by else "—"
