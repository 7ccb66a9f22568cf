"""Single runs of a schedule: the page that asks why, and what instead, and does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from jobs import targets
from jobs.admin.confirmation import Question, ask, refuse
from jobs.admin.schedules.columns import in_zone
from jobs.admin.schedules.forms import ArgumentsForm, MoveForm, WhyForm
from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.constraints import EARLIEST_RUN_AT, LATEST_RUN_AT
from jobs.templatetags.runat import as_json
from jobs.transitions.schedules import single
from jobs.transitions.schedules.definitions import Changed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


@dataclass(frozen=True)
class Verb:
    """A request that can be made of one run, as its button and its page say it."""

    name: str
    label: str
    meaning: str
    form: type[forms.Form] = WhyForm
    button: str = ""  # on its page, where its label is no verb


VERBS = {
    verb.name: verb
    for verb in (
        Verb("skip", "Skip", "It does not start, and is written down as skipped. The run after it comes at its time."),
        Verb("move", "Move", "It starts at another time. The runs after it stay where they are.", MoveForm),
        Verb(
            "arguments",
            "Arguments",
            "It starts with other arguments. The schedule keeps its own.",
            ArgumentsForm,
            "Give it these",
        ),
        Verb("run-now", "Run now", "It starts at once, and stands for its nominal time: then it does not start again."),
        Verb("undo", "Undo", "It starts at its nominal time, with the schedule's arguments."),
    )
}


def ask_about_run(site: admin.AdminSite, request: HttpRequest, schedule: Schedule, name: str) -> HttpResponse:
    """Return the page that asks, or what became of it."""
    back = reverse("admin:jobs_schedule_page", args=[schedule.pk])
    nominal, verb = _moment(request), VERBS.get(name)
    if nominal is None or verb is None:
        messages.error(request, "Choose a run, and what is to become of it, on the page of its schedule.")
        return redirect(back)
    now, by = clock.current(), cast("AbstractBaseUser", request.user)
    form = _form(verb, request, schedule, nominal, now)
    if form.is_bound and form.is_valid():
        try:
            answer = _apply(verb, form, schedule, nominal, by=by, now=now)
        except ValidationError as error:
            refuse(form, error, {"run_at": "at"})
        else:
            (messages.success if answer.done else messages.error)(request, answer.why)
            return redirect(back)
    address = reverse("admin:jobs_schedule_run", args=[schedule.pk, verb.name])
    question = Question(
        title=f"{verb.label}: {schedule.name}",
        button=verb.button or verb.label,
        meaning=verb.meaning,
        action="",
        chosen=[f"The run of {in_zone(nominal, schedule)}"],
        ids=[],
        to=f"{address}?{urlencode({'at': request.GET['at']})}",
        back=back,
    )
    return ask(site, request, Schedule, question, form)


def _moment(request: HttpRequest) -> datetime | None:
    try:
        found = datetime.fromisoformat(request.GET.get("at", ""))
    except ValueError:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if EARLIEST_RUN_AT <= found <= LATEST_RUN_AT else None


def _form(verb: Verb, request: HttpRequest, schedule: Schedule, nominal: datetime, now: datetime) -> forms.Form:
    given = request.POST if request.method == "POST" else None
    if verb.form is MoveForm:
        local = (nominal + schedule.offset).astimezone(schedule.zone).replace(tzinfo=None, microsecond=0)
        return MoveForm(given, now=now, initial={"at": local.isoformat(), "time_zone": schedule.time_zone})
    if verb.form is ArgumentsForm:
        shown = targets.shown(schedule.target, single.payload_of(schedule, nominal))
        return ArgumentsForm(given, initial={"payload": as_json(shown)})
    return verb.form(given)


def _apply(
    verb: Verb, form: forms.Form, schedule: Schedule, nominal: datetime, *, by: AbstractBaseUser, now: datetime
) -> Changed:
    reason: str = form.cleaned_data["reason"]
    if isinstance(form, MoveForm) and form.moment is not None:
        return single.move_run(schedule.pk, nominal, run_at=form.moment, reason=reason, by=by, now=now)
    if isinstance(form, ArgumentsForm):
        payload = form.cleaned_data["payload"]
        return single.give_arguments(schedule.pk, nominal, payload=payload, reason=reason, by=by, now=now)
    plain = {"skip": single.skip_run, "run-now": single.run_now, "undo": single.undo}
    return plain[verb.name](schedule.pk, nominal, reason=reason, by=by, now=now)
