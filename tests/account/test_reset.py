"""Who has forgotten the password gets a mail, where mail is set up; nobody learns by it who has a user here."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from project import mail as address
from project.account import forms
from tests.account.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def set_up(settings, monkeypatch):
    settings.CAN_MAIL = True

    class AtOnce:
        """A thread whose work is done when it is started."""

        def __init__(self, *, target, args, kwargs, name, daemon):
            self.start = lambda: target(*args, **kwargs)

    monkeypatch.setattr(forms.threading, "Thread", AtOnce)


def ask(client, address="ada@example.com", **more):
    page = client.post("/account/reset/", {"email": address}, follow=True, **more)
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.content.decode())


def test_a_mail_leads_to_a_new_password_once(client: Client, ada):
    assert "/account/reset/" in client.get("/login/").content.decode()
    assert "Look into your mail" in ask(client)
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    link = re.search(r"http://testserver(/\S+)", sent.body)[1]
    form = client.get(link, follow=True)
    new = "another long enough one"
    page = client.post(form.redirect_chain[-1][0], {"new_password1": new, "new_password2": new}, follow=True)
    assert "Log in with it" in page.content.decode()
    assert not page.context["user"].is_authenticated
    assert User.objects.get().check_password(new)
    assert "does not work any more" in Client().get(link, follow=True).content.decode()


def test_the_answer_is_the_same_for_a_stranger_and_one_mail_goes_out_in_five_minutes(client: Client, ada):
    known = ask(client)
    assert ask(Client(), "bob@example.com") == known
    assert ask(Client()) == known
    assert len(mail.outbox) == 1


def test_a_link_names_the_public_address_whatever_host_was_asked(client: Client, ada, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.JOBS_PUBLIC_URL = "https://runat.example.com"
    ask(client, HTTP_HOST="evil.example")
    assert "https://runat.example.com/account/reset/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_without_mail_the_login_says_who_can_set_a_new_one(client: Client, ada, settings):
    settings.CAN_MAIL = False
    page = client.get("/login/").content.decode()
    assert "reset" not in page
    assert "manage.py changepassword" in page
    assert client.get("/account/reset/").status_code == 404


def test_people_change_their_own_password(client: Client, ada):
    client.force_login(ada)
    new = "another long enough one"
    wrong = {"old_password": "wrong", "new_password1": new, "new_password2": new}
    assert client.post("/account/password/", wrong).status_code == 200
    assert client.post("/account/password/", wrong | {"old_password": PASSWORD}).status_code == 302
    assert User.objects.get().check_password(new)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp://mail.example.com", ["mail.example.com", 25, "", "", False, False]),
        ("smtp+tls://me:a%2Fb@mail.example.com", ["mail.example.com", 587, "me", "a/b", True, False]),
        ("smtps://me:a%2Fb@mail.example.com:4465", ["mail.example.com", 4465, "me", "a/b", False, True]),
    ],
)
def test_an_address_of_a_mail_server_is_read(url, said):
    found = address.parse(url)
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert [found[f"EMAIL_{name}"] for name in names] == said
    assert "a/b" not in repr(found)


@pytest.mark.parametrize("url", ["mail.example.com", "smtp://", "http://mail", "smtp://mail/path", "smtp://mail:port"])
def test_what_is_no_address_of_a_mail_server_is_refused(url):
    with pytest.raises(ValueError, match=r"EMAIL_URL is no address of a mail server; write it like smtp\+tls://"):
        address.parse(url)


def test_without_one_no_mail_is_sent():
    assert address.parse("") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    assert address.parse("file:///var/mail/runat")["EMAIL_FILE_PATH"] == "/var/mail/runat"
