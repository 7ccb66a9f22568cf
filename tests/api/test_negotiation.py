"""Who takes anything gets JSON, and everybody what REST framework's own negotiation would give."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.test import RequestFactory
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

from jobs.api.rendering import JsonRenderer, Negotiation

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def chosen(negotiation: BaseContentNegotiation, accept: str | None, query: str, renderers: list[type]) -> object:
    headers = {} if accept is None else {"Accept": accept}
    request = Request(RequestFactory().get(f"/{query}", headers=headers))
    try:
        renderer, media_type = negotiation.select_renderer(request, [renderer() for renderer in renderers])
    except (NotAcceptable, Http404) as refused:
        return type(refused)
    return type(renderer), media_type


@pytest.mark.parametrize("renderers", [[JsonRenderer, BrowsableAPIRenderer], [BrowsableAPIRenderer, JsonRenderer]])
@pytest.mark.parametrize("query", ["", "?format=json", "?format=api", "?format=xml", "?state=1"])
@pytest.mark.parametrize(
    "accept", [None, "", "*/*", "application/json", "application/json; indent=2", "text/html", "image/png", BROWSER]
)
def test_it_is_what_rest_framework_chooses(accept: str | None, query: str, renderers: list[type]) -> None:
    theirs = chosen(DefaultContentNegotiation(), accept, query, renderers)
    assert chosen(Negotiation(), accept, query, renderers) == theirs
