"""Every address with a text in it, asked for with one that no row can hold: there is no such page, and no error 500."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from jobs.clock import clock
from jobs.models import Form
from tests.admin.schedule_rows import schedule

pytestmark = pytest.mark.django_db
OTHERS = {
    "int": "1",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "limit_kind": "queue",
    "objective_kind": "target",
}
PART = re.compile(r"<(?:(\w+):)?(\w+)>")


def routes(resolver: Any = None, before: str = "/") -> Iterator[str]:
    """The routes of this resolver and of those below it."""
    for one in (resolver or get_resolver()).url_patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif isinstance(one, URLPattern):
            yield route


def with_texts() -> list[str]:
    kinds = {route: {kind or "str" for kind, _ in PART.findall(route)} for route in routes()}
    return sorted(route for route, found in kinds.items() if found - OTHERS.keys())


def test_there_are_some():
    assert {"/forms/<name:name>/", "/queues/<name:name>/", "/api/v1/triggers/<str:name>/"} <= set(with_texts())


@pytest.mark.parametrize("route", with_texts())
def test_a_text_that_no_row_can_hold_is_no_error_of_ours(route):
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    own = schedule(now=clock.current()).pk if "<int:schedule_id>" in route else 1
    others = {**OTHERS, "int": str(own)}
    address = PART.sub(lambda found: others.get(found[1] or "str", "a%00b"), route)
    methods = ["get"] if route.startswith("/admin/") else ["get", "post"]
    if route.startswith("/api/"):
        methods += ["put", "patch", "delete"]
    for method in methods:
        answer = getattr(client, method)(address, **({} if method == "get" else {"content_type": "application/json"}))
        assert answer.status_code < 500, (method, answer.content[:500])


@pytest.mark.parametrize("end", ["", "links/", "links/1/revoke/"])
def test_a_form_is_found_by_its_name_still(end):
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    Form.objects.create(name="a.b_c-1", title="One", target="demo.log", fields=[{"name": "message"}])
    assert client.get(f"/forms/a%00b/{end}").status_code == 404
    assert client.get(f"/forms/a.b_c-1/{end}").status_code == (405 if end.endswith("revoke/") else 200)
