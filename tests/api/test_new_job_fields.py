"""The page /jobs/new/ as it is typed in: a field for each argument, the moment that is understood, what is folded."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs import rules
from jobs.models import Job
from jobs.web.forms import FIRST, GROUPS
from tests.api.steps import PAGE, RIGHT

ARGUMENTS = f"{PAGE}arguments/"
WHEN = f"{PAGE}when/"
TYPED = {name: text for name, text in RIGHT.items() if name != "payload"} | {
    "arguments_of": "demo.sleep",
    "argument-seconds": "0.10",
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def field(page: str, name: str) -> str:
    """The field's tag and what is in it."""
    return re.search(rf'<(?:input|textarea|select)[^>]* name="{name}"[^>]*>[^<]*', page)[0]  # type: ignore[index]


def test_each_field_stands_among_the_first_or_in_a_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted([*FIRST, *grouped]) == sorted([*rules.ASKED, "time_zone"])


# --- arguments ---


def test_arguments_in_their_fields_make_the_payload_as_they_were_written(browser: Client) -> None:
    assert browser.post(PAGE, TYPED).status_code == 302
    assert repr(Job.objects.get().payload) == repr({"seconds": Decimal("0.10")})


def test_those_left_empty_are_not_given(browser: Client) -> None:
    assert browser.post(PAGE, {**TYPED, "argument-seconds": ""}).status_code == 302
    assert Job.objects.get().payload == {}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"argument-seconds": "many"}, "This is not a number; write it like 12 or 0.5."),
        ({"argument-seconds": "-1"}, "Argument &#x27;seconds&#x27; is wrong: input should be greater than or equal"),
    ],
)
def test_what_is_wrong_stands_at_its_argument_and_what_was_typed_stays(
    browser: Client, typed: dict[str, str], says: str
) -> None:
    response = browser.post(PAGE, {**TYPED, **typed})
    page = text(response)
    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["argument-seconds"]
    assert says in page
    assert f'value="{typed["argument-seconds"]}"' in field(page, "argument-seconds")
    assert 'aria-invalid="true"' in field(page, "argument-seconds")
    assert '<a href="#id_argument-seconds">seconds</a>' in page
    assert not Job.objects.exists()


def test_what_is_wrong_with_several_together_stands_above_all(browser: Client) -> None:
    sent = {**TYPED, "target": "http", "arguments_of": "http", "argument-url": "https://example.com/"}
    response = browser.post(PAGE, {**sent, "argument-text": "a", "argument-json": "1"})
    assert response.status_code == 400
    assert list(response.context["form"].errors) == ["__all__"]


def test_another_target_shows_its_arguments_before_anything_is_created(browser: Client) -> None:
    response = browser.post(PAGE, {**TYPED, "target": "demo.log"})
    assert response.status_code == 400
    assert "The target is another one now." in text(response)
    assert 'name="argument-message"' in text(response)
    assert 'value="typed"' in field(text(response), "name")
    assert not Job.objects.exists()


def test_a_choice_of_a_target_shows_its_fields(browser: Client) -> None:
    part = text(browser.post(ARGUMENTS, {**RIGHT, "payload": "{}", "target": "demo.log"}, headers=HTMX))
    assert part.lstrip().startswith('<div id="arguments">')
    assert "Writes a line to the worker&#x27;s log." in part
    assert "Needed." in part
    assert 'name="arguments_of" value="demo.log"' in part
    assert "It takes none." in text(
        browser.post(ARGUMENTS, {**RIGHT, "payload": "", "target": "demo.noop"}, headers=HTMX)
    )


def test_a_payload_moves_into_the_fields_and_back_as_it_was_written(browser: Client) -> None:
    sent = {**RIGHT, "payload": '{"seconds": 0.10}', "_arguments": "fields"}
    part = text(browser.post(ARGUMENTS, sent, headers=HTMX))
    assert 'value="0.10"' in field(part, "argument-seconds")
    part = text(browser.post(ARGUMENTS, {**TYPED, "_arguments": "json"}, headers=HTMX))
    assert "&quot;seconds&quot;: 0.10" in field(part, "payload")
    assert "arguments_of" not in part


@pytest.mark.parametrize("payload", ['{"seconds": null}', '{"secnds": 1}', "{", "[]"])
def test_what_no_field_can_show_stays_json(browser: Client, payload: str) -> None:
    part = text(browser.post(ARGUMENTS, {**RIGHT, "payload": payload, "_arguments": "fields"}, headers=HTMX))
    assert "some of them can be written as JSON only" in part
    assert field(part, "payload").endswith(payload.replace('"', "&quot;"))


