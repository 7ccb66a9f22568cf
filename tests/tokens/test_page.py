"""The page /tokens/."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from jobs.models import Audit, Token
from tests.bearing import make_token

pytestmark = pytest.mark.django_db
PAGE = "/tokens/"
WANTED = {"name": "nightly", "expires": "90", "which": "some", "scopes": ["jobs.view_job"], "queues": "mail, books"}


@pytest.fixture
def ada():
    user = User.objects.create_user("ada")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename="view_job"))
    return user


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


def said(answer) -> str:
    return html.unescape(answer.content.decode())


def shown(answer) -> str:
    """The secret that the page shows."""
    (secret,) = re.findall(r'id="secret"[^>]* value="(runat_[0-9a-f]{64})"', answer.content.decode())
    return secret


def kept(browser) -> str:
    """Whatever anybody could find later."""
    pages = [PAGE, "/", "/admin/", "/admin/jobs/token/", "/audit/"]
    rows = [list(Token.objects.values()), list(Audit.objects.values())]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    cookies = str(browser.cookies)
    return "".join([*(browser.get(page).content.decode() for page in pages), str(rows), str(sessions), cookies])


def test_it_is_for_those_who_are_logged_in():
    for method in ("get", "post"):
        assert getattr(Client(), method)(PAGE)["Location"].startswith("/login/")
    assert Client().post("/tokens/1/revoke/")["Location"].startswith("/login/")


def test_nobody_makes_one_by_a_link_or_from_another_site(ada, browser):
    token = make_token(ada).token
    for address in (f"/tokens/{token.pk}/rotate/", f"/tokens/{token.pk}/revoke/"):
        assert browser.get(address).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    for address in (PAGE, f"/tokens/{token.pk}/rotate/", f"/tokens/{token.pk}/revoke/"):
        assert strict.post(address, WANTED).status_code == 403
    assert Token.objects.count() == 1


def test_a_new_one_is_shown_once_with_a_line_that_works(ada, browser, capfd):
    answer = browser.post(PAGE, WANTED)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    secret = shown(answer)
    (header, address) = re.search(r"curl -H '([^']+)' http://testserver(\S+)", said(answer).split("<pre>")[1]).groups()
    name, _, value = header.partition(": ")
    told = Client(headers={name: value}).get(address.partition("<")[0]).json()
    assert told["scopes"] == ["jobs.view_job"]
    assert told["queues"] == ["books", "mail"]
    assert told["owner"] == "ada"
    token = Token.objects.get()
    assert token.made_by == ada
    assert abs(token.expires_at - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)
    found = kept(browser)
    assert secret not in found
    assert secret[15:] not in found
    digest = token.credential_id
    assert found.count(digest) == 1  # in its own row
    assert secret not in "".join(capfd.readouterr())


def test_to_send_the_form_again_makes_no_second_one(browser):
    browser.post(PAGE, WANTED)
    answer = browser.post(PAGE, WANTED)
    assert answer.status_code == 400
    assert "has a token of this name" in said(answer)
    assert 'value="nightly"' in said(answer)


def test_the_list_says_what_each_may_and_why_it_ended(ada, browser):
    make_token(ada, name="all", scopes=None)
    make_token(ada, name="narrow", scopes=["jobs.view_job"], queues=["mail"], targets=["demo.noop"])
    old = make_token(ada, name="old").token
    old.credential.expiry = timezone.now() - timedelta(days=1)
    old.credential.save()
    page = said(browser.get(PAGE))
    for words in ("all that its owner may", "see jobs, workers and figures", "queues: mail", "targets: demo.noop"):
        assert words in page
    assert page.count("It expired on") == 1
    assert old.prefix in page


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"which": "some", "scopes": []}, "Tick at least one"),
        ({"which": "some", "scopes": ["jobs.add_job"]}, "jobs.add_job is not one of the available choices"),
        ({"queues": "amq gen"}, "no name of a queue"),
        ({"name": ""}, "This field is required"),
        ({"expires": "12345"}, "12345 is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(browser, wrong, says):
    answer = browser.post(PAGE, WANTED | wrong)
    assert answer.status_code == 400
    assert says in said(answer)
    assert not Token.objects.exists()


def test_one_may_be_for_all_and_for_ever_where_that_is_allowed(browser, settings):
    browser.post(PAGE, {"name": "x", "which": "all", "expires": "forever"})
    token = Token.objects.get()
    assert (token.scopes, token.expires_at) == (None, None)
    settings.JOBS_TOKEN_MAX_DAYS = 60
    page = said(browser.get(PAGE))
    assert "for ever" not in page
    assert '<option value="60" selected>60 days, the most here</option>' in page
    assert browser.post(PAGE, {"name": "y", "which": "all", "expires": "forever"}).status_code == 400


def test_to_rotate_shows_the_new_one_and_leaves_the_old_one_its_time(ada, browser):
    token = make_token(ada, name="nightly").token
    assert browser.post(f"/tokens/{token.pk}/rotate/", {"grace": "1w"}).status_code == 404
    answer = browser.post(f"/tokens/{token.pk}/rotate/", {"grace": "1h"})
    assert "no-store" in answer["Cache-Control"]
    secret = shown(answer)
    assert "Replaced; goes on until it expires." in said(browser.get(PAGE))
    again = browser.post(f"/tokens/{token.pk}/rotate/", {"grace": "1h"}, follow=True)
    assert "was replaced already" in said(again)
    assert Token.objects.count() == 2
    assert secret not in kept(browser)


def test_to_revoke_ends_it(ada, browser):
    made = make_token(ada, name="nightly")
    answer = browser.post(f"/tokens/{made.token.pk}/revoke/", follow=True)
    assert f"nightly ({made.token.prefix}…) is revoked" in said(answer)
    assert not Token.objects.exists()
    assert browser.post(f"/tokens/{made.token.pk}/revoke/").status_code == 404


def test_those_of_others_are_for_superusers(ada, browser):
    bob = User.objects.create_user("bob")
    token = make_token(bob, name="of bob").token
    assert browser.get(PAGE, {"owner": "bob"}).status_code == 403
    assert browser.get(PAGE, {"owner": "nobody"}).status_code == 403
    assert browser.post(f"{PAGE}?owner=bob", WANTED).status_code == 403
    for verb in ("rotate", "revoke"):
        assert browser.post(f"/tokens/{token.pk}/{verb}/", {"grace": "0"}).status_code == 404
    assert Token.objects.get() == token
    assert "of bob" not in said(browser.get(PAGE))

    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    assert "of bob" in said(root.get(PAGE, {"owner": "bob"}))
    assert root.get(PAGE, {"owner": "nobody"}).status_code == 404
    assert "Token of ada" in said(root.post(f"{PAGE}?owner=ada", WANTED))
    made = Token.objects.get(owner=ada)
    assert made.made_by.username == "root"
    assert "by root" in said(browser.get(PAGE))


def test_scopes_are_those_of_the_owner_not_of_the_superuser_who_looks(ada):
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    page = said(root.get(PAGE, {"owner": "ada"}))
    assert "jobs.view_job" in page
    assert "jobs.add_job" not in page


def test_who_has_no_right_hears_it(db):
    client = Client()
    client.force_login(User.objects.create_user("eve"))
    assert "eve has no permission that a token could have" in said(client.get(PAGE))
