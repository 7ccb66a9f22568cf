"""The page of the links to a form. A new one is shown in the answer to the request that made it, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Form, FormLink
from jobs.permissions import CHANGE_FORM, why_refused
from jobs.rights import reach_of
from jobs.rights.form_links import why_nobody_stands, why_not_by_links
from jobs.rights.seeing import not_theirs
from jobs.transitions import forms as filling
from jobs.web.filling.form import LinkForm
from jobs.web.lists import ListPage
from jobs.web.refused import refuse

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


LIST = ListPage(
    "form-links",
    {
        "id": lambda row: row["link"].pk,
        "for": lambda row: row["link"].name,
        "begins_with": lambda row: row["link"].prefix,
        "ended": lambda row: row["why_ended"] or None,
        "uses": lambda row: row["link"].uses,
        "most_uses": lambda row: row["link"].most_uses,
        "most_of_day": lambda row: row["link"].most_of_day,
        "made": lambda row: row["link"].created_at,
        "by": lambda row: row["link"].created_by,
        "last_used": lambda row: row["link"].last_used_at,
        "expires": lambda row: row["link"].expires_at,
    },
)


def _manages(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Have a view be given the form in the place of its name, where it is this person's to change; else refuse."""

    @wraps(view)
    def shown(request: HttpRequest, name: str, **more: Any) -> HttpResponse:
        try:
            definition = _defined(request, name)
        except PermissionDenied as refusal:
            return refuse(request, str(refusal))
        return view(request, definition, **more)

    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@LIST
@_manages
@sensitive_variables()
def form_links(request: HttpRequest, definition: Form) -> HttpResponse:
    """Show the links to this form, and make another."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _listed(request, definition, form)
    if form.is_valid():
        try:
            made = filling.make(definition, form.asked, by=_person(request), now=clock.current())
        except ValidationError as error:
            for field, problems in error.message_dict.items():
                form.add_error(field, problems)
        else:
            address = _address(request, reverse("form-by-link", args=[made.secret]))
            return render(request, "jobs/forms/made.html", {"form": definition, "link": made.link, "address": address})
    return _listed(request, definition, form, 400)


@require_POST
@never_cache
@login_required
@_manages
def revoke_link(request: HttpRequest, definition: Form, link_id: int) -> HttpResponse:
    """End it at once."""
    link = _link(definition, link_id)
    filling.revoke(link, by=_person(request), now=clock.current())
    messages.success(request, f"The link {link} is revoked: it opens nothing any more.")
    return redirect("form-links", definition.name)


@require_POST
@never_cache
@login_required
@_manages
def take_link_over(request: HttpRequest, definition: Form, link_id: int) -> HttpResponse:
    """Stand for it in the place of whoever made it and cannot any more."""
    link = _link(definition, link_id)
    if filling.take_over(link, by=_person(request), now=clock.current()):
        messages.success(request, f"The link {link} is yours: it opens the form again, and you are its jobs' creator.")
    else:
        messages.warning(request, f"The link {link} stays as it is: look at it again.")
    return redirect("form-links", definition.name)


def _link(definition: Form, link_id: int) -> FormLink:
    """Return this link to the form. Raises Http404."""
    link: FormLink | None = definition.links.filter(pk=link_id).first()
    if link is None:
        raise Http404("There is no such link.")
    return link


def _address(request: HttpRequest, path: str) -> str:
    """Return the whole address of this path, by which people reach web. It has the path of the `include`, as
    JOBS_PUBLIC_URL has."""
    public = urlsplit(conf().public_url)
    return f"{public.scheme}://{public.netloc}{path}" if public.netloc else request.build_absolute_uri(path)


def _defined(request: HttpRequest, name: str) -> Form:
    """Return the form that is this person's to change. Raises PermissionDenied, Http404."""
    if not request.user.has_perm(CHANGE_FORM):
        raise PermissionDenied(why_refused(request.user, CHANGE_FORM))
    reach = reach_of(request.user)
    found: Form | None = Form.objects.within(reach).filter(name=name).first()
    if found is None:
        raise Http404(f"There is no form '{name}'.")
    if not reach.touches(found):
        raise PermissionDenied(not_theirs(f"The form '{name}'", found, reach))
    return found


def _listed(request: HttpRequest, definition: Form, form: LinkForm, status: int = 200) -> HttpResponse:
    now = clock.current()
    links = list(definition.links.select_related("created_by").order_by("-id"))
    makers: dict[int | None, Any] = {link.created_by_id: link.created_by for link in links}
    whys = {pk: why_nobody_stands(maker, definition) for pk, maker in makers.items()}
    rows: list[dict[str, Any]] = []
    closed = why_not_by_links(definition, definition.payload)
    for link in links:
        ended, nobody = link.why_ended(now) or closed, whys[link.created_by_id]
        rows.append({"link": link, "why_ended": ended or nobody, "may_take_over": bool(nobody) and not ended})
    facts = {"definition": definition, "rows": rows, "form": form}
    return LIST.show(request, "jobs/forms/links.html", facts, lambda: rows, status=status)


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
