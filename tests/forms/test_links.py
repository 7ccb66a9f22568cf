"""Links to forms, for people without an account."""

from __future__ import annotations

import html
import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import set_script_prefix

from jobs.clock import clock
from jobs.models import Audit, CreationLimit, Form, FormLink, Job, TargetRule
from jobs.rights import target_rules
from jobs.rights.form_links import NEEDS_AN_ACCOUNT
from jobs.states import Hold
from jobs.transitions import forms
from jobs.transitions.forms import filling
from jobs.web.filling.log import LinksHidden
from jobs.web.filling.pages import ENDED
from tests.forms.test_filling import MAY, once_in
from tests.test_logs import written

pytestmark = pytest.mark.django_db


def said(answer) -> str:
    return html.unescape(answer.content.decode())


def test_it_is_noted_and_nothing_else_is_told(make_form, make_link, definer):
    form = make_form()
    link, address = make_link(form)
    page = Client().get(address)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "same-origin")
    assert "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"]
    answer = Client().post(address, {**MAY, "account": "mine", "argument-account": "mine"})
    job = Job.objects.get()
    assert answer.status_code == 200
    assert "It is noted." in said(answer)
    assert form.confirmation in said(answer)
    text = said(page) + said(answer)
    for internal in ("4711-secretly-fixed", "books.report", "suppliers", "olga"):
        assert internal not in text
    (told,) = re.findall(r"<section.*?</section>", said(answer), re.DOTALL)
    assert not re.search(rf"\b{job.pk}\b", re.sub(r"<[^>]*>", " ", told))
    assert job.payload == {"month": "2030-01", "account": "4711-secretly-fixed"}
    assert (job.queue, job.created_by) == ("books", definer)
    noted = Audit.objects.get(subject="filled_form")
    assert (noted.by, noted.by_name, noted.by_token) == (None, "", f"{link.prefix} suppliers")
    link.refresh_from_db()
    assert (link.uses, link.uses_of_day) == (1, 1)


def test_its_secret_is_kept_nowhere_and_cannot_be_guessed(make_form, definer, capfd):
    make_form()
    client = Client()
    client.force_login(definer)
    wanted = {"name": "suppliers", "days": "3", "most_uses": "2", "most_of_day": "1"}
    answer = client.post("/forms/report/links/", wanted)
    (secret,) = re.findall(
        r'id="secret"[^>]* value="http://testserver/f/([A-Za-z0-9_-]{43})/"', answer.content.decode()
    )
    assert "no-store" in answer["Cache-Control"]
    link = FormLink.objects.get()
    assert (link.most_uses, link.most_of_day, link.created_by) == (2, 1, definer)
    later = "".join(said(client.get(page)) for page in ("/forms/", "/forms/report/links/", "/audit/"))
    rows = str([*FormLink.objects.values(), *Audit.objects.values()])
    assert secret[len(link.prefix) :] not in later + rows + "".join(capfd.readouterr())
    assert Client().get(f"/f/{secret}/").status_code == 200
    for guess in (link.prefix, link.digest, secret[:-1], secret.swapcase(), f"{link.pk}", "report"):
        assert Client().get(f"/f/{guess}/").status_code == 404
        assert Client().post(f"/f/{guess}/", MAY).status_code == 404
    assert Job.objects.count() == 0


def test_one_that_is_revoked_or_expired_opens_nothing(make_form, make_link, definer):
    form = make_form()
    revoked, at_revoked = make_link(form)
    expired, at_expired = make_link(form)
    FormLink.objects.filter(pk=expired.pk).update(expires_at=clock.current())
    client = Client()
    client.force_login(definer)
    assert client.post(f"/forms/report/links/{revoked.pk}/revoke/").status_code == 302
    for address in (at_revoked, at_expired):
        for answer in (Client().get(address), Client().post(address, MAY), Client().post(address, {})):
            assert answer.status_code == 410
            assert "This link opens nothing any more." in said(answer)
            assert "report" not in said(answer)
    assert Job.objects.count() == 0
    verbs = list(Audit.objects.filter(subject="form_link").order_by("id").values_list("verb", "by_name"))
    assert verbs == [("create", "olga")] * 2 + [("change", "olga")]
    assert not forms.revoke(revoked, by=definer, now=clock.current())


def test_a_form_that_is_disabled_or_deleted_has_no_links(make_form, make_link):
    form = make_form()
    _, address = make_link(form)
    Form.objects.filter(pk=form.pk).update(enabled=False)
    assert Client().get(address).status_code == 410
    assert Client().post(address, MAY).status_code == 410
    form.delete()
    assert Client().get(address).status_code == 404
    assert Job.objects.count() == 0


