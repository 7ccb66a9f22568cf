"""Definitions of forms: what is refused, and in the admin."""

from __future__ import annotations

import html
import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Audit, Form, TargetRule
from jobs.rights import target_rules
from jobs.transitions.forms import definition_problems
from tests.forms.conftest import FIELDS

pytestmark = pytest.mark.django_db
ADD = "/admin/jobs/form/add/"


def posted(form: Form, **changes) -> dict[str, object]:
    names = ("name", "title", "description", "target", "queue", "when", "delay", "earliest", "latest", "time_zone")
    given = {name: getattr(form, name) for name in (*names, "confirmation", "groups", "teams")}
    as_text = {name: json.dumps(getattr(form, name)) for name in ("payload", "fields", "labels")}
    return {**given, **as_text, "enabled": "on", **changes}


def built(**fields) -> Form:
    given = {
        "name": "report",
        "title": "Order a report",
        "target": "books.report",
        "payload": {"account": "4711"},
        "fields": FIELDS,
        "confirmation": "Thank you.",
    }
    return Form(**{**given, **fields})


def test_a_good_one_has_no_problems(definer):
    assert definition_problems(built(), by=definer) == {}


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"name": "a b"}, "name", "A form's name has 1 to 100 letters"),
        ({"target": "books.reprot"}, "target", "There is no target 'books.reprot'. Did you mean 'books.report'?"),
        ({"queue": "amq.x"}, "queue", "A queue's name has"),
        ({"labels": {"form": "x"}}, "labels", "The label 'form' is the form's name"),
        ({"labels": {f"l{n}": "x" for n in range(16)}}, "labels", "These are 17 labels; 16 at most"),
        (
            {"target": "http", "payload": {"headers": {"Authorization": "x"}}, "fields": [{"name": "url"}]},
            "fields",
            "The argument 'url' says where the secrets of the payload go",
        ),
        ({"time_zone": "Mars"}, "time_zone", "This time zone is not known"),
        ({"groups": ["nobody"]}, "groups", "There is no group 'nobody'."),
        ({"teams": ["nobody"]}, "teams", "There is no team 'nobody'."),
        ({"payload": []}, "payload", "The payload must be a JSON object"),
        ({"payload": {}}, "payload", "Argument 'account' is missing"),
        ({"payload": {"account": 4711}}, "payload", "Argument 'account' is wrong"),
        ({"fields": {}}, "fields", "Give a list of fields"),
        ({"fields": [{}]}, "fields", "'None' is no name of a field"),
        ({"fields": [{"name": "month"}, {"name": "month"}]}, "fields", "The field 'month' is there twice"),
        ({"fields": [{"name": "month", "size": 3}]}, "fields", "The field 'month' has no 'size'; it may have: name"),
        ({"fields": [{"name": "month", "kind": "colour"}]}, "fields", "The kind of the field 'month' is one of: text"),
        ({"fields": [{"name": "month", "label": 3}]}, "fields", "The label of the field 'month' must be text"),
        ({"fields": [{"name": "month", "required": "yes"}]}, "fields", "Whether the field 'month' is required"),
        ({"fields": [{"name": "account"}]}, "fields", "The argument 'account' is fixed in the payload"),
        ({"fields": [{"name": "month", "kind": "choice"}]}, "fields", "Give the choices of the field 'month'"),
        (
            {"fields": [{"name": "month", "choices": ["a"]}]},
            "fields",
            "The field 'month' has choices, and its kind is text",
        ),
        (
            {"fields": [{"name": "month", "kind": "choice", "choices": ["1", 1]}]},
            "fields",
            "A choice of the field 'month' is there twice",
        ),
        (
            {"fields": [{"name": "month", "default": 3}]},
            "fields",
            "The default of the field 'month' is none of the kind",
        ),
        (
            {"fields": [{"name": "colour"}]},
            "payload",
            "books.report has no argument 'colour'; it takes: month, account",
        ),
        ({"fields": [*FIELDS[1:], {"name": "month", "default": ""}], "payload": {}}, "payload", "'account' is missing"),
        (
            {"target": "books.sign", "payload": {}, "fields": [{"name": "pin", "default": "x"}, {"name": "month"}]},
            "fields",
            "The argument 'pin' is secret",
        ),
    ],
)
def test_what_is_wrong_with_a_definition(definer, changes, field, sentence):
    problems = definition_problems(built(**changes), by=definer)
    assert any(sentence in problem for problem in problems[field]), problems


def test_who_defines_it_needs_the_rights_to_what_it_does(definer, make_team, monkeypatch):
    definer.user_permissions.remove(*definer.user_permissions.filter(codename="all_teams"))
    definer = User.objects.get(pk=definer.pk)  # without the rights that it has read
    make_team("ours", definer)
    make_team("theirs", queues=["books"])
    problems = definition_problems(built(queue="books"), by=definer)
    assert "The queue 'books' is another team's." in problems["queue"][0]
    TargetRule.objects.create(target="books.report", switched_off=True)
    monkeypatch.setattr(target_rules, "_kept", (float("-inf"), target_rules.NO_RULES))
    assert "target" in definition_problems(built(), by=definer)


def test_in_the_admin(definer, make_form, ada):
    client = Client()
    client.force_login(definer)
    good = built(groups=["payroll"], labels={"cost": "payroll"})
    bad = client.post(ADD, posted(good, fields='[{"name": "account"}]'))
    assert "The argument 'account' is fixed in the payload" in html.unescape(bad.content.decode())
    assert client.post(ADD, posted(good)).status_code == 302
    form = Form.objects.get()
    assert (form.created_by, form.groups, form.fields) == (definer, ["payroll"], FIELDS)
    change = f"/admin/jobs/form/{form.pk}/change/"
    assert client.post(change, posted(form, title="Order it")).status_code == 302
    assert client.post(f"/admin/jobs/form/{form.pk}/delete/", {"post": "yes"}).status_code == 302
    noted = list(Audit.objects.filter(subject="form").order_by("id").values_list("name", "verb", "by_name"))
    assert noted == [("report", verb, "olga") for verb in ("create", "change", "delete")]


def test_secrets_stay_as_they_are_and_are_shown_to_no_viewer(definer, make_form, make_user, ada):
    fixed = {"pin": "fixed-and-secret"}
    form = make_form(target="books.sign", payload=fixed, fields=[{"name": "month"}])
    change = f"/admin/jobs/form/{form.pk}/change/"
    client, viewer = Client(), Client()
    client.force_login(definer)
    viewer.force_login(make_user("vic", "viewer", "jobs.all_teams", is_staff=True))
    for one in (client, viewer):
        page = one.get(change)
        assert page.status_code == 200
        assert b"fixed-and-secret" not in page.content
    hidden = client.get(change).context["adminform"].form.initial["payload"]
    assert client.post(change, posted(form, payload=json.dumps(hidden), title="Sign it")).status_code == 302
    form.refresh_from_db()
    assert (form.title, form.payload) == ("Sign it", fixed)
    assert "fixed-and-secret" not in str(list(Audit.objects.values()))


def test_the_list_has_the_definitions_for_those_who_see_them(make_form, make_user, definer, browser):
    make_form()
    client = Client()
    client.force_login(definer)
    assert 'href="/forms/report/links/"' in client.get("/forms/").content.decode()
    assert "books.report" not in browser.get("/forms/").content.decode()
