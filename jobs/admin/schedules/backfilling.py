"""Page that starts the runs of a past range: counted and shown first, then begun as an operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

from jobs import targets
from jobs.admin.confirmation import Question, ask, refuse
from jobs.admin.schedules.columns import moment_shown
from jobs.admin.schedules.forms import ZonedForm
from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.operation import FASTEST
from jobs.rules.rights import schedule_problems
from jobs.spans import span
from jobs.states import Overlap, Standing
from jobs.templatetags.runat import as_json
from jobs.transitions.schedules.backfill import NOT_WHOLE, NOTHING_LEFT, Backfill, begin_backfill, rate_problems
from jobs.web.fields import MomentInput

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from jobs.admin.schedules.schedule import ScheduleAdmin

START = "_start"  # the button that begins what was shown
SHOWN = 10  # of the runs
FIRST_ASKED = timedelta(days=1)  # the range that the form begins with
CHANGED = "What you ask for is no longer what was counted; look at the preview again, then start it."
MEANING = (
    "Starts now what should have run in a past range: a job for each of its nominal times, which the target can ask "
    "for. First all is counted and shown; nothing begins before you start it."
)


class BackfillForm(ZonedForm):
    """Form for a range of a schedule; `asked` after `is_valid()`. Only what begins it `starts`, and needs a reason."""

    begin = forms.CharField(
        required=False,
        label="From",
        widget=MomentInput(attrs={"step": "1"}),
        help_text="The first moment of the range.",
    )
    until = forms.CharField(
        required=False,
        widget=MomentInput(attrs={"step": "1"}),
        help_text="The moment before which the range ends; now at the latest.",
    )
    only_missed = forms.BooleanField(
        required=False,
        initial=True,
        label="Only what has not started",
        help_text="Without it, all of the range is started again.",
    )
    per_minute = forms.IntegerField(
        label="Jobs a minute",
        initial=60,
        error_messages={"invalid": NOT_WHOLE, "required": NOT_WHOLE},
        help_text=f"At most so many are made a minute, so that what is due keeps its place: 1 to {FASTEST:,}.",
    )

    field_order = ("begin", "until", "time_zone", "only_missed", "per_minute")
    asked: Backfill | None = None

    def __init__(self, *args: Any, schedule: Schedule, now: datetime, starts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schedule, self._now, self._starts = schedule, now, starts

    def clean_reason(self) -> str:
        return super().clean_reason() if self._starts else str(self.cleaned_data["reason"])

    def clean(self) -> dict[str, Any]:
        cleaned, zone = self.cleaned_data, self.read_zone()
        begin = until = None
        if zone is not None:
            begin = self.read_moment("begin", zone, missing="Choose the first moment of the range.")
            until = self.read_moment("until", zone, missing="Choose the moment before which the range ends.")
        if begin is None or until is None or "per_minute" not in cleaned:
            for problem in rate_problems(cleaned.get("per_minute", 1)):  # one answer names all that is wrong
                self.add_error("per_minute", problem)
            return cleaned
        asked = Backfill(self._schedule, begin, until, cleaned["only_missed"], cleaned["per_minute"])
        if problems := asked.problems(self._now):
            refuse(self, ValidationError(problems))
        else:
            self.asked = asked
        return cleaned


@dataclass(frozen=True)
class Counted:
    """Preview of a backfill: how many jobs it makes, which, and with what."""

    jobs: int
    first: list[SafeString]
    lasts: str
    notes: list[str]
    arguments: str
    stamp: str


def counted(asked: Backfill, now: datetime) -> Counted:
    """Return what there is to see before it begins."""
    times, schedule = asked.times(), asked.schedule
    return Counted(
        jobs=len(times),
        first=[moment_shown(nominal, schedule) for nominal in times[:SHOWN]],
        lasts=span((len(times) - 1) / asked.per_minute * 60) if len(times) > 1 else "",
        notes=_notes(asked, now) if times else [NOTHING_LEFT],
        arguments=as_json(targets.shown(schedule.target, schedule.payload)),
        stamp=_stamp(asked),
    )


def _stamp(asked: Backfill) -> str:
    """Say for which range the preview is, so that only what was seen is started."""
    begin, until = (moment.astimezone(UTC).isoformat() for moment in (asked.begin, asked.until))
    return f"{begin} {until} {asked.only_missed}"


def _notes(asked: Backfill, now: datetime) -> list[str]:
    schedule, found = asked.schedule, []
    standing = schedule.standing(now)
    if standing is not Standing.ON:
        found.append(f"The schedule is {str(standing.label).lower()}; these runs start all the same.")
    if schedule.overlap in (Overlap.SKIP, Overlap.JOIN):
        found.append("While an earlier run goes on they wait for it: none of them is left out.")
    if schedule.calendar is not None:
        found.append(
            f"Where the calendar '{schedule.calendar.name}' is closed when one would start: "
            f"{schedule.get_blackout_display()}."
        )
    if not asked.only_missed:
        found.append("What has started already starts again.")
    return found


def show(admin: ScheduleAdmin, request: HttpRequest, schedule: Schedule) -> HttpResponse:
    """Return the page: the form, with the preview of what it asks for, or the way to what has begun."""
    by, now = cast("AbstractBaseUser", request.user), clock.current()
    if schedule_problems(by):
        raise PermissionDenied
    starts = START in request.POST
    given = request.POST if request.method == "POST" else None
    form = BackfillForm(given, schedule=schedule, now=now, starts=starts, initial=_first(schedule, now))
    if form.is_bound and form.is_valid() and starts and form.asked is not None:
        if request.POST.get("counted") != _stamp(form.asked):
            form.add_error(None, CHANGED)
        else:
            try:
                operation = begin_backfill(form.asked, reason=form.cleaned_data["reason"], by=by, now=now)
            except ValidationError as error:
                refuse(form, error)
            else:
                jobs = f"{operation.total:,} job{'' if operation.total == 1 else 's'}"
                messages.success(request, f"Operation {operation.pk} has begun: {jobs} of '{schedule.name}'.")
                return redirect(reverse("admin:jobs_operation_change", args=[operation.pk]))
    question = Question(
        title=f"Backfill: {schedule.name}",
        button="Preview",
        meaning=MEANING,
        action="",
        chosen=[],
        ids=[],
        to=reverse("admin:jobs_schedule_backfill", args=[schedule.pk]),
        back=reverse("admin:jobs_schedule_page", args=[schedule.pk]),
    )
    preview = None if form.asked is None else counted(form.asked, now)
    template = "admin/jobs/schedule/backfill.html"
    return ask(
        admin.admin_site, request, Schedule, question, form, template=template, preview=preview, schedule=schedule
    )


def _first(schedule: Schedule, now: datetime) -> dict[str, Any]:
    """Return what the form begins with: the last day, by the clocks of the schedule."""
    try:
        zone: Any = schedule.zone
    except (KeyError, ValueError, OSError):  # written by SQL
        zone = UTC
    begin, until = ((now - ago).astimezone(zone).replace(tzinfo=None) for ago in (FIRST_ASKED, timedelta()))
    return {
        "begin": begin.isoformat(timespec="minutes"),
        "until": until.isoformat(timespec="minutes"),
        "time_zone": "UTC" if zone is UTC else schedule.time_zone,
    }
