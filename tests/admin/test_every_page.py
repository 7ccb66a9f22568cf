"""Every page of the admin, of ours and of packages, with rows in it: it says nothing that only a program understands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from jobs.models import Installation
from tests.browser.pages import rows

pytestmark = pytest.mark.django_db

OF_PROGRAMS = re.compile(r" object at 0x|\bobject \(|DatabaseDefault|<class |Traceback|\bNone None\b")
ONLY_OURS = re.compile(
    r"\b(Leaderships?|Querylists?|QUERYLIST|QUERYJOB|ACQUIRE_FAILURE|Refusing|Epoch)\b|\b[Ss]tands in its address"
    r"|\b[Ss]tands for it\b|(?<!/)\bKnox\b",  # America/Knox IN is a place
)
ENDS_WITH_NONE = re.compile(r"(^|: )None$")
UNREAD = ("script", "style", "template")


class Words(HTMLParser):
    """All that a person reads: texts, values of fields, and what is said of something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._unread += tag in UNREAD
        self.found += [said or "" for name, said in attributes if name in ("title", "aria-label", "placeholder")]
        if tag == "input":
            self.found += [said or "" for name, said in attributes if name == "value"]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.found.append(" ".join(data.split()))


def said(page: str) -> list[str]:
    words = Words()
    words.feed(page)
    return words.found


def mistakes(page: str) -> Iterator[str]:
    for words in said(page):
        if OF_PROGRAMS.search(words) or ONLY_OURS.search(words) or ENDS_WITH_NONE.search(words):
            yield words[:200]


def addresses() -> Iterator[str]:
    """Yield each page of each model that the admin has: of the one with the fewest facts and of that with the most."""
    yield from (reverse("admin:index"), reverse("admin:app_list", args=["jobs"]))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert model._default_manager.exists(), f"tests/browser/pages.py makes no row of {name}"
        yield from (reverse(f"{name}_changelist"), reverse(f"{name}_add"))
        ends = {model._default_manager.order_by("pk").first().pk, model._default_manager.order_by("pk").last().pk}
        yield from (reverse(f"{name}_{page}", args=[pk]) for page in ("change", "history", "delete") for pk in ends)


@pytest.fixture
def ada(client: Client) -> User:
    user = User.objects.create_superuser("ada", "ada@example.com", "correct horse")
    client.force_login(user)
    return user


def test_no_page_of_the_admin_says_what_only_programs_or_we_understand(
    client: Client, ada: User, make_job: Any
) -> None:
    Installation.current()  # a test that empties the tables may have come before
    rows(make_job, ada)
    wrong, asked = [], 0
    for address in addresses():
        answer = client.get(address, follow=True)
        assert answer.status_code in (200, 403), address
        asked += answer.status_code == 200
        if "html" in answer["Content-Type"]:
            wrong += [f"{address}: {words}" for words in mistakes(answer.content.decode())]
    assert wrong == [], "\n".join(wrong)
    assert asked > 100


@pytest.mark.parametrize(
    "page",
    [
        "<p>Group object (3)</p>",
        "<input value='None'>",
        "<td>None</td>",
        "<td>Last run: None</td>",
        "<p title='&lt;Job object at 0x7f&gt;'>x</p>",
        "<h1>Leaderships</h1>",
        "<td>QUERYLIST by beat</td>",
    ],
)
def test_it_is_noticed(page: str) -> None:
    assert list(mistakes(page))


def test_a_sentence_may_say_none() -> None:
    assert not list(mistakes("<p>None of its jobs starts.</p><script>None</script><td>Nonesuch</td>"))