def test_a_form_that_is_deleted_while_its_link_is_used_or_revoked(make_form, make_link, definer, monkeypatch):
    form = make_form()
    link, address = make_link(form)
    budget = filling.admission_of_link

    def delete_first(pk):
        Form.objects.all().delete()
        return budget(pk)

    monkeypatch.setattr(filling, "admission_of_link", delete_first)
    answer = Client().post(address, MAY)
    assert (answer.status_code, Job.objects.count()) == (410, 0)
    assert not forms.revoke(link, by=definer, now=clock.current())


def test_uses_in_all(make_form, make_link):
    _, address = make_link(make_form(), most_uses=2, most_of_day=2)
    assert [Client().post(address, MAY).status_code for _ in range(3)] == [200, 200, 410]
    for answer in (Client().get(address), Client().post(address, {}), Client().post(address, {"argument-month": " "})):
        assert answer.status_code == 410
        assert "Order a report" not in said(answer)
    assert Job.objects.count() == 2


def test_uses_on_one_day(make_form, make_link):
    link, address = make_link(make_form(), most_uses=5, most_of_day=1)
    assert Client().post(address, MAY).status_code == 200
    # The day is that of the use; another may begin while this runs.
    FormLink.objects.filter(pk=link.pk).update(day=clock.current().date())
    for answer in (Client().get(address), Client().post(address, MAY), Client().post(address, {})):
        assert answer.status_code == 429
        assert "Try again tomorrow." in said(answer)
    FormLink.objects.filter(pk=link.pk).update(day=clock.current().date() - timedelta(days=1))
    assert Client().post(address, MAY).status_code == 200
    link.refresh_from_db()
    assert (link.uses, link.uses_of_day) == (2, 1)


def test_what_is_refused_uses_nothing(make_form, make_link):
    link, address = make_link(make_form())
    assert Client().post(address, {}).status_code == 400
    link.refresh_from_db()
    assert link.uses == 0


def test_the_last_use_sent_twice_is_noted_once(make_form, make_link):
    link, address = make_link(make_form(), most_uses=1, most_of_day=1)
    once = once_in(Client().get(address))
    assert [Client().post(address, {**MAY, "once": once}).status_code for _ in range(2)] == [200, 200]
    assert Client().post(address, {"argument-month": "2030-02", "once": once}).status_code == 410
    link.refresh_from_db()
    assert (Job.objects.count(), link.uses) == (1, 1)


def test_creation_limits_hold_for_all_who_come_by_it(make_form, make_link):
    link, address = make_link(make_form())
    CreationLimit.objects.create(rate=0.001, burst=1)
    assert Client().post(address, MAY).status_code == 200
    answer = Client().post(address, MAY)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 1
    link.refresh_from_db()
    assert (Job.objects.count(), link.uses) == (1, 1)


def test_no_other_site_sends_it(make_form, make_link):
    _, address = make_link(make_form())
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address, MAY).status_code == 403
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', strict.get(address).content.decode())[1]
    assert strict.post(address, {**MAY, "csrfmiddlewaretoken": csrf}).status_code == 200
    elsewhere = {**MAY, "csrfmiddlewaretoken": csrf}
    assert strict.post(address, elsewhere, headers={"Origin": "https://evil.example"}).status_code == 403
    for answer in (
        Client().post(f"{address}?next=https://evil.example/", MAY),
        Client().get(f"{address}?next=//evil/"),
    ):
        assert (answer.status_code, answer.has_header("Location")) == (200, False)


def test_a_link_opens_no_other_page(make_form, make_link, ada):
    form = make_form()
    _, address = make_link(form)
    client = Client()
    client.get(address)
    client.post(address, MAY)
    for page in ("/forms/", "/forms/report/", "/forms/report/links/", f"/jobs/{Job.objects.get().pk}/", "/jobs/"):
        assert client.get(page)["Location"].startswith("/login/")


def test_whoever_made_the_link_does_not_approve_what_comes_by_it(make_form, make_link, definer):
    from jobs import transitions  # noqa: PLC0415 - its targets are patched first

    _, address = make_link(make_form())
    Client().post(address, MAY)
    job = Job.objects.get()
    Job.objects.update(holds=Hold.APPROVAL)  # its target was made dangerous since, and it has come to its time
    root = User.objects.create_superuser("root")
    assert not transitions.approve(job.pk, by=definer, now=clock.current()).done
    assert transitions.approve(job.pk, by=root, now=clock.current()).done


