"""Actions on the chosen schedules of the list, and on one from its page. Each asks why first, and each schedule is its
own transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from jobs.admin.confirmation import Question, ask, given
from jobs.admin.schedules.columns import in_zone
from jobs.admin.schedules.forms import PauseForm, WhyForm
from jobs.admin.within import touched
from jobs.clock import clock
from jobs.models import Schedule
from jobs.permissions import CONTROL_SCHEDULE
from jobs.transitions.schedules import definitions
from jobs.transitions.schedules.definitions import Changed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AT_A_TIME = 500  # schedules of one request: each is its own transaction
LISTED = 10
SAID = 5  # of what became of them


@dataclass(frozen=True)
class Act:
    """An action as its page says it. `name`: the action of the list to which the page's form comes back."""

    name: str
    label: str
    meaning: str
    danger: bool = False


PAUSE = Act(
    "pause",
    "Pause",
    "Nothing of it starts until then. A run whose time has come goes on; what the pause covers is written down as "
    "missed.",
)
RESUME = Act(
    "resume",
    "Resume",
    "It goes on with its next time. What would have started in the pause is written down as missed and never starts.",
)
ENABLE = Act(
    "enable",
    "Switch on",
    "It goes on with its next time. What passed while it was off or in shadow never starts. Remove what it takes the "
    "place of at its source first.",
)
SHADOW = Act(
    "shadow",
    "Put into shadow",
    "It notes when it would have started, and starts nothing until somebody switches it on. A run whose time has come "
    "goes on.",
)
DISABLE = Act(
    "disable",
    "Switch off",
    "Nothing of it starts until somebody switches it on. A run whose time has come goes on.",
)
DELETE = Act(
    "delete_selected",
    "Delete",
    "Its next run is cancelled, and the history of its runs is deleted with it. Jobs whose time has come go on, and "
    "all its jobs stay in the list of jobs. The audit stays.",
    danger=True,
)


class ScheduleActions:
    """Mixed into ScheduleAdmin. Offered to those with the permission for it."""

    admin_site: admin.AdminSite

    def has_control_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CONTROL_SCHEDULE)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        allowed: bool = self.has_change_permission(request)  # type: ignore[attr-defined]
        return allowed

    @admin.action(description="Pause…", permissions=["control"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        chosen = _chosen(request, queryset)
        zones = {schedule.time_zone for schedule in chosen}
        initial = {"time_zone": zones.pop() if len(zones) == 1 else "UTC"}
        now, by = clock.current(), _person(request)
        form = PauseForm(given(request), now=now, initial=initial)
        if form.is_bound and form.is_valid():
            reason, until = form.cleaned_data["reason"], form.moment

            def pause(pk: int) -> Changed:
                return definitions.pause_schedule(pk, until=until, reason=reason, by=by, now=now)

            return _apply(request, chosen, pause)
        return self._ask(request, chosen, form, PAUSE)

    @admin.action(description="Resume…", permissions=["control"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        now, by = clock.current(), _person(request)

        def resume(pk: int, reason: str) -> Changed:
            return definitions.resume_schedule(pk, reason=reason, by=by, now=now)

        return self._with_reason(request, queryset, resume, RESUME)

    @admin.action(description="Switch on…", permissions=["switch"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        return self._switch(request, queryset, ENABLE, enabled=True)

    @admin.action(description="Put into shadow…", permissions=["switch"])
    def shadow(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        return self._switch(request, queryset, SHADOW, enabled=False, shadow=True)

    @admin.action(description="Switch off…", permissions=["switch"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        return self._switch(request, queryset, DISABLE, enabled=False)

    def _switch(
        self, request: HttpRequest, rows: QuerySet[Schedule], act: Act, *, enabled: bool, shadow: bool = False
    ) -> HttpResponse | None:
        now, by = clock.current(), _person(request)

        def switch(pk: int, reason: str) -> Changed:
            fields = {"enabled": enabled, "shadow": shadow}
            return definitions.change_schedule(pk, fields, reason=reason, by=by, now=now)

        return self._with_reason(request, rows, switch, act)

    @admin.action(description="Delete…", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> HttpResponse | None:
        now, by = clock.current(), _person(request)

        def delete(pk: int, reason: str) -> Changed:
            return definitions.delete_schedule(pk, reason=reason, by=by, now=now)

        return self._with_reason(request, queryset, delete, DELETE)

    def _with_reason(
        self,
        request: HttpRequest,
        queryset: QuerySet[Schedule],
        change: Callable[[int, str], Changed],
        act: Act,
    ) -> HttpResponse | None:
        chosen = _chosen(request, queryset)
        form = WhyForm(given(request))
        if form.is_bound and form.is_valid():
            reason: str = form.cleaned_data["reason"]
            return _apply(request, chosen, lambda pk: change(pk, reason))
        return self._ask(request, chosen, form, act)

    def _ask(
        self,
        request: HttpRequest,
        chosen: Sequence[Schedule],
        form: forms.Form,
        act: Act,
    ) -> HttpResponse | None:
        if not chosen:
            return None
        one = len(chosen) == 1
        question = Question(
            title=f"{act.label}: {chosen[0].name if one else f'{len(chosen)} schedules'}",
            button=act.label,
            meaning=act.meaning,
            danger=act.danger,
            action=act.name,
            chosen=[f"{schedule.name}: {_next_words(schedule)}" for schedule in chosen[:LISTED]],
            ids=[schedule.pk for schedule in chosen],
            more=max(len(chosen) - LISTED, 0),
            back=reverse("admin:jobs_schedule_page", args=[chosen[0].pk]) if one else "",
        )
        return ask(self.admin_site, request, Schedule, question, form)


def _next_words(schedule: Schedule) -> str:
    if schedule.next_at is None:
        return "nothing comes next"
    return f"next start {in_zone(schedule.next_at + schedule.offset, schedule)}"


def _apply(request: HttpRequest, chosen: Sequence[Schedule], change: Callable[[int], Changed]) -> HttpResponse | None:
    """Change each, say what became of it, and lead to the one where it is one."""
    answers = [change(schedule.pk) for schedule in chosen]
    for level, done in ((messages.success, True), (messages.error, False)):
        said = [answer.why for answer in answers if answer.done is done]
        if said:
            more = f" And {len(said) - SAID:,} more." if len(said) > SAID else ""
            level(request, " ".join(said[:SAID]) + more)
    if len(answers) == 1 and answers[0].schedule is not None:
        return redirect(reverse("admin:jobs_schedule_page", args=[chosen[0].pk]))
    return None


def _chosen(request: HttpRequest, queryset: QuerySet[Any]) -> list[Schedule]:
    """Return the schedules by name; none, with a sentence, where there are too many for one request."""
    found: list[Schedule] = list(queryset.order_by("name")[: AT_A_TIME + 1])
    if len(found) > AT_A_TIME:
        messages.error(request, f"These are more than {AT_A_TIME} schedules; narrow the list down with a filter first.")
        return []
    return touched(request, found, "schedule")


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
