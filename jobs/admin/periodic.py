"""django-celery-beat's pages in the place of its own, which let everybody who may look enable and send entries, name
any task, and save entries that never run."""

from __future__ import annotations

from typing import Any, cast

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat import admin as theirs
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)
from kombu.utils.json import loads

from jobs.admin.theme import ModelAdmin, ModelForm, dress_widget
from jobs.clock import clock
from jobs.recurrence import BadExpression, parse
from jobs.targets.celery_tasks import allowed
from jobs.web.bringing.periodic import CRONTAB, crontab_text, why_not

NOT_ALLOWED = "JOBS_CELERY_TASKS does not allow {}; an administrator can add it there."
TEMPLATES = "admin/jobs/periodic"


class PeriodicTaskForm(ModelForm[PeriodicTask]):
    """Form that offers the tasks that JOBS_CELERY_TASKS allows."""

    task = forms.ChoiceField()

    class Meta:
        model = PeriodicTask
        exclude: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" not in self.fields:  # who may only look has no fields
            return
        names, current = allowed(), self.instance.task
        choices = [("", "---------"), *((name, name) for name in names)]
        if current and current not in names:
            choices.append((current, f"{current} (not allowed)"))
        field = cast("forms.ChoiceField", self.fields["task"])
        field.choices = choices
        field.help_text = "Celery tasks that JOBS_CELERY_TASKS allows." if names else "JOBS_CELERY_TASKS allows none."
        dress_widget(field.widget)

    def clean(self) -> dict[str, Any]:
        """An entry that is off may be what it was; one that is on has to be allowed, and to run at some time."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned["enabled"]:
            row = PeriodicTask(**cleaned)
            if row.task not in allowed():
                self.add_error("task", NOT_ALLOWED.format(row.task))
            elif why := why_not(row, clock.current()):
                self.add_error(None, why)
        return cleaned


class CrontabForm(ModelForm[CrontabSchedule]):
    """Form that refuses what Celery would pass over without a word, such as 7 for Sunday."""

    class Meta:
        model = CrontabSchedule
        exclude: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                parse("celery", crontab_text(CrontabSchedule(**cleaned)))
            except BadExpression as bad:
                part = "month_of_year" if bad.field == "month" else bad.field.replace(" ", "_")
                self.add_error(part if part in CRONTAB else None, bad.why)
        return cleaned


class Elsewhere(ModelAdmin[Any]):
    """Pages that say where RunAt's own schedules are."""

    change_list_template = f"{TEMPLATES}/list.html"
    change_form_template = f"{TEMPLATES}/form.html"
    add_form_template = f"{TEMPLATES}/form.html"

    class Media:
        css = {"all": ["jobs/admin-jobs.css"]}


class PeriodicTaskAdmin(Elsewhere):
    form = PeriodicTaskForm
    list_display = ["name", "enabled", "task", "scheduler", "start_time", "last_run_at", "one_off"]
    list_filter = ["enabled", "one_off"]
    list_select_related = ["interval", "crontab", "solar", "clocked"]
    search_fields = ["name", "task"]
    readonly_fields = ["last_run_at"]
    actions = ["enable", "disable", "run"]
    fieldsets = [
        (None, {"fields": ["name", "task", "enabled", "description"]}),
        ("When", {"fields": ["interval", "crontab", "solar", "clocked", "start_time", "one_off", "last_run_at"]}),
        ("Arguments", {"fields": ["args", "kwargs"]}),
        (
            "Message",
            {"fields": ["expires", "expire_seconds", "queue", "exchange", "routing_key", "priority", "headers"]},
        ),
    ]

    @admin.action(description="Enable", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        good = self._good(request, queryset)
        queryset.filter(pk__in=[row.pk for row in good]).update(enabled=True)
        PeriodicTasks.update_changed()
        messages.success(request, f"{len(good)} enabled.")

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Switches off, and forgets the last run, as django-celery-beat does: else it would run as soon as it is on."""
        count = queryset.update(enabled=False, last_run_at=None)
        PeriodicTasks.update_changed()
        messages.success(request, f"{count} disabled.")

    @admin.action(description="Send now", permissions=["change"])
    def run(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        good = self._good(request, queryset)
        for row in good:
            current_app.send_task(
                row.task,
                args=loads(row.args),
                kwargs=loads(row.kwargs),
                queue=row.queue or None,
                headers={"periodic_task_name": row.name},
            )
        messages.success(request, f"{len(good)} sent.")

    def _good(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> list[PeriodicTask]:
        """Return those that may be sent, and say of the others why not."""
        good, now = [], clock.current()
        for row in queryset:
            why = NOT_ALLOWED.format(row.task) if row.task not in allowed() else why_not(row, now)
            if why:
                messages.error(request, f"{row.name}: {why}")
            else:
                good.append(row)
        return good


class UsedBy(theirs.PeriodicTaskInline):  # type: ignore[misc]  # it has no types
    """The entries that share a schedule."""


class SharedAdmin(Elsewhere):
    inlines = [UsedBy]


class CrontabAdmin(SharedAdmin):
    form = CrontabForm
    list_display = ["__str__", "human_readable"]
    readonly_fields = ["human_readable"]


PAGES: dict[Any, Any] = {
    PeriodicTask: PeriodicTaskAdmin,
    CrontabSchedule: CrontabAdmin,
    IntervalSchedule: SharedAdmin,
    SolarSchedule: SharedAdmin,
    ClockedSchedule: SharedAdmin,
}


def take_their_place() -> None:
    """Show these pages instead of django-celery-beat's: in this repository's own installation, not in a project of
    somebody else's."""
    for model, page in PAGES.items():
        admin.site.unregister(model)
        admin.site.register(model, page)