def test_nothing_that_waits_for_an_approval_comes_by_a_link(make_form, make_link, definer, monkeypatch):
    """Whoever may approve it could be the one who has filled it in."""
    form = make_form()
    _, address = make_link(form)
    client = Client()
    client.force_login(definer)
    links, wanted = "/forms/report/links/", {"name": "x", "days": "1", "most_uses": "1", "most_of_day": "1"}
    # By what is filled in: what is fixed does not tell.
    with monkeypatch.context() as patched:
        patched.setattr(target_rules, "is_dangerous", lambda target, payload: payload.get("month") == "2030-01")
        assert (Client().get(address).status_code, Client().post(address, MAY).status_code) == (200, 410)
        assert Client().post(address, {"argument-month": "2030-02"}).status_code == 200
        assert Job.objects.count() == 1
    TargetRule.objects.create(target=form.target, dangerous=True)
    for answer in (Client().get(address), Client().post(address, MAY)):
        assert (answer.status_code, ENDED in said(answer)) == (410, True)
    assert NEEDS_AN_ACCOUNT in said(client.get(links))
    refused = client.post(links, wanted)
    assert (refused.status_code, NEEDS_AN_ACCOUNT in said(refused)) == (400, True)
    assert (Job.objects.count(), FormLink.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"days": "0"}, "days"),
        ({"days": "367"}, "days"),
        ({"most_uses": "0"}, "most_uses"),
        ({"most_uses": "100001"}, "most_uses"),
        ({"most_of_day": "0"}, "most_of_day"),
        ({"most_uses": "3", "most_of_day": "4"}, "most_of_day"),
    ],
)
def test_what_no_link_is_made_for(make_form, definer, given, field):
    make_form()
    client = Client()
    client.force_login(definer)
    wanted = {"name": "suppliers", "days": "3", "most_uses": "5", "most_of_day": "5", **given}
    answer = client.post("/forms/report/links/", wanted)
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert FormLink.objects.count() == 0


def test_a_link_of_another_form_is_not_there(make_form, make_link, definer):
    link, _ = make_link(make_form())
    make_form(name="other")
    client = Client()
    client.force_login(definer)
    assert client.post(f"/forms/other/links/{link.pk}/revoke/").status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None


def test_its_address_has_the_path_of_the_include_once(make_form, definer, settings):
    settings.JOBS_PUBLIC_URL = "https://shop.example/runat"
    make_form()
    client = Client()
    client.force_login(definer)
    wanted = {"name": "suppliers", "days": "3", "most_uses": "2", "most_of_day": "1"}
    set_script_prefix("/runat/")  # as a server does
    try:
        answer = client.post("/forms/report/links/", wanted)
    finally:
        set_script_prefix("/")
    (address,) = re.findall(r'id="secret"[^>]* value="([^"]*)"', said(answer))
    assert re.fullmatch(r"https://shop\.example/runat/f/[A-Za-z0-9_-]{43}/", address)


def test_our_log_does_not_have_its_secret(make_form, make_link, monkeypatch):
    _, address = make_link(make_form())
    secret = address.split("/")[2]
    strict = Client(enforce_csrf_checks=True)

    def refused():
        assert strict.post(address, MAY).status_code == 403

    def failed():
        assert Client(raise_request_exception=False).get(address).status_code == 500

    def away():
        assert Client().get(address).status_code == 503

    lines = written(logging.getLogger("django.security.csrf"), monkeypatch, refused)
    monkeypatch.setattr("jobs.web.filling.pages._used_up", raises(ZeroDivisionError))
    lines += written(logging.getLogger("django.request"), monkeypatch, failed)
    assert lines.count("/f/***/") == 2, lines
    monkeypatch.setattr("jobs.web.filling.pages._used_up", raises(OperationalError))
    monkeypatch.setattr("project.logs.without_secrets", str)  # nor is it told to those who hear of events
    without = written(logging.getLogger("jobs.web"), monkeypatch, away)
    (ours,) = [line for line in without.splitlines() if "the database failed" in line]
    assert "GET /f/<str:secret>/" in ours
    assert secret not in lines + ours
    assert secret[:16] not in lines + ours


def test_lines_of_a_project_do_not_have_it_by_the_filter():
    def filtered(words, *values):
        record = logging.LogRecord("django", logging.INFO, "f", 1, words, values, None)
        assert LinksHidden().filter(record)
        return record

    assert filtered("%s came", f"/f/{'x' * 43}/").getMessage() == "/f/***/ came"
    assert filtered("%s came", "/f/nobody/").getMessage() == "/f/nobody/ came"
    assert filtered("%d came", "/f/").args == ("/f/",), "of which the handler tells"


def raises(error):
    def fail(*_, **__):
        raise error

    return fail
