"""Forms that people with an account fill in at /forms/NAME/."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from jobs.clock import clock
from jobs.models import Audit, CreationLimit, Form, Job
from jobs.states import Hold
from jobs.transitions import approve
from tests.forms.conftest import FIELDS
from tests.forms.test_definitions import posted

pytestmark = pytest.mark.django_db
PAGE = "/forms/report/"
MAY = {"argument-month": "2030-01"}


def said(answer) -> str:
    return html.unescape(answer.content.decode())


def once_in(answer) -> str:
    return re.search(r'name="once" value="([0-9a-f]{32})"', answer.content.decode())[1]


def test_it_becomes_a_job_and_says_so(browser, ada, make_form):
    make_form()
    assert 'value="2"' in said(browser.get(PAGE)), "a default stands in its field"
    answer = browser.post(PAGE, {**MAY, "argument-copies": "3", "argument-paper": "A5"})
    job = Job.objects.get()
    assert answer.status_code == 200
    assert "It lies on your desk tomorrow." in said(answer)
    assert f"<strong>{job.pk}</strong>" in said(answer), "somebody who may see no jobs is not led to one"
    assert job.payload == {"month": "2030-01", "copies": 3, "paper": "A5", "account": "4711-secretly-fixed"}
    assert (job.target, job.queue, job.name, job.created_by) == ("books.report", "books", "Order a report", ada)
    assert job.labels == {"cost": "payroll", "form": "report"}
    noted = Audit.objects.get(subject="filled_form")
    assert (noted.name, noted.by, noted.after) == ("report", ada, {"job": job.pk})


def test_what_is_left_empty_is_not_given(browser, make_form):
    make_form()
    browser.post(PAGE, MAY)
    assert Job.objects.get().payload == {"month": "2030-01", "account": "4711-secretly-fixed"}


@pytest.mark.parametrize("name", ["account", "argument-account", "payload", "queue", "target", "labels", "run_at"])
def test_nobody_gives_what_is_fixed(browser, make_form, name):
    """Also where somebody has written a row, past all rules, with a field for it."""
    make_form(fields=[*FIELDS, {"name": "account", "label": "Account"}])
    page = browser.get(PAGE)
    assert "4711-secretly-fixed" not in said(page)
    answer = browser.post(PAGE, {**MAY, name: "demo.fail", "argument-account": "mine"})
    assert "4711-secretly-fixed" not in said(answer)
    job = Job.objects.get()
    assert job.payload == {"month": "2030-01", "account": "4711-secretly-fixed"}
    assert (job.target, job.queue) == ("books.report", "books")
    assert job.run_at <= clock.current() + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("sent", "field", "sentence"),
    [
        ({"argument-month": " "}, "month", "Argument 'month' is missing: fill this in."),
        ({"argument-copies": "many"}, "copies", "This is not a number; write it like 12 or 0.5."),
        ({"argument-copies": "10"}, "copies", "Argument 'copies' is wrong: "),
        ({"argument-paper": "A3"}, "paper", "Choose one of the list."),
        ({"argument-day": "31.12.2030"}, "day", "This is not a date; write it like 2026-12-24."),
    ],
)
def test_what_is_wrong_stands_at_its_field(browser, make_form, sent, field, sentence):
    make_form(fields=[*FIELDS, {"name": "day", "kind": "date"}])
    answer = browser.post(PAGE, {**MAY, **sent})
    assert answer.status_code == 400
    assert any(sentence in problem for problem in answer.context["form"].errors[f"argument-{field}"])
    assert Job.objects.count() == 0


def test_no_refusal_says_what_is_fixed_or_what_is_started(browser, make_form, make_link):
    """A target says of all that it takes where something is missing."""
    form = make_form(fields=[{"name": "month"}, {"name": "copies", "kind": "number"}])
    _, address = make_link(form)
    for client, page in ((browser, PAGE), (Client(), address)):
        answer = client.post(page, {"argument-copies": "10"})
        assert answer.status_code == 400
        errors = answer.context["form"].errors
        assert errors["argument-month"] == ["Argument 'month' is missing: fill this in."]
        assert "Argument 'copies' is wrong" in errors["argument-copies"][0]
        Form.objects.update(fields=[{"name": "month"}, {"name": "colour"}])
        lost = client.post(page, {**MAY, "argument-colour": "red"})
        assert lost.status_code == 400
        for internal in ("books.report", "account", "4711"):
            assert internal not in said(answer)[said(answer).index("<main") :]
            assert internal not in said(lost)[said(lost).index("<main") :]
        Form.objects.update(fields=form.fields)
    assert Job.objects.count() == 0


def test_each_kind_gives_what_the_target_takes(browser, make_form):
    fields = [
        {"name": "day", "kind": "date"},
        {"name": "parts", "kind": "lines"},
        {"name": "urgent", "kind": "yes_no", "default": False},
    ]
    make_form(fields=[*FIELDS, *fields])
    browser.post(PAGE, {**MAY, "argument-day": "2030-02-28", "argument-parts": "a\r\nb\r\n", "argument-urgent": "yes"})
    given = Job.objects.get().payload
    assert (given["day"], given["parts"], given["urgent"]) == ("2030-02-28", ["a", "b"], True)


def test_who_fills_it_in_refers_to_no_secrets(browser, make_form):
    make_form()
    answer = browser.post(PAGE, {"argument-month": '{"$secret": "stripe"}'})
    assert answer.status_code == 400
    assert "Whoever fills in a form may not refer to secrets" in said(answer)
    assert Job.objects.count() == 0


def test_what_is_secret_is_shown_to_nobody(browser, make_form):
    fixed = {"key": "fixed-and-secret"}
    fields = [{"name": "pin", "label": "PIN", "required": True}, {"name": "month", "required": True}]
    make_form(target="books.sign", payload=fixed, fields=fields)
    answer = browser.post(PAGE, {"argument-pin": "typed-and-secret"})
    assert answer.status_code == 400
    assert 'type="password"' in said(answer)
    done = browser.post(PAGE, {"argument-pin": "typed-and-secret", "argument-month": "2030-01"})
    assert Job.objects.get().payload == {"pin": "typed-and-secret", "month": "2030-01", **fixed}
    shown = said(browser.get(PAGE)) + said(answer) + said(done) + str(list(Audit.objects.values()))
    assert "typed-and-secret" not in shown
    assert "fixed-and-secret" not in shown


def test_a_form_that_fits_no_more_tells_nothing_of_itself(browser, make_form):
    make_form(payload={"account": "4711", "gone": "internal-name"})
    answer = browser.post(PAGE, MAY)
    assert answer.status_code == 400
    assert "or the form does not fit what it starts any more" in said(answer)
    assert "internal-name" not in said(answer)
    assert "gone" not in said(answer)


def test_who_may_fill_it_in(make_user, make_team, make_form):
    """By a group or a team of the form: no role is needed, and none is enough."""
    make_form(groups=["payroll"], teams=["accounts"])
    for name in ("payroll", "stores"):
        Group.objects.create(name=name)
    by_group, other = make_user("grace"), make_user("hedy")
    by_group.groups.add(Group.objects.get(name="payroll"))
    other.groups.add(Group.objects.get(name="stores"))
    by_team, of_other_team, admin = make_user("ida"), make_user("joan"), make_user("mary", "admin")
    make_team("accounts", by_team)
    make_team("stores", of_other_team)
    root = User.objects.create_superuser("root")
    for user, may in (
        (by_group, True),
        (by_team, True),
        (root, True),
        (other, False),
        (of_other_team, False),
        (admin, False),
    ):
        client = Client()
        client.force_login(user)
        assert client.get(PAGE).status_code == (200 if may else 404), user
        before = Job.objects.count()
        assert client.post(PAGE, MAY).status_code == (200 if may else 404), user
        assert Job.objects.count() - before == may, user
        assert (f'href="{PAGE}"' in said(client.get("/forms/"))) == may, user


def test_nobody_without_an_account_and_none_that_is_disabled(browser, make_form):
    form = make_form()
    for method in ("get", "post"):
        assert getattr(Client(), method)(PAGE)["Location"].startswith("/login/")
    Form.objects.filter(pk=form.pk).update(enabled=False)
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, MAY).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))
    Form.objects.filter(pk=form.pk).update(enabled=True)
    assert strict.post(PAGE, MAY).status_code == 403
    assert Job.objects.count() == 0


def test_it_lands_in_a_queue_of_others(browser, make_team, make_form, ada):
    """Whoever defines the form had the right to it; who fills it in has none, and needs none."""
    make_team("ops", queues=["books"])
    make_team("payrollers", ada)
    make_form()
    assert browser.post(PAGE, MAY).status_code == 200
    assert Job.objects.get().queue == "books"


def test_a_form_that_is_sent_twice_is_one_job(browser, make_form):
    make_form(delay=60)
    once = once_in(browser.get(PAGE))
    first = browser.post(PAGE, {**MAY, "once": once})
    again = browser.post(PAGE, {**MAY, "once": once})
    job = Job.objects.get()
    assert f"<strong>{job.pk}</strong>" in said(first)
    assert f"<strong>{job.pk}</strong>" in said(again)
    assert Audit.objects.filter(subject="filled_form").count() == 1
    other = browser.post(PAGE, {"argument-month": "2030-02", "once": once})
    assert other.status_code == 400
    assert "This was sent before, with other values" in said(other)
    assert browser.post(PAGE, {**MAY, "once": once_in(browser.get(PAGE))}).status_code == 200
    assert Job.objects.count() == 2


def test_a_time_that_is_sent_twice_is_one_job(browser, make_form):
    """A span is another moment each time; a time that was chosen may be over when it is sent again."""
    form = make_form(when="chosen", latest=9 * 86_400)
    day = clock.current() + timedelta(days=2)
    for first, other in (("in 3 h", f"{day:%Y-%m-%d} 12:00"), (f"{day:%Y-%m-%d} 12:00", f"{day:%Y-%m-%d} 13:00")):
        Form.objects.filter(pk=form.pk).update(earliest=0)
        sent = {**MAY, "run_at": first, "once": once_in(browser.get(PAGE))}
        before = Job.objects.count()
        assert browser.post(PAGE, sent).status_code == 200
        again = browser.post(PAGE, sent)
        assert (again.status_code, Job.objects.count() - before) == (200, 1)
        Form.objects.filter(pk=form.pk).update(earliest=5 * 86_400)
        late = browser.post(PAGE, sent)
        assert (late.status_code, Job.objects.count() - before) == (200, 1)
        assert browser.post(PAGE, {**sent, "once": "0" * 32}).status_code == 400
        Form.objects.filter(pk=form.pk).update(earliest=0)
        assert "with other values" in said(browser.post(PAGE, {**sent, "run_at": other}))
        assert "with other values" in said(browser.post(PAGE, {**sent, "argument-month": "2030-02"}))


def test_a_form_that_is_sent_again_after_its_time_is_the_same_job(browser, make_form, make_link, monkeypatch):
    form = make_form(when="chosen", latest=9 * 86_400)
    now = clock.current()
    chosen = now + timedelta(hours=1)
    _, address = make_link(form)
    for page in (PAGE, address):
        monkeypatch.setattr(clock, "current", lambda: now)
        sent = {**MAY, "run_at": f"{chosen:%Y-%m-%d %H:%M:%S} UTC", "once": once_in(browser.get(page))}
        before = Job.objects.count()
        assert browser.post(page, sent).status_code == 200
        monkeypatch.setattr(clock, "current", lambda: chosen + timedelta(hours=1))
        again = browser.post(page, sent)
        assert (again.status_code, Job.objects.count() - before) == (200, 1)
        assert "with other values" in said(browser.post(page, {**sent, "argument-month": "2030-02"}))
        other = browser.post(page, {**sent, "once": "0" * 32})
        assert "in the past" in other.context["form"].errors["run_at"][0]
        assert Job.objects.count() - before == 1


def test_when_it_starts(browser, make_form):
    form = make_form(delay=3600)
    before = clock.current()
    browser.post(PAGE, {**MAY, "run_at": "in 5 days"})
    assert timedelta(hours=1) <= Job.objects.get().run_at - before <= timedelta(hours=1, minutes=1)
    Form.objects.filter(pk=form.pk).update(when="chosen", earliest=3600, latest=86_400, time_zone="Asia/Tokyo")
    for text in ("in 10 minutes", "in 2 days", "now"):
        answer = browser.post(PAGE, {**MAY, "run_at": text})
        assert (answer.status_code, text) == ((200 if text == "now" else 400), text)
        if answer.status_code == 400:
            assert "Choose a time from " in answer.context["form"].errors["run_at"][0]
    assert browser.post(PAGE, {**MAY, "run_at": "whenever"}).context["form"].errors["run_at"]
    assert browser.post(PAGE, {**MAY, "run_at": "in 3 h"}).status_code == 200
    times = sorted(job.run_at - before for job in Job.objects.all())
    assert all(timedelta(hours=1) <= one <= timedelta(hours=1, minutes=1) for one in times[:2])
    assert timedelta(hours=3) <= times[2] <= timedelta(hours=3, minutes=1)


def test_a_time_is_of_the_zone_of_the_form(browser, make_form):
    make_form(when="chosen", latest=3 * 86_400, time_zone="Asia/Tokyo")
    assert browser.post(PAGE, {**MAY, "run_at": "tomorrow 09:00"}).status_code == 200
    assert (Job.objects.get().run_at.hour, Job.objects.get().run_at.minute) == (0, 0)


def test_creation_limits_hold(browser, make_form):
    make_form()
    CreationLimit.objects.create(group=Group.objects.get(name="payroll"), rate=0.001, burst=1)
    assert browser.post(PAGE, MAY).status_code == 200
    answer = browser.post(PAGE, MAY)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 1
    assert Job.objects.count() == 1


def test_a_dangerous_one_waits_for_an_approval(browser, make_form, monkeypatch):
    make_form()
    monkeypatch.setattr("jobs.rules.new_job.target_rules.is_dangerous", lambda target, payload: True)
    browser.post(PAGE, MAY)
    assert Job.objects.get().holds == Hold.APPROVAL


def test_whoever_defines_it_does_not_approve_its_jobs(browser, definer, make_user, make_form, monkeypatch):
    form = make_form()
    other = make_user("otto", "admin", is_staff=True)
    monkeypatch.setattr("jobs.rules.new_job.target_rules.is_dangerous", lambda target, payload: True)
    browser.post(PAGE, MAY)
    job = Job.objects.get()
    refused = approve(job.pk, now=clock.current(), by=definer)
    assert (refused.done, "You have defined what job" in refused.why) == (False, True)
    client = Client()
    client.force_login(other)
    change = f"/admin/jobs/form/{form.pk}/change/"
    for changes, whose in (({"title": "Order it"}, definer), ({"fields": json.dumps(FIELDS[:2])}, other)):
        form.refresh_from_db()
        # What the page says was there before is no proof that nothing was changed.
        sent = posted(form, **changes)
        said_before = {f"initial-{name}": sent[name] for name in ("payload", "fields", "labels")}
        assert client.post(change, {**sent, **said_before}).status_code == 302
        form.refresh_from_db()
        assert form.created_by == whose, changes
    third = make_user("thea", "admin")
    assert client.post(f"/admin/jobs/form/{form.pk}/delete/", {"post": "yes"}).status_code == 302
    for whose in (definer, other):  # it was filled in as the one had defined it, and the other's when it was deleted
        refused = approve(job.pk, now=clock.current(), by=whose)
        assert (refused.done, "You have defined what job" in refused.why) == (False, True), whose
    assert approve(job.pk, now=clock.current(), by=third).done


def test_who_creates_jobs_is_led_to_his(make_user, make_form):
    make_form(groups=["clerks"])
    clerk = make_user("clara", "creator")
    clerk.groups.add(Group.objects.create(name="clerks"))
    client = Client()
    client.force_login(clerk)
    answer = client.post(PAGE, MAY)
    address = f"/jobs/{Job.objects.get().pk}/"
    assert f'href="{address}"' in said(answer)
    assert client.get(address).status_code == 200