def test_what_cannot_be_read_stays_in_its_field(browser: Client) -> None:
    sent = {**TYPED, "argument-seconds": "many", "_arguments": "json"}
    part = text(browser.post(ARGUMENTS, sent, headers=HTMX))
    assert 'value="many"' in field(part, "argument-seconds")
    assert "This is not a number" in part
    # Another target has no such argument, and none of what was typed for the first.
    part = text(browser.post(ARGUMENTS, {**sent, "_arguments": "", "target": "demo.log"}, headers=HTMX))
    assert "many" not in part
    part = text(browser.post(ARGUMENTS, {**TYPED, "target": ""}, headers=HTMX))
    assert "&quot;seconds&quot;: 0.10" in field(part, "payload")


def test_without_scripts_it_is_the_page_with_all_that_was_typed(browser: Client) -> None:
    page = text(browser.post(ARGUMENTS, {**TYPED, "_arguments": "json", "key": "payroll"}))
    for name, value in (("name", "typed"), ("run_at", "2099-07-01T12:00"), ("key", "payroll")):
        assert f'value="{value}"' in field(page, name)
    assert "errorlist" not in page
    assert re.search(r"open>\s*<summary>Not together with others", page)


def test_a_target_can_be_named_in_the_address(browser: Client) -> None:
    page = text(browser.get(PAGE, {"target": "demo.sleep"}))
    assert 'value="demo.sleep" selected' in page
    assert 'name="argument-seconds"' in page
    assert 'name="argument-' not in text(browser.get(PAGE, {"target": "there.is.none"}))


# --- when ---


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"run_at": "2099-12-24 18:00", "time_zone": "Europe/Berlin"}, "Thursday 24 December 2099 17:00:00 UTC, in 2"),
        ({"run_at": "in 10 minutes", "time_zone": "UTC"}, "UTC, in 10 min 0 s."),
        ({"run_at": "", "time_zone": "UTC"}, "Now, at once."),
        ({"run_at": "<b>", "time_zone": "UTC"}, '<span class="late">This is not a date and time'),
        ({"run_at": "2020-01-01 00:00", "time_zone": "UTC"}, "This time is in the past"),
        ({"run_at": "2099-10-25 02:30", "time_zone": "Europe/Berlin"}, "exists twice or not at all"),
        ({"run_at": "now", "time_zone": "Mars/Base"}, "This time zone is not known"),
        ({}, "This time zone is not known"),
    ],
)
def test_it_says_what_it_understood_while_it_is_typed(browser: Client, asked: dict[str, str], says: str) -> None:
    assert says in text(browser.get(WHEN, asked))


def test_the_zone_is_the_one_that_was_used_last(browser: Client) -> None:
    assert "data-fresh" in text(browser.get(PAGE)), "the browser's own"
    browser.post(PAGE, RIGHT)
    page = text(browser.get(PAGE))
    assert 'value="Europe/Berlin"' in field(page, "time_zone")
    assert "data-fresh" not in page


# --- what is folded ---


def test_what_is_not_used_is_folded_and_what_is_wrong_is_not(browser: Client) -> None:
    fold = re.compile(r'<details class="policies"( open)?>\s*<summary>([^<]*)<')
    assert fold.findall(text(browser.get(PAGE))) == [("", title) for title in GROUPS]
    page = text(browser.post(PAGE, {**RIGHT, "key": "payroll", "max_attempts": "many"}))
    shown = [title for is_open, title in fold.findall(page) if is_open]
    assert shown == ["If it fails, or takes long", "Not together with others"]


# --- who may ---


def test_the_parts_are_for_those_who_may_create(browser: Client) -> None:
    stranger, other = Client(), Client()
    other.force_login(User.objects.create_user("linus"))
    for client, status in ((stranger, 401), (other, 403)):
        for answer in (client.get(WHEN), client.post(ARGUMENTS, RIGHT)):
            assert (answer.status_code, answer["HX-Redirect"], answer.content) == (status, PAGE, b"")
    assert browser.get(ARGUMENTS).status_code == 405


def test_who_may_only_create_jobs_is_led_to_the_own_job(browser: Client, operator: User) -> None:
    operator.user_permissions.set(Permission.objects.filter(codename="add_job"))
    response = browser.post(PAGE, RIGHT, follow=True)
    job = Job.objects.get()
    assert response.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert f"Job {job.pk} will start demo.sleep" in text(response)
