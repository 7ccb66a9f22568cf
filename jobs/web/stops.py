"""The page /stop/: stop all starts, see what waits, go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from jobs.clock import clock
from jobs.models import Job, Stop
from jobs.models.querysets.overviews import COUNT_LIMIT
from jobs.models.stop import FASTEST
from jobs.permissions import STOP_EVERYTHING, VIEW_JOB, why_refused
from jobs.rights import Reach, reach_of
from jobs.rights.seeing import not_of_theirs
from jobs.states import StopStanding
from jobs.transitions import stops
from jobs.web import parsing
from jobs.web.fields import MomentInput
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SHOWN = 20  # of the stops that are over


class PaceForm(forms.Form):
    """Form for how fast the jobs of a stop are let go."""

    per_minute = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=FASTEST,
        label="Jobs let go a minute",
        help_text="How many of those that were due by its end may start a minute afterwards. Empty: all at once.",
    )


class StopForm(PaceForm):
    """Form for a stop. After `is_valid()`, `plan` is it."""

    plan: stops.Plan
    reason = forms.CharField(help_text="For those whose jobs wait.", max_length=1000)
    begins_at = forms.CharField(
        required=False, label="From", widget=MomentInput(attrs={"step": "1"}), help_text="UTC. Empty: now."
    )
    until = forms.CharField(
        required=False,
        label="Until",
        widget=MomentInput(attrs={"step": "1"}),
        help_text="UTC. Empty: until somebody ends it.",
    )
    field_order = ("reason", "begins_at", "until", "per_minute")

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now

    def clean_begins_at(self) -> datetime:
        return _moment(self.cleaned_data["begins_at"]) or self._now

    def clean_until(self) -> datetime | None:
        return _moment(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not self.errors:
            self.plan = stops.Plan(cleaned["begins_at"], cleaned["until"], cleaned["reason"], cleaned["per_minute"])
        return cleaned


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parsing.chosen(text, parsing.zone("UTC"))
    except parsing.Unreadable as error:
        raise ValidationError(str(error)) from None


@dataclass(frozen=True)
class StopLine:
    """A stop as the page shows it: how it stands, and how many jobs of those that the person sees wait for its end,
    and will by then."""

    stop: Stop
    standing: StopStanding | None  # None: it is over
    waiting: int | None
    at_its_end: int | None  # None: no end is known

    @property
    def is_open(self) -> bool:
        """Is true while somebody can end it."""
        return self.standing != StopStanding.LETTING_GO

    @property
    def pace(self) -> PaceForm:
        """Return the form for how fast its jobs are let go."""
        return PaceForm(initial={"per_minute": self.stop.per_minute}, auto_id=f"id_%s_{self.stop.pk}")


LIST = ListPage(
    "stops",
    {
        "id": lambda line: line.stop.pk,
        "state": lambda line: line.standing.label if line.standing else "over",
        "reason": lambda line: line.stop.reason,
        "from": lambda line: line.stop.begins_at,
        "until": lambda line: line.stop.until,
        "by": lambda line: line.stop.created_by,
        "jobs_that_wait": lambda line: line.waiting and min(line.waiting, COUNT_LIMIT),
        "and_more": lambda line: bool(line.waiting and line.waiting > COUNT_LIMIT),
        "per_minute": lambda line: line.stop.per_minute,
    },
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@LIST
def stop_page(request: HttpRequest) -> HttpResponse:
    """Show what is stopped or planned, and take another. A wrong field keeps what was typed."""
    if not request.user.has_perm(VIEW_JOB) and not request.user.has_perm(STOP_EVERYTHING):
        return _refused(request, VIEW_JOB)
    now = clock.current()
    if request.method != "POST":
        return _page(request, StopForm(now=now), now)
    if not _may_stop(request):
        return _refused(request, STOP_EVERYTHING)
    form = StopForm(request.POST, now=now)
    if form.is_valid():
        try:
            stop = stops.stop_everything(form.plan, now=now, by=cast("AbstractBaseUser", request.user))
        except ValidationError as error:
            form.add_error(None, error)  # by its fields
        else:
            when = "now" if stop.begins_at <= now else f"from {stop.begins_at:%Y-%m-%d %H:%M:%S} UTC"
            messages.success(request, f"No job starts {when}{_until(stop)}.")
            return redirect("stop")
    return _page(request, form, now, status=400)


@login_required
@require_POST
def go_on(request: HttpRequest, stop_id: int) -> HttpResponse:
    """End a stop, or call it off, and say so."""
    if not _may_stop(request):
        return _refused(request, STOP_EVERYTHING)
    by = cast("AbstractBaseUser", request.user)
    try:
        stop = stops.go_on(stop_id, now=clock.current(), reason=request.POST.get("reason", ""), by=by)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("stop")
    if stop is not None:
        messages.success(request, f"Stop {stop_id} is over: jobs start again{_pace(stop)}.")
        return redirect("stop")
    return _was_over(request, stop_id)


@login_required
@require_POST
def pace(request: HttpRequest, stop_id: int) -> HttpResponse:
    """Have the jobs of a stop let go faster or more slowly, before its end or while they are, and say so."""
    if not _may_stop(request):
        return _refused(request, STOP_EVERYTHING)
    form = PaceForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"Jobs let go a minute: {' '.join(map(str, form.errors['per_minute']))}")
        return redirect("stop")
    asked, by = form.cleaned_data, cast("AbstractBaseUser", request.user)
    if stops.change(stop_id, asked, now=clock.current(), by=by) is None:
        return _was_over(request, stop_id)
    how = "all at once" if asked["per_minute"] is None else f"{asked['per_minute']:,} a minute"
    messages.success(request, f"What waits for the end of stop {stop_id} is let go {how}.")
    return redirect("stop")


def _was_over(request: HttpRequest, stop_id: int) -> HttpResponse:
    """Say that a stop was over before. Raises Http404 where there is none."""
    if not Stop.objects.filter(pk=stop_id).exists():
        raise Http404(f"There is no stop {stop_id}.")
    messages.warning(request, f"Stop {stop_id} was over already.")
    return redirect("stop")


def _page(request: HttpRequest, form: StopForm, now: datetime, status: int = 200) -> HttpResponse:
    reach = reach_of(request.user)
    lines = [_line(stop, now, reach) for stop in Stop.objects.for_people().not_over()]
    over = list(Stop.objects.for_people().over()[:SHOWN])
    context = {
        "form": form,
        "now": now,
        "lines": lines,
        "over": over,
        "may_stop": _may_stop(request),
        "count_limit": COUNT_LIMIT,
    }
    taken = [*lines, *(StopLine(stop, None, None, None) for stop in over)]
    return LIST.show(request, "jobs/stop.html", context, lambda: taken, status=status)


def _line(stop: Stop, now: datetime, reach: Reach) -> StopLine:
    standing = stop.standing(now)
    since = stop.begins_at if standing == StopStanding.PLANNED else None  # what is due before that starts before it

    def count(until: datetime) -> int:
        return Job.objects.count_kept(until, since=since, limit=COUNT_LIMIT + 1, within=reach)

    waiting = count(min(stop.until or now, now))
    at_its_end = None if stop.until is None else count(stop.until)
    return StopLine(stop, standing, waiting, at_its_end)


def _until(stop: Stop) -> str:
    if stop.until is None:
        return " until somebody ends this"
    return f" until {stop.until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _pace(stop: Stop) -> str:
    return "" if stop.per_minute is None else f", {stop.per_minute:,} a minute of those that were due by now"


def _may_stop(request: HttpRequest) -> bool:
    """Return whether this person may stop the jobs of all teams."""
    return request.user.has_perm(STOP_EVERYTHING) and reach_of(request.user).is_whole


def _refused(request: HttpRequest, permission: str) -> HttpResponse:
    may = request.user.has_perm(permission)
    refusal = not_of_theirs("Not all that this would stop") if may else why_refused(request.user, permission)
    return refuse(request, refusal)
