"""Who comes by an OpenID Connect provider, which is a real server here; django-allauth is one of the tests' packages."""

from __future__ import annotations

import json
import logging
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from project.account import oidc_settings
from tests.account.conftest import PASSWORD
from tests.account.provider import CLIENT, SECRET, Provider
from tests.test_tls import python

pytestmark = pytest.mark.django_db
LOGIN, BACK = "/account/oidc/sso/login/", "/account/oidc/sso/login/callback/"


@pytest.fixture
def provider():
    one = Provider()
    yield one
    one.close()


@pytest.fixture(autouse=True)
def set_up(request, settings, db):
    """The settings of an installation that has a provider, and allauth's tables for this test."""
    provider = request.getfixturevalue("provider")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *oidc_settings.MIDDLEWARE]
    site = admin.site
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, *oidc_settings.APPS]
    admin.site = admin.sites.site = site  # the theme makes a new one, without pages, each time apps are loaded
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, *oidc_settings.BACKENDS]
    settings.ROOT_URLCONF = "tests.account.oidc_urls"
    settings.JOBS_OIDC_ISSUER, settings.JOBS_OIDC_NAME = provider.issuer, "Work"
    for name, value in oidc_settings.settings_of(
        issuer=provider.issuer, client_id=CLIENT, secret=SECRET, name="Work"
    ).items():
        setattr(settings, name, value)
    with connection.schema_editor() as editor:
        for app in ("account", "socialaccount"):
            for model in apps.get_app_config(app).get_models():
                editor.create_model(model)


def come(provider: Provider, client: Client, target="/jobs/new/", **changed):
    led = client.get(LOGIN, {"next": target})
    assert led.status_code == 302, led.content
    assert led["Location"].startswith(f"{provider.issuer}/authorize?")
    return client.get(BACK, provider.code(led["Location"]) | changed)


def user_of(client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def test_who_comes_by_it_has_a_user_from_then_on(client, provider):
    page = client.get("/login/?next=/jobs/new/").content.decode()
    assert f'href="{LOGIN}?next=/jobs/new/"' in page
    back = come(provider, client)
    assert (back.status_code, back["Location"]) == (302, "/jobs/new/")
    ada = user_of(client)
    assert (ada.username, ada.email, ada.has_usable_password(), ada.is_staff) == (
        "ada",
        "ada@example.com",
        False,
        False,
    )
    again = Client()
    come(provider, again)
    assert user_of(again) == ada
    assert client.get("/account/").status_code == 200


def test_a_user_of_that_name_and_address_is_somebody_else(client, provider, ada):
    come(provider, client)
    assert user_of(client) != ada
    assert user_of(client).username.startswith("ada")


def test_groups_follow_what_the_provider_says(client, provider, settings):
    settings.JOBS_OIDC_STAFF_GROUP = "runat-staff"
    Group.objects.create(name="payroll")
    mail = Group.objects.create(name="mail")
    provider.claims["groups"] = ["payroll", "unknown", "runat-staff", 7]
    come(provider, client)
    one = user_of(client)
    assert (list(one.groups.values_list("name", flat=True)), one.is_staff, one.is_superuser) == (
        ["payroll"],
        True,
        False,
    )
    one.groups.add(mail)
    provider.claims["groups"] = []
    come(provider, Client())
    one.refresh_from_db()
    assert (one.groups.count(), one.is_staff) == (0, False)
    one.groups.add(mail)
    del provider.claims["groups"]
    come(provider, Client())
    assert one.groups.get() == mail, "of groups it does not speak"


def test_staff_that_comes_by_it_is_asked_for_no_code_of_ours(client, provider, settings):
    settings.JOBS_STAFF_NEED_TOTP = True
    settings.JOBS_OIDC_STAFF_GROUP = "staff"
    provider.claims["groups"] = ["staff"]
    come(provider, client)
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("changed", [{"state": "forged"}, {"code": "forged"}])
def test_what_is_forged_lets_nobody_in(client, provider, changed, caplog):
    with caplog.at_level(logging.WARNING):
        refused = come(provider, client, **changed)
    assert refused.status_code == 403
    assert "Work has not said who you are" in refused.content.decode()
    assert "_auth_user_id" not in client.session
    assert not User.objects.exists()


def test_a_code_of_another_browser_lets_nobody_in(client, provider):
    mine = provider.code(client.get(LOGIN)["Location"])
    other = Client()
    assert other.get(BACK, mine).status_code == 403
    assert "_auth_user_id" not in other.session


def test_who_is_not_active_is_not_let_in(client, provider):
    come(provider, client)
    User.objects.update(is_active=False)
    other = Client()
    refused = come(provider, other)
    assert refused.status_code == 403
    assert "is not active here" in refused.content.decode()
    assert "_auth_user_id" not in other.session


def test_nobody_is_led_elsewhere_by_it(client, provider):
    assert urlsplit(come(provider, client, target="https://evil.example/")["Location"]).netloc == ""


def test_a_password_lets_in_as_before(client, ada):
    assert client.post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


ASK = """
import django, json
django.setup()
from django.conf import settings
from django.urls import reverse
from jobs.masking import masked
found = reverse("openid_connect_callback", kwargs={"provider_id": "sso"}) if "allauth" in settings.INSTALLED_APPS else ""
print(json.dumps([found, len(settings.AUTHENTICATION_BACKENDS), masked("it is the-client-secret"),
    "the-client-secret" in repr(settings.SOCIALACCOUNT_PROVIDERS) if found else False]))
"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, ["", 2, "it is the-client-secret", False]),
        (
            {
                "JOBS_OIDC_ISSUER": "https://id.example.com/",
                "JOBS_OIDC_CLIENT_ID": "runat",
                "JOBS_OIDC_CLIENT_SECRET": "the-client-secret",
            },
            [BACK, 3, "it is ********", False],
        ),
    ],
)
def test_it_is_there_only_where_the_environment_names_a_provider(given, said):
    done = python("-c", ASK, DJANGO_SETTINGS_MODULE="project.settings", **given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == said
