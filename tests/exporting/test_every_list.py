"""Every list of a page has a way to be taken out: a new one without any fails here."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from jobs.models import Installation
from tests.browser.pages import rows
from tests.exporting.conftest import address_of, lines, patterns, table

pytestmark = pytest.mark.django_db

# Whose links lead to REST, which takes them out as well.
BY_REST = {"jobs": "api-jobs-export", "audit": "api-audit-export"}
# Pages with a table that is no list of rows.
NO_LISTS = {
    "monitor": "figures, and the first of several lists, each of which has a page",
    "forecast": "charts, and the same in numbers; REST has them",
    "calendar": "a map of days and hours",
    "roles": "what RunAt is, not what is in it",
    "import-jobs": "what columns a table may have",
    "account": "one account",
}
LISTS = [one for one in patterns() if hasattr(one.callback, "list_page")]
MAY_BE_EMPTY = {"stop", "late"}


@pytest.fixture
def filled(ada: User, make_job: Any) -> None:
    Installation.current()  # a test that empties the tables may have come before
    rows(make_job, ada)


def links(page: Any) -> dict[str, str]:
    """Return where a page leads to what is taken out, by the form."""
    found = re.findall(r'<a class="button" href="([^"]+)" download', page.content.decode())
    return {form: address for address in map(unescape, found) for form in re.findall(r"format=(\w+)", address)}


def test_what_is_a_list_is_known() -> None:
    assert {one.name for one in LISTS} == {
        "alert-rules",
        "alerts",
        "failures",
        "form-links",
        "forms",
        "late",
        "objectives",
        "operations",
        "proposals",
        "queues",
        "stop",
        "subscriptions",
        "tokens",
        "views",
        "workers",
    }


def test_each_page_with_a_table_can_be_taken_out(client: Client, filled: None) -> None:
    known = {one.name for one in LISTS} | {*BY_REST, *NO_LISTS}
    forgotten = []
    for one in patterns():
        if not one.pattern.converters and one.name not in known:
            page = client.get(reverse(str(one.name)))
            if page.status_code == 200 and b"<html" in page.content and b"<table" in page.content:
                forgotten.append(one.name)
    assert not forgotten, f"lists that cannot be taken out: {forgotten}; or say in NO_LISTS why they are none"


@pytest.mark.parametrize("pattern", LISTS, ids=lambda one: str(one.name))
def test_a_page_leads_to_its_list(client: Client, filled: None, pattern: Any) -> None:
    address, of = address_of(pattern), pattern.callback.list_page
    found = links(client.get(address))
    assert set(found) == {"csv", "ndjson"}
    head, *body = table(client, address)
    assert head == list(of.columns)
    told = lines(client, address)
    assert all(list(row) == head for row in told)
    assert len(told) == len(body)
    assert told or pattern.name in MAY_BE_EMPTY, "tests/browser/pages.py makes no row of it"
    assert client.get(f"{address}{found['csv']}").status_code == 200


@pytest.mark.parametrize("name", BY_REST)
def test_a_page_leads_to_its_list_of_rest(client: Client, filled: None, name: str) -> None:
    found = links(client.get(reverse(name)))
    assert {"csv", "ndjson"} <= set(found)
    for form in ("csv", "ndjson"):
        assert found[form].startswith(reverse(BY_REST[name]))
        assert client.get(found[form]).getvalue()


@pytest.mark.parametrize("model", [*admin.site._registry], ids=lambda model: model._meta.label_lower)
def test_each_list_of_the_admin_can_be_taken_out(client: Client, filled: None, model: Any) -> None:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    page = client.get(address)
    if page.status_code == 302:
        assert page["Location"] == reverse("audit")
        return
    assert set(links(page)) == {"csv", "ndjson"}
    told = lines(client, address)
    head, *body = table(client, address)
    assert len(told) == len(body) == len(client.get(address, {"all": ""}).context["cl"].result_list)
    shown = [name for name in page.context["cl"].list_display if name != "action_checkbox"]
    assert len(head) >= len(shown)
    assert "</" not in str(told)  # no HTML
