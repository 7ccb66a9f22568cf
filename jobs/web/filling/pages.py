"""Pages on which forms are listed and filled in, also through links, by people without an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from jobs.clock import clock
from jobs.creation_limits import TooFast
from jobs.models import Form, FormLink
from jobs.permissions import ADD_JOB, CHANGE_FORM, VIEW_FORM, VIEW_JOB
from jobs.rights import reach_of
from jobs.rights.form_links import why_nobody_stands, why_not_by_links
from jobs.transitions import forms as filling
from jobs.transitions.creation import KeyReused
from jobs.web.filling.form import FilledForm
from jobs.web.lists import ListPage

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SENT_BEFORE = (
    "This was sent before, with other values; nothing more was noted. Open the form anew to send it once more."
)
ENDED = "This link opens nothing any more. Ask whoever has given it to you for another one."
TOMORROW = "This link was used as often today as it may be; nothing was noted. Try again tomorrow."


class Line(NamedTuple):
    """A form as its list is taken out: of one that the person may fill in what it is for, of one whose definition he
    sees what it starts."""

    form: Form
    to_fill_in: bool
    is_defined: bool


LIST = ListPage(
    "forms",
    {
        "name": lambda line: line.form.name,
        "title": lambda line: line.form.title,
        "to_fill_in": lambda line: line.to_fill_in,
        "what_it_is_for": lambda line: line.form.description if line.to_fill_in else None,
        "starts": lambda line: line.form.target if line.is_defined else None,
        "queue": lambda line: line.form.queue if line.is_defined else None,
        "enabled": lambda line: line.form.enabled if line.is_defined else None,
        "groups": lambda line: line.form.groups if line.is_defined else None,
        "teams": lambda line: line.form.teams if line.is_defined else None,
    },
)


@require_safe
@never_cache
@login_required
@LIST
def form_list(request: HttpRequest) -> HttpResponse:
    """Show what this person may fill in, then what is defined, to those who see definitions."""
    person, reach = _person(request), reach_of(request.user)
    defined = Form.objects.within(reach) if request.user.has_perm(VIEW_FORM) else Form.objects.none()
    may_change = request.user.has_perm(CHANGE_FORM)
    rows = [{"form": one, "may_change": may_change and reach.touches(one)} for one in defined]
    facts = {"forms": Form.objects.for_person(person), "rows": rows}
    return LIST.show(request, "jobs/forms/list.html", facts, lambda: _lines(facts["forms"], defined))


def _lines(to_fill_in: Iterable[Form], defined: Iterable[Form]) -> list[Line]:
    own, seen = {one.pk: one for one in to_fill_in}, {one.pk: one for one in defined}
    return [Line(one, pk in own, pk in seen) for pk, one in (own | seen).items()]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@sensitive_post_parameters()
@sensitive_variables()
def fill_in(request: HttpRequest, name: str) -> HttpResponse:
    """Show the form to those who may fill it in, and what became of it. To all others there is none."""
    person, now = _person(request), clock.current()
    definition = Form.objects.for_person(person).filter(name=name).first()
    if definition is None:
        raise Http404("There is no such form, or none that you may fill in.")

    def send(form: FilledForm) -> HttpResponse:
        job, _ = filling.by_person(definition, form.new_job, by=person, now=now)
        sees = any(map(request.user.has_perm, (ADD_JOB, VIEW_JOB)))  # whoever creates jobs sees those of his own
        return _noted(request, definition, {"job": job, "sees": sees})

    form = FilledForm(_sent(request), definition=definition, by=person, now=now)
    return _form(request, form, definition, send)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
def fill_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the form to whoever has the link, and that it was noted: nothing of the job, and nothing of others."""
    now = clock.current()
    link = FormLink.objects.by_secret(secret).select_related("form", "created_by").first()
    if link is None:
        raise Http404("There is no such form.")
    definition = link.form
    closed = not definition.enabled or link.is_closed(now) or why_nobody_stands(link.created_by, definition)
    if closed or why_not_by_links(definition, definition.payload):
        return _over(request, ENDED, HTTPStatus.GONE)
    over = _used_up(request, link, now)
    form = FilledForm(_sent(request), definition=definition, by=link.created_by, now=now)
    # What was sent may be a repeat of what used it up, which is judged with the row locked.
    if over is not None and not form.is_valid():
        return over

    def send(form: FilledForm) -> HttpResponse:
        try:
            filling.by_link(link, form.new_job, now=now)
        except filling.Ended:
            return _over(request, ENDED, HTTPStatus.GONE)
        except filling.Tomorrow:
            return _over(request, TOMORROW, HTTPStatus.TOO_MANY_REQUESTS)
        except KeyReused:
            if over is None:
                raise
            return over
        return _noted(request, definition, {})

    return _private(_form(request, form, definition, send))


def _form(
    request: HttpRequest, form: FilledForm, definition: Form, send: Callable[[FilledForm], HttpResponse]
) -> HttpResponse:
    """Return the form, or what became of it when it was sent."""
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return send(form)
            except KeyReused:
                form.add_error(None, SENT_BEFORE)
            except TooFast as refusal:
                form.add_error(None, str(refusal))
                answer = _shown(request, form, definition, HTTPStatus.TOO_MANY_REQUESTS)
                answer["Retry-After"] = str(refusal.retry_after)
                return answer
    return _shown(request, form, definition, status)


def _shown(request: HttpRequest, form: FilledForm, definition: Form, status: int) -> HttpResponse:
    return render(request, "jobs/forms/fill.html", {"form": form, "definition": definition}, status=status)


def _noted(request: HttpRequest, definition: Form, more: dict[str, Any]) -> HttpResponse:
    return render(request, "jobs/forms/noted.html", {"definition": definition, **more})


def _used_up(request: HttpRequest, link: FormLink, now: datetime) -> HttpResponse | None:
    """Return the page that says so of a link; None: it has uses left."""
    if link.why_ended(now):
        return _over(request, ENDED, HTTPStatus.GONE)
    return _over(request, TOMORROW, HTTPStatus.TOO_MANY_REQUESTS) if link.is_used_up_today(now) else None


def _over(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return _private(render(request, "jobs/forms/over.html", {"sentence": sentence}, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    """Have the address, which is the secret, told to nobody else, neither by a link of the page nor by a search."""
    response["Referrer-Policy"] = "same-origin"  # with none at all browsers send no Origin that Django takes
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _person(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
