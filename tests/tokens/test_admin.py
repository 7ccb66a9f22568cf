"""Tokens in the admin: to look at, and to revoke."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

from jobs.models import Audit, Token
from tests.bearing import make_token

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/token/"


@pytest.fixture
def root():
    return User.objects.create_superuser("root")


@pytest.fixture
def browser(root):
    client = Client()
    client.force_login(root)
    return client


def test_the_page_that_shows_digests_is_gone(browser):
    assert not admin.site.is_registered(AuthToken)
    assert browser.get("/admin/knox/authtoken/").status_code == 404


def test_no_page_shows_a_digest_or_makes_one(browser):
    token = make_token(User.objects.create_user("ada"), name="nightly", scopes=None).token
    for address in (LIST, f"{LIST}{token.pk}/change/", f"{LIST}?q=night", f"{LIST}{token.pk}/delete/"):
        page = browser.get(address).content.decode()
        assert "nightly" in page
        assert token.credential_id not in page
        assert token.password_mark not in page
    assert token.prefix in browser.get(LIST).content.decode()
    assert browser.get(f"{LIST}add/").status_code == 403


def test_to_delete_one_is_to_revoke_it(browser, root):
    ada = User.objects.create_user("ada")
    tokens = [make_token(ada, name=str(n)).token for n in range(3)]
    browser.post(f"{LIST}{tokens[0].pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [tokens[1].pk], "post": "yes"}
    browser.post(LIST, chosen)
    assert [token.name for token in Token.objects.all()] == ["2"]
    assert AuthToken.objects.count() == 1
    assert list(Audit.objects.filter(verb="delete").values_list("by", flat=True)) == [root.pk, root.pk]


def test_the_page_of_a_user_leads_to_theirs(browser):
    ada = User.objects.create_user("ada b")
    page = browser.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()
    assert "/tokens/?owner=ada%20b" in page
