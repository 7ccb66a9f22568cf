"""Every address of REST answers people with a browser, programs, and who asks what can be done there: whoever they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from jobs.roles import ROLES
from tests.api.world import World, world

ROOT = "api/"
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
PAGE = {"Accept": "text/html"}
WAYS = ("page", "json", "options")
# The others ask for each address in one way, each role for another one: together in each.
IN_EACH_WAY = ("superuser", "viewer", "nobody", "anonymous")
OF_TOKENS = {"/api/v1/tokens/me/"}  # where a session finds nothing


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    """All addresses, each `<int:job_id>` as {job_id}. The last of REST has none: it is what is not there."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and (not route or route.startswith(ROOT)):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith(ROOT):
            yield "/api/nowhere/" if r"[\s\S]" in route else "/" + PLACE.sub(r"{\1}", route)


ADDRESSES = list(routes(get_resolver().url_patterns))


@pytest.fixture
def made(make_job: Any, db: None) -> World:
    return world(make_job, User.objects.create_superuser("root"))


def _of_roles() -> dict[str, User]:
    """People of each role."""
    known = {
        f"{one.content_type.app_label}.{one.codename}": one for one in Permission.objects.select_related("content_type")
    }
    found = {}
    for role in ROLES:
        found[role.name] = User.objects.create_user(f"one_{role.name}")
        found[role.name].user_permissions.set(known[name] for name in role.full)
    return found


def clients(made: World) -> dict[str, Client]:
    people = {"superuser": made.by, **_of_roles(), "nobody": User.objects.create_user("without_rights")}
    found = {name: Client(raise_request_exception=False) for name in (*people, "anonymous")}
    for name, user in people.items():
        found[name].force_login(user)
    return found


def test_there_are_addresses() -> None:
    assert len(ADDRESSES) > 50
    assert "/api/v1/jobs/{job_id}/" in ADDRESSES


def test_each_answers_everybody_in_each_way(made: World) -> None:
    wrong = []
    for number, (role, client) in enumerate(clients(made).items()):
        for place, address in enumerate(map(made.address, ADDRESSES)):
            assert "{" not in address
            for way in WAYS if role in IN_EACH_WAY else [WAYS[(number + place) % len(WAYS)]]:
                answer = asked(client, address, way)
                content = answer.getvalue()  # of a stream too
                if answer.status_code >= 500 or not content or (way == "page" and is_blank(answer, content)):
                    wrong.append(f"{role} {way} {address}: {answer.status_code} {content[:100]!r}")
                expected = (200, 404) if address in OF_TOKENS else (200, 405)
                if role == "superuser" and address.startswith("/api/v1/") and answer.status_code not in expected:
                    wrong.append(f"{role} {way} {address}: {answer.status_code} {content[:200]!r}")
    assert wrong == []


def asked(client: Client, address: str, way: str) -> Any:
    if way == "options":
        return client.options(address, headers=PAGE)
    return client.get(address, headers=PAGE if way == "page" else {"Accept": "application/json"})


def is_blank(answer: Any, content: bytes) -> bool:
    """Whether a page has no heading, so that nobody knows what it is."""
    return answer["Content-Type"].startswith("text/html") and b"<h1>" not in content and b"swagger" not in content


def test_a_page_offers_the_examples_of_the_documentation(made: World) -> None:
    client = clients(made)["superuser"]
    page = client.get(made.address("/api/v1/jobs/{job_id}/"), headers=PAGE).content.decode()
    assert 'data-method="PATCH"' in page
    assert "2099-01-01T09:00:00Z" in page
    assert 'data-method="DELETE"' not in page
    page = client.get(made.address("/api/v1/triggers/{name}/"), headers=PAGE).content.decode()
    assert [method for method in ("POST", "PUT", "PATCH", "DELETE") if f'data-method="{method}"' in page] == [
        "POST",
        "PUT",
        "DELETE",
    ]


def test_a_page_offers_nobody_what_is_refused_to_them(made: World) -> None:
    found = clients(made)
    for role in ("viewer", "nobody", "anonymous"):
        page = found[role].get("/api/v1/jobs/", headers=PAGE).content.decode()
        assert "data-method" not in page
    assert "/login/?next=/api/v1/jobs/" in found["anonymous"].get("/api/v1/jobs/", headers=PAGE).content.decode()
