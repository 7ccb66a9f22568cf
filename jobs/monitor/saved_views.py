"""The page `/views/`: lists of jobs that this person has saved under a name, and those that teams share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework import serializers

from jobs.api.listing import as_filters, checked
from jobs.clock import clock
from jobs.models import SavedView, Team
from jobs.models.described import definition_tag
from jobs.monitor.access import page
from jobs.monitor.job_list import PageQuery
from jobs.monitor.list_form import WHERE, address, sentences, without
from jobs.transitions import saved_views
from jobs.transitions.stale import Stale
from jobs.web.lists import ListPage
from jobs.web.seen import CHANGED, seen_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


LIST = ListPage(
    "views",
    {
        "id": lambda view: view.pk,
        "view": lambda view: view.name,
        "filter": lambda view: view.query,
        "team": lambda view: view.team.name if view.team else None,
        "by": lambda view: view.owner.get_username(),
    },
)


@require_http_methods(["GET", "HEAD", "POST"])
@page
@LIST
def view_list(request: HttpRequest) -> HttpResponse:
    """Show the views that this person sees; with a name and a query string, save another."""
    by = cast("AbstractBaseUser", request.user)
    if request.method == "POST":
        return _saved(request, by)
    views = list(SavedView.objects.seen_by(by).for_people())
    shown = {
        "own": [(view, address_of_view(view), definition_tag(view)) for view in views if view.owner_id == by.pk],
        "shared": [(view, address_of_view(view)) for view in views if view.owner_id != by.pk],
        "teams": list(Team.objects.filter(members=by.pk).values_list("name", flat=True)),
    }
    return LIST.show(request, "jobs/monitor/views.html", shown, lambda: views)


@require_POST
@page
def change(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename one of this person's views, and share it or no longer."""
    view, by, sent = _own(request, view_id), cast("AbstractBaseUser", request.user), request.POST
    name, team, seen = sent.get("name", view.name), sent.get("team", ""), seen_in(request)
    try:
        saved_views.change(view, name, team, by=by, now=clock.current(), seen=seen)
    except Stale:
        messages.error(request, CHANGED)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{view} is {f'shared with {view.team}' if view.team else 'for you alone'}.")
    return redirect("views")


@require_POST
@page
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete one of this person's views."""
    view = _own(request, view_id)
    saved_views.delete(view, by=cast("AbstractBaseUser", request.user), now=clock.current())
    messages.success(request, f"{view} is deleted.")
    return redirect("views")


def address_of_view(view: SavedView) -> str:
    """Return the address of the list that the view is."""
    return f"{reverse('jobs')}?{view.query}" if view.query else reverse("jobs")


def _own(request: HttpRequest, view_id: int) -> SavedView:
    found = SavedView.objects.of(request.user).for_people().filter(pk=view_id).first()
    if found is None:
        raise Http404("There is no such view of yours.")
    return found


def _saved(request: HttpRequest, by: AbstractBaseUser) -> HttpResponse:
    """Save the list with this query string, and lead back to it, or say why not."""
    now, query = clock.current(), without(QueryDict(request.POST.get("query", "")), *WHERE)
    back = address(reverse("jobs"), query)
    try:
        checked(query, PageQuery, now)
        kept, _ = as_filters(query)
        view = saved_views.save(request.POST.get("name", ""), kept.urlencode(safe=":,"), by=by, now=now)
    except serializers.ValidationError as error:
        messages.error(request, " ".join(said for whys in sentences(error).values() for said in whys))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{view} is saved; it is among your views, and Ctrl K finds it.")
    return redirect(back)
