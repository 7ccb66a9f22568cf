"""Pages whose address is all that they know: who may see them, and how a query string is refused, alike on each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from rest_framework import serializers

from jobs.api.listing import PageQuery, checked
from jobs.monitor.list_form import Form, address, sentences, without
from jobs.permissions import why_refused
from jobs.rights import reach_of
from jobs.web.refused import refuse

Problems = Mapping[str, Iterable[str]]
Filters = Mapping[str, Any]
Refused = Callable[[HttpRequest, Problems], Mapping[str, Any]]
View = Callable[[HttpRequest, Filters], HttpResponse]


def by_query(
    query: type[PageQuery], template: str, needs: str, refused: Refused
) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Give a view the filters of its address, as this query understands them. Before that somebody without the
    permission `needs` is refused, an address with empty values leads to the one without them, as a form sends them,
    and what is wrong is answered 400 by the same template, with what `refused` makes of the problems."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            if not request.user.has_perm(needs):
                return refuse(request, why_refused(request.user, needs))
            if any(value == "" for _, values in request.GET.lists() for value in values):
                return redirect(address(request.path, without(request.GET)))
            try:
                wanted = checked(request.GET, query)
            except serializers.ValidationError as error:
                problems = sentences(error)
                return render(request, template, {**refused(request, problems), "problems": problems}, status=400)
            return view(request, wanted)

        return answer

    return decorate


def in_form(form: type[Form]) -> Refused:
    """Return how a page with this form shows what is wrong: at its fields."""

    def refused(request: HttpRequest, problems: Problems) -> Mapping[str, Any]:
        reach = reach_of(request.user)
        return {"form": form(request.GET, reach).refused(problems), "reach": reach}

    return refused
