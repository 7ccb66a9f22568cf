"""The pages below `/alerts/subscriptions/`: which webhooks are told of which changes of jobs, and the form of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.clock import clock
from jobs.models import Subscription
from jobs.monitor.access import page
from jobs.permissions import CONTROL_JOB, VIEW_ALERT, why_refused
from jobs.rights import reach_of
from jobs.rights.seeing import not_of_theirs
from jobs.transitions import definitions, subscriptions
from jobs.web.lists import ListPage
from jobs.web.refused import refuse
from jobs.web.subscription_form import SubscriptionForm

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


LIST = ListPage(
    "subscriptions",
    {
        "id": lambda one: one.pk,
        "webhook": lambda one: one.destination.name,
        "is_told_of": str,
        "enabled": lambda one: one.enabled,
    },
)


@require_safe
@page
@LIST
def subscription_list(request: HttpRequest) -> HttpResponse:
    """Show the subscriptions of this person's teams."""
    if not request.user.has_perm(VIEW_ALERT):
        return refuse(request, why_refused(request.user, VIEW_ALERT))
    by, may_make = cast("AbstractBaseUser", request.user), request.user.has_perm(CONTROL_JOB)
    found = Subscription.objects.within(reach_of(by)).for_people()[: subscriptions.MOST]
    lines = [(one, may_make and subscriptions.may_change(by, one)) for one in found]
    facts = {"lines": lines, "may_make": may_make}
    return LIST.show(request, "jobs/monitor/subscriptions.html", facts, lambda: list(found))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new_subscription(request: HttpRequest) -> HttpResponse:
    """Show the form of a new subscription, or make it."""
    if not request.user.has_perm(CONTROL_JOB):
        return refuse(request, why_refused(request.user, CONTROL_JOB))
    by = cast("AbstractBaseUser", request.user)
    if request.method != "POST":
        return render(request, "jobs/subscription.html", {"form": SubscriptionForm(by=by)})
    form = SubscriptionForm(request.POST, by=by)
    if form.is_valid():
        try:
            made = subscriptions.make(**form.cleaned_data, by=by, now=clock.current())
        except ValidationError as error:
            form.blame(error)
        except PermissionDenied as error:
            return refuse(request, str(error))
        else:
            messages.success(request, f"{made}: {made.destination} will be told, up to a minute from now on.")
            return redirect("subscriptions")
    return render(request, "jobs/subscription.html", {"form": form}, status=400)


@require_POST
@page
def delete_subscription(request: HttpRequest, subscription_id: int) -> HttpResponse:
    """Delete a subscription. What was written down to be sent before is still sent."""
    if not request.user.has_perm(CONTROL_JOB):
        return refuse(request, why_refused(request.user, CONTROL_JOB))
    by = cast("AbstractBaseUser", request.user)
    found = Subscription.objects.within(reach_of(by)).for_people().filter(pk=subscription_id).first()
    if found is None:
        raise Http404(f"There is no subscription {subscription_id}.")
    if not subscriptions.may_change(by, found):
        return refuse(request, not_of_theirs(f"The subscription {subscription_id}"))
    said = f"{found}: {found.destination} is told no more."
    definitions.forget(found, by=by, now=clock.current())
    messages.success(request, said)
    return redirect("subscriptions")
