"""Forms of the admin for what can be changed: of two who have opened one the second does not go over the first."""

from __future__ import annotations

import html
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from jobs.admin.seen import SaysSeen
from jobs.models import (
    AlertRule,
    Audit,
    Calendar,
    CreationLimit,
    Destination,
    Form,
    Limit,
    Objective,
    RetentionRule,
    Schedule,
    Subscription,
    TargetRule,
    Team,
    Trigger,
)
from jobs.transitions import definitions
from jobs.web.seen import CHANGED
from tests.api.schedules import make

pytestmark = pytest.mark.django_db


def _hook() -> Destination:
    return Destination.objects.create(name="hook", kind="webhook", address="https://hooks.example.com/")


def _mail() -> Destination:
    return Destination.objects.create(name="ops", kind="mail", address="ops@example.com")


def _rule() -> AlertRule:
    rule = AlertRule.objects.create(kind="queue", name="mail", when="long")
    rule.destinations.add(_hook())
    return rule


OF_FORM = {"title": "Log", "target": "demo.log", "confirmation": "Thank you.", "fields": [{"name": "message"}]}
# A row, the field that two people change, and what they write.
ROWS: dict[type[Any], tuple[Callable[[], Any], str, Any, Any]] = {
    AlertRule: (_rule, "level", "bad", "warn"),
    Calendar: (lambda: Calendar.objects.create(name="books"), "time_zone", "Asia/Tokyo", "Europe/Berlin"),
    CreationLimit: (lambda: CreationLimit.objects.create(rate=5, burst=9), "burst", 7, 8),
    Destination: (_mail, "pattern", "late*", "backlog*"),
    Form: (lambda: Form.objects.create(name="log", **OF_FORM), "title", "One", "Two"),
    Limit: (lambda: Limit.objects.create(kind="queue", name="mail", concurrency=4), "concurrency", 5, 6),
    Objective: (lambda: Objective.objects.create(kind="queue", name="mail", share=99, within_ms=1000), "days", 7, 8),
    RetentionRule: (lambda: RetentionRule.objects.create(does="remove", kind="queue", name="x", days=9), "days", 7, 8),
    Schedule: (lambda: make(name="report"), "queue", "slow", "fast"),
    Subscription: (lambda: Subscription.objects.create(destination=_hook()), "queue", "slow", "fast"),
    TargetRule: (lambda: TargetRule.objects.create(target="http", dangerous=True), "reason", "One.", "Two."),
    Team: (lambda: Team.objects.create(name="books"), "description", "One", "Two"),
    Trigger: (lambda: Trigger.objects.create(name="report", target="demo.noop"), "queue", "slow", "fast"),
}


class Fields(HTMLParser):
    """Fields of the form of a page, as a browser sends them."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._form, self._inside, self._open, self._text = form, False, "", ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        name, value = said.get("name") or "", said.get("value")
        if tag == "form":
            self._inside = said.get("id") == self._form
        if not self._inside:
            return
        if tag in ("textarea", "select"):
            self._open, self._text = name, ""
        elif tag == "option" and "selected" in said:
            self.sent.setdefault(self._open, []).append(value or "")
        elif tag == "input" and name and said.get("type") != "submit":
            is_box = said.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in said:
                self.sent.setdefault(name, []).append(value or ("on" if is_box else ""))

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._inside:
            self.sent[self._open] = [self._text.removeprefix("\r\n").removeprefix("\n")]
        if tag == "form":
            self._inside = False


def fields_of(client: Client, address: str, model: type[Any]) -> dict[str, list[str]]:
    found = Fields(f"{model._meta.model_name}_form")
    found.feed(client.get(address).content.decode())
    return found.sent


@pytest.fixture
def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    return client


def test_all_that_is_changed_in_the_admin_is_here() -> None:
    """But for accounts and groups, which are Django's."""
    ours = {model for model, page in admin.site._registry.items() if isinstance(page, SaysSeen)}
    assert {model for model in ours if model._meta.app_label == "jobs"} == set(ROWS)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_of_two_who_have_opened_it_the_second_does_not_go_over_the_first(root: Client, model: type[Any]) -> None:
    make_row, field, first, second = ROWS[model]
    row = make_row()
    address = f"/admin/jobs/{model._meta.model_name}/{row.pk}/change/"
    opened = fields_of(root, address, model)
    assert len(opened["seen"][0]) == 16
    saved = root.post(address, {**opened, field: first})
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    refused = root.post(address, {**opened, field: second})
    assert refused.status_code == 200
    assert CHANGED in html.unescape(refused.content.decode())
    assert refused.context["seen"] == opened["seen"][0], "who sends it again goes over nothing, either"
    row.refresh_from_db()
    assert getattr(row, field) == first
    again = root.post(address, {**fields_of(root, address, model), field: second})
    assert again.status_code == 302, again.context["adminform"].form.errors
    row.refresh_from_db()
    assert getattr(row, field) == second


def test_what_is_none_of_its_fields_changes_too(root: Client) -> None:
    """Ranges of a calendar stand in forms of their own."""
    calendar = Calendar.objects.create(name="books")
    address = f"/admin/jobs/calendar/{calendar.pk}/change/"
    opened = fields_of(root, address, Calendar)
    calendar.ranges.create(first_day="2030-12-24", last_day="2030-12-24")
    assert CHANGED in html.unescape(root.post(address, {**opened, "time_zone": "Asia/Tokyo"}).content.decode())


def test_a_row_that_was_deleted_meanwhile_is_not_made_anew(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    trigger, stored = Trigger.objects.create(name="report", target="demo.noop"), definitions.stored
    address = f"/admin/jobs/trigger/{trigger.pk}/change/"
    opened = fields_of(root, address, Trigger)

    def too_late(row: Any, seen: Any = None) -> Any:
        Trigger.objects.all().delete()
        return stored(row, seen)

    monkeypatch.setattr(definitions, "stored", too_late)
    root.post(address, {**opened, "queue": "slow"})
    assert not Audit.objects.exists()
    assert Trigger.objects.get().queue == "default", "the refusal has taken back what this test did"


def test_a_page_that_does_not_say_what_it_was_shown_for_saves_as_before(root: Client) -> None:
    trigger = Trigger.objects.create(name="report", target="demo.noop")
    address = f"/admin/jobs/trigger/{trigger.pk}/change/"
    opened = {**fields_of(root, address, Trigger), "seen": [""], "queue": "slow"}
    Trigger.objects.update(queue="fast")
    assert root.post(address, opened).status_code == 302
    assert Trigger.objects.get().queue == "slow"


def test_how_far_a_subscription_is_told_stays_when_it_is_saved(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    row, stored = Subscription.objects.create(destination=_hook()), definitions.stored
    address = f"/admin/jobs/subscription/{row.pk}/change/"
    opened = fields_of(root, address, Subscription)

    def told(row: Any, seen: Any = None) -> Any:
        Subscription.objects.update(starts_upto=7, audit_upto=8)
        return stored(row, seen)

    monkeypatch.setattr(definitions, "stored", told)
    assert root.post(address, {**opened, "queue": "slow"}).status_code == 302
    row.refresh_from_db()
    assert (row.queue, row.starts_upto, row.audit_upto) == ("slow", 7, 8)
