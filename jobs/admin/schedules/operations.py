"""Operations in the admin: what people have asked for of many runs at once, how far each is, and a button to end it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from jobs.admin.confirmation import Question, ask, given
from jobs.admin.filters import Choices
from jobs.admin.records import Records
from jobs.admin.schedules.columns import in_zone, moment_shown
from jobs.admin.schedules.forms import WhyForm
from jobs.admin.within import Within, reach_in
from jobs.clock import clock
from jobs.models import Operation
from jobs.permissions import CONTROL_SCHEDULE, VIEW_SCHEDULE
from jobs.rights.seeing import not_theirs
from jobs.templatetags.runat import OPERATION_LOOKS, operation_badge
from jobs.transitions.schedules.backfill import cancel_operation
from jobs.web import operations as words
from jobs.web.appearance.times import exact

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

GOES_ON = "goes-on"
BEHIND = timedelta(minutes=1)  # its last jobs are made within seconds after its rate allows them


class OperationStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> Choices:
        return [(outcome or GOES_ON, look[2]) for outcome, look in OPERATION_LOOKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Operation]) -> QuerySet[Operation]:
        if self.value() == GOES_ON:
            return queryset.filter(ended_at__isnull=True)
        return queryset.filter(outcome=self.value()) if self.value() in Operation.Outcome.values else queryset


class OperationColumns:
    """Columns of an operation, for the list and for its page."""

    @admin.display(description="operation")
    def title(self, operation: Operation) -> SafeString:
        address = reverse("admin:jobs_operation_change", args=[operation.pk])
        of_jobs = operation.kind == Operation.Kind.JOBS
        named = f"{words.title(operation)} {operation.pk}" if of_jobs else str(operation).capitalize()
        return format_html('<a class="schedule-name" href="{}">{}</a>{}', address, named, self.span(operation))

    @admin.display(description="range")
    def span(self, operation: Operation) -> SafeString:
        if operation.kind == Operation.Kind.JOBS:
            which = words.which((operation.undoes or operation).filters)
            return format_html('<small class="schedule-target">{}</small>', Truncator(which).chars(200))
        begins_at, until_at, _ = operation.range
        begin, until = (_by_its_clocks(moment, operation) for moment in (begins_at, until_at))
        which = "" if operation.only_missed else ", all again"
        return format_html('<small class="schedule-target">{} to {}{}</small>', begin, until, which)

    @admin.display(description="schedule")
    def of(self, operation: Operation) -> SafeString | str:
        if operation.kind == Operation.Kind.JOBS:
            return format_html('<a href="{}">its page</a>', reverse("operation", args=[operation.pk]))
        if operation.schedule is None:
            return "deleted"
        address = reverse("admin:jobs_schedule_page", args=[operation.schedule.pk])
        name = Truncator(operation.schedule.name).chars(80)
        return format_html('<a class="schedule-name" href="{}">{}</a>', address, name)

    @admin.display(description="asked for (UTC)", ordering="id")
    def asked(self, operation: Operation) -> SafeString:
        by = f"by {operation.created_by.get_username()}" if operation.created_by else ""
        asked = f"{operation.created_at.astimezone(UTC):%Y-%m-%d %H:%M}"
        return format_html('{} <small class="schedule-target">{}</small>', asked, by)

    @admin.display(description="state")
    def state(self, operation: Operation) -> SafeString:
        shown = operation_badge(operation.outcome)
        if not operation.why:
            return shown
        return format_html('{} <span class="schedule-why">{}</span>', shown, operation.why)

    @admin.display(description="jobs made or changed")
    def made(self, operation: Operation) -> SafeString:
        made = f"{operation.done:,}" + ("" if operation.total is None else f" of {operation.total:,}")
        left = f"{operation.left_alone:,} left as they were" if operation.left_alone else ""
        rate = left if operation.per_minute is None else f"{operation.per_minute:,} a minute"
        return format_html('{} <small class="schedule-target">{}</small>', made, rate)

    @admin.display(description="end, or expected end")
    def end(self, operation: Operation) -> SafeString:
        if operation.ended_at is not None:
            return _shown(operation.ended_at, operation)
        if operation.kind == Operation.Kind.JOBS:
            return format_html("{}", "within seconds")
        expected = _shown(operation.ends_at, operation)
        if clock.current() < operation.ends_at + BEHIND:
            return expected
        why = "It is behind its rate: its schedule is held up, or no leader goes on with it."
        return format_html('{} <span class="schedule-why">{}</span>', expected, why)


def _by_its_clocks(moment: datetime, operation: Operation) -> str:
    return in_zone(moment, operation.schedule) if operation.schedule else f"{exact(moment)} UTC"


def _shown(moment: datetime, operation: Operation) -> SafeString:
    moment = moment.replace(microsecond=0)
    return moment_shown(moment, operation.schedule) if operation.schedule else format_html("{} UTC", exact(moment))


@admin.register(Operation)
class OperationAdmin(OperationColumns, Within, Records[Operation]):
    list_display = ["title", "of", "state", "made", "end", "asked"]
    list_display_links = None
    list_filter = [OperationStateFilter]
    search_fields = ["schedule__name"]
    search_help_text = "A part of a schedule's name"
    list_select_related = ["schedule", "created_by", "undoes"]
    ordering = ["-id"]
    sortable_by = ["asked"]
    list_per_page = 50
    fields = ["of", "span", "state", "made", "end", "asked", "reason"]
    change_list_template = "admin/jobs/operation/list.html"
    change_form_template = "admin/jobs/operation/page.html"

    class Media:
        css = {"all": ["jobs/admin-jobs.css", "jobs/admin-schedules.css"]}
        js = ["jobs/admin-schedules.js"]

    def has_view_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        return request.user.has_perm(VIEW_SCHEDULE)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Permit the link from a schedule to its operations."""
        return lookup == "schedule__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cancel_view)
        return [path("<int:pk>/cancel/", view, name="jobs_operation_cancel"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Show one, with the button to cancel it for those who may."""
        backfill = Operation.objects.backfills().filter(pk=object_id).exists() if object_id.isdecimal() else False
        kwargs["extra_context"] = {"may_cancel": backfill and request.user.has_perm(CONTROL_SCHEDULE)}
        return super().change_view(request, object_id, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead on to its page: what people did to it stands in the audit of its schedule."""
        return redirect(reverse("admin:jobs_operation_change", args=[object_id]))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, and have it make no more jobs."""
        if not request.user.has_perm(CONTROL_SCHEDULE):
            raise PermissionDenied
        operation = (
            self.get_queryset(request).select_related("schedule").filter(pk=pk, kind=Operation.Kind.BACKFILL).first()
        )
        if operation is None:
            messages.error(request, f"There is no operation {pk}.")
            return redirect(reverse("admin:jobs_operation_changelist"))
        schedule, reach = operation.schedule, reach_in(request)
        if schedule is not None and not reach.touches(schedule):
            raise PermissionDenied(not_theirs(f"The schedule '{schedule.name}'", schedule, reach))
        page = reverse("admin:jobs_operation_change", args=[pk])
        form = WhyForm(given(request))
        if form.is_bound and form.is_valid():
            by = cast("AbstractBaseUser", request.user)
            done, why = cancel_operation(pk, reason=form.cleaned_data["reason"], by=by, now=clock.current())
            (messages.success if done else messages.error)(request, why)
            return redirect(page)
        name = operation.schedule.name if operation.schedule else "a schedule that was deleted"
        question = Question(
            title=f"Cancel operation {pk}",
            button="Cancel it",
            meaning="It makes no more jobs. Those that it has made stay, and start as they would have.",
            action="",
            danger=True,
            chosen=[f"Backfill of {name}: {operation.done:,} of {operation.total:,} jobs made"],
            ids=[],
            to=reverse("admin:jobs_operation_cancel", args=[pk]),
            back=page,
        )
        return ask(self.admin_site, request, Operation, question, form)
