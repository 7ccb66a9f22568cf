"""Addresses to which the palette leads beside the pages of the menu: queues, saved views, and lists of jobs."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.models import SavedView
from jobs.monitor.access import page
from jobs.monitor.list_form import queue_names
from jobs.monitor.saved_views import address_of_view
from jobs.permissions import ADD_JOB, APPROVE_JOB, VIEW_JOB
from jobs.rights import reach_of

# What leads where, and the permission without which it leads to nothing.
LISTS = (
    ("Running jobs", {"state": "running"}, None),
    ("Failed jobs of today", {"state": "failed", "finished_at_after": "today"}, None),
    ("Interrupted jobs", {"state": "interrupted"}, None),
    ("Overdue jobs", {"state": "pending", "later_than": "5"}, None),
    ("Jobs that no worker takes", {"no_live_worker": "true"}, None),
    ("Jobs that wait for approval", {"held": "approval"}, APPROVE_JOB),
)


@require_safe
@page
def palette(request: HttpRequest) -> HttpResponse:
    """Return what this person can go to, as JSON: text, what it is, address."""
    user, jobs = request.user, reverse("jobs")
    found = [
        {"text": text, "note": "jobs", "href": f"{jobs}?{urlencode(query)}"}
        for text, query, needs in LISTS
        if needs is None or user.has_perm(needs)
    ]
    if user.has_perm(ADD_JOB):
        found.append(
            {"text": "New job by an HTTP request", "note": "action", "href": f"{reverse('new-job')}?target=http"}
        )
    found += [
        {"text": view.name, "note": "view", "href": address_of_view(view)}
        for view in SavedView.objects.seen_by(user).for_people()
    ]
    if user.has_perm(VIEW_JOB):
        reach = reach_of(user)
        found += [{"text": name, "note": "queue", "href": reverse("queue", args=[name])} for name in queue_names(reach)]
    return JsonResponse({"entries": found})
