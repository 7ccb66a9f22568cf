"""Schedules in the admin. What is written goes through jobs/transitions/schedules/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from jobs.admin.creating import Limited
from jobs.admin.filters import LabelFilter, QueueFilter, TargetFilter
from jobs.admin.paging import BoundedPaginator
from jobs.admin.schedules import backfilling, bringing, calendar, clocks, page, runs
from jobs.admin.schedules.actions import ScheduleActions
from jobs.admin.schedules.changing import ScheduleChanging
from jobs.admin.schedules.columns import ScheduleColumns
from jobs.admin.schedules.filters import MissedLatelyFilter, StandingFilter
from jobs.admin.theme import ModelAdmin
from jobs.admin.within import Within, reach_in
from jobs.clock import clock
from jobs.models import Job, Schedule
from jobs.models.querysets.schedules import ScheduleQuerySet
from jobs.models.querysets.strips import last_runs
from jobs.rights.seeing import not_theirs
from jobs.rules.rights import schedule_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@admin.register(Schedule)
class ScheduleAdmin(Limited, ScheduleActions, ScheduleChanging, ScheduleColumns, Within, ModelAdmin[Schedule]):
    list_display = ["title", "starts", "next_start", "standing", "last", "owner"]
    in_table = {"title": ("name", "target"), "starts": ("expression", "time_zone")}
    list_display_links = None
    list_filter = [StandingFilter, MissedLatelyFilter, QueueFilter, TargetFilter, LabelFilter]
    search_fields = ["name", "target"]
    search_help_text = "A part of a name or target, or a label such as team:payroll"
    sortable_by = ["title", "next_start"]
    ordering = ["name"]
    actions = ["pause", "resume", "enable", "shadow", "disable", "delete_selected"]
    paginator = BoundedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/jobs/schedule/list.html"
    change_form_template = "admin/jobs/schedule/form.html"

    class Media:
        css = {"all": ["jobs/admin-jobs.css", "jobs/admin-schedules.css"]}
        js = ["jobs/admin-schedules.js", "jobs/schedule-preview.js"]

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return Schedule.objects.within(reach_in(request)).for_people()

    def shown_rows(self, request: HttpRequest, rows: Any) -> list[Schedule]:
        """Return the rows with their last runs and the time of their next, a statement each."""
        shown: list[Schedule] = list(rows)
        found = last_runs([row.pk for row in shown], now=clock.current())
        jobs = [row.next_job_id for row in shown if row.next_job_id is not None]
        due = dict(Job.objects.filter(pk__in=jobs).values_list("pk", "run_at")) if jobs else {}
        for row in shown:
            known = cast("Any", row)
            known.last_runs, known.next_run_at = found[row.pk], due.get(row.next_job_id)
        return shown

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Schedule], search_term: str
    ) -> tuple[QuerySet[Schedule], bool]:
        return cast("ScheduleQuerySet", queryset).search(search_term), False

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return calendar.show(self.admin_site, request)

    def clocks_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return clocks.show(self, request)

    def bring_view(self, request: HttpRequest) -> HttpResponse:
        return bringing.show(self, request)

    # --- one schedule ---

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not schedule_problems(cast("AbstractBaseUser", request.user))

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        may_make_jobs = not schedule_problems(cast("AbstractBaseUser", request.user))
        return super().has_change_permission(request, obj) and may_make_jobs

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("calendar/", view(self.calendar_view), name="jobs_schedule_calendar"),
            path("bring/", view(self.bring_view), name="jobs_schedule_bring"),
            path("clocks/", view(self.clocks_view), name="jobs_schedule_clocks"),
            path("preview/", view(self.preview_view), name="jobs_schedule_preview"),
            path("<int:pk>/preview/", view(self.preview_view), name="jobs_schedule_preview_of"),
            path("<int:pk>/", view(self.page_view), name="jobs_schedule_page"),
            path("<int:pk>/backfill/", view(self.backfill_view), name="jobs_schedule_backfill"),
            path("<int:pk>/ask/<str:action>/", view(self.ask_view), name="jobs_schedule_ask"),
            path("<int:pk>/runs/<str:verb>/", view(self.run_view), name="jobs_schedule_run"),
        ]
        return [*own, *super().get_urls()]

    def page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one schedule: what comes, what was, and who has changed it."""
        schedule = self._found(request, pk)
        return page.show(self, request, schedule) if schedule else self._none(request, pk)

    def ask_view(self, request: HttpRequest, pk: int, action: str) -> HttpResponse:
        """Ask why, from the page of one schedule: the form goes to the action of the list."""
        offered = self.get_actions(request).get(action)
        if offered is None:
            raise PermissionDenied
        asked: HttpResponse | None = cast("Any", offered[0])(self, request, self.get_queryset(request).filter(pk=pk))
        return asked or self._none(request, pk)

    def backfill_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a past range, show what it makes, and start it."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        schedule = self._theirs(request, pk)
        return backfilling.show(self, request, schedule) if schedule else self._none(request, pk)

    def run_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Ask what is to become of one run, and do it."""
        if not self.has_control_permission(request):
            raise PermissionDenied
        schedule = self._theirs(request, pk)
        return runs.ask_about_run(self.admin_site, request, schedule, verb) if schedule else self._none(request, pk)

    def _found(self, request: HttpRequest, pk: int) -> Schedule | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.get_queryset(request).select_related("calendar").filter(pk=pk).first()

    def _theirs(self, request: HttpRequest, pk: int) -> Schedule | None:
        """Return the schedule if the person may change it. Raises PermissionDenied where he only sees it."""
        found = self._found(request, pk)
        if found is not None and not self.is_theirs(request, found):
            raise PermissionDenied(not_theirs(f"The schedule '{found.name}'", found, reach_in(request)))
        return found

    def _none(self, request: HttpRequest, pk: int | str) -> HttpResponse:
        self.message_user(request, f"There is no schedule {pk}; it may have been deleted.", "error")
        return redirect(reverse("admin:jobs_schedule_changelist"))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Show the form to those who may change it, the page to all others."""
        if not self.has_change_permission(request) and _is_id(object_id):
            return redirect(reverse("admin:jobs_schedule_page", args=[object_id]))
        return super().change_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Lead to the page that says what becomes of its next run and history."""
        if not _is_id(object_id):
            return self._none(request, object_id)
        return redirect(reverse("admin:jobs_schedule_ask", args=[object_id, "delete_selected"]))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead on to the schedule's page, where its audit stands."""
        if not _is_id(object_id):
            return self._none(request, object_id)
        return redirect(reverse("admin:jobs_schedule_page", args=[object_id]) + "#audit")


def _is_id(text: str) -> bool:
    """Return whether this part of an address is what the pages of a schedule take as its id."""
    return text.isascii() and text.isdecimal()
