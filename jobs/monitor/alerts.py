"""The page `/alerts/`: what is wrong, what is silenced, what was, and the buttons of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jobs.clock import clock
from jobs.models import Alert, Silence
from jobs.monitor.access import page
from jobs.permissions import ACKNOWLEDGE_ALERT, VIEW_ALERT, why_refused
from jobs.rights import reach_of
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import alerts
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

OPEN_SHOWN, SIZE = 200, 50
SPANS = [(60, "an hour"), (240, "four hours"), (1440, "a day"), (10_080, "a week")]


LIST = ListPage(
    "alerts",
    {
        "id": lambda alert: alert.pk,
        "name": lambda alert: alert.fingerprint,
        "level": lambda alert: alert.level,
        "alert": lambda alert: alert.sentence,
        "remedy": lambda alert: None if alert.resolved_at else alert.remedy,
        "from": lambda alert: alert.opened_at,
        "until": lambda alert: alert.resolved_at,
        "times": lambda alert: alert.times,
    },
)


class SilenceForm(forms.Form):
    """Form for a silence of one alert."""

    reason = forms.CharField(max_length=1000)
    minutes = forms.TypedChoiceField(choices=SPANS, coerce=int, required=False, label="For")


class Line(NamedTuple):
    """An open alert as the page shows it. `silence`: what keeps it from being said."""

    alert: Alert
    silence: Silence | None
    form: SilenceForm | None  # None: not for this person


@require_safe
@page
@LIST
def alert_list(request: HttpRequest) -> HttpResponse:
    """Show what is wrong of what this person sees, then what was."""
    if not request.user.has_perm(VIEW_ALERT):
        return refuse(request, why_refused(request.user, VIEW_ALERT))
    now, reach = clock.current(), reach_of(request.user)
    silences = list(Silence.objects.in_force(now).select_related("created_by"))
    seen = Alert.objects.within(reach).for_people()
    may = request.user.has_perm(ACKNOWLEDGE_ALERT)
    lines = [
        Line(
            alert,
            next((one for one in silences if one.fits(alert.fingerprint)), None),
            SilenceForm(auto_id=f"id_%s_{alert.pk}") if may and alerts.touches(reach, alert) else None,
        )
        for alert in seen.open()[:OPEN_SHOWN]
    ]
    context = {
        "lines": lines,
        "silences": silences if reach.is_whole else [],
        "may_end": may and reach.is_whole,
        "page": Paginator(seen.resolved(), SIZE).get_page(request.GET.get("page")),
        "now": now,
    }
    return LIST.show(request, "jobs/monitor/alerts.html", context, seen.newest)


@require_POST
@page
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Note that this person is at it."""
    found = _touched(request, alert_id)
    if isinstance(found, HttpResponse):
        return found
    by = cast("AbstractBaseUser", request.user)
    try:
        done = alerts.acknowledge(alert_id, now=clock.current(), by=by, reason=request.POST.get("reason", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("alerts")
    if done is None:
        messages.warning(request, "It was over, or acknowledged already.")
    else:
        messages.success(request, f"Acknowledged: {done.sentence}")
    return redirect("alerts")


@require_POST
@page
def silence(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Have this alert be said to nobody for a while."""
    found = _touched(request, alert_id)
    if isinstance(found, HttpResponse):
        return found
    form = SilenceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why, and for how long.")
        return redirect("alerts")
    asked, by = form.cleaned_data, cast("AbstractBaseUser", request.user)
    try:
        made = alerts.silence(
            found.fingerprint, asked["minutes"] or SPANS[0][0], reason=asked["reason"], now=clock.current(), by=by
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("alerts")
    messages.success(request, f"{made.pattern} is said to nobody until {made.until:%Y-%m-%d %H:%M} UTC.")
    return redirect("alerts")


@require_POST
@page
def end_silence(request: HttpRequest, silence_id: int) -> HttpResponse:
    """End a silence."""
    if not request.user.has_perm(ACKNOWLEDGE_ALERT):
        return refuse(request, why_refused(request.user, ACKNOWLEDGE_ALERT))
    if not reach_of(request.user).is_whole:
        return refuse(request, not_of_theirs("Not all that this is about"))
    if alerts.end_silence(silence_id, now=clock.current(), by=cast("AbstractBaseUser", request.user)) is None:
        raise Http404(f"There is no silence {silence_id} that goes on.")
    messages.success(request, "The silence is over.")
    return redirect("alerts")


def _touched(request: HttpRequest, alert_id: int) -> Alert | HttpResponse:
    """Return the alert, or the answer for somebody who may not answer for it. Raises Http404 where there is none that
    this person sees."""
    if not request.user.has_perm(ACKNOWLEDGE_ALERT):
        return refuse(request, why_refused(request.user, ACKNOWLEDGE_ALERT))
    reach = reach_of(request.user)
    alert = Alert.objects.within(reach).filter(pk=alert_id).first()
    if alert is None:
        raise Http404(f"There is no alert {alert_id}.")
    return alert if alerts.touches(reach, alert) else refuse(request, not_of_theirs(f"Alert {alert_id}"))
