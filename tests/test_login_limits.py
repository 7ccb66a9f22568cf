"""Wrong passwords are counted by user and address, and a stranger locks nobody out elsewhere."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client, RequestFactory

from jobs.web.client_address import address
from project import login

PASSWORD = "a long enough one"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def admin(db):
    return User.objects.create_superuser("ada", password=PASSWORD)


def enter(client, password, username="ada", address=HERE, **more):
    return client.post("/login/", {"username": username, "password": password}, REMOTE_ADDR=address, **more)


def lock(client, **more):
    return [enter(client, f"wrong {number}", **more).status_code for number in range(5)]


def test_too_many_wrong_passwords_are_refused_with_a_sentence_and_a_time(client: Client, admin):
    assert lock(client) == [200, 200, 200, 200, 429]
    refused = enter(client, PASSWORD)
    assert refused.status_code == 429
    assert 290 <= int(refused["Retry-After"]) <= 300
    text = refused.content.decode()
    assert "5 wrong passwords or codes for this user came from your address. Try again at" in text
    assert f"UTC, in {refused['Retry-After']} seconds" in text
    assert "An administrator can let you in sooner" in text


def test_while_locked_no_password_is_looked_at(client: Client, admin, monkeypatch):
    lock(client)
    monkeypatch.setattr(login.PasswordBackend, "authenticate", lambda *args, **kwargs: pytest.fail("looked at"))
    assert enter(client, "wrong").status_code == 429


def test_the_real_one_gets_in_from_another_address_and_others_from_the_same(client: Client, admin):
    User.objects.create_user("bob", password=PASSWORD)
    lock(client)
    assert enter(Client(), PASSWORD, address=ELSEWHERE).status_code == 302
    assert enter(Client(), PASSWORD, username="bob").status_code == 302
    assert enter(Client(), PASSWORD).status_code == 429


def test_the_lock_ends_at_its_time_whatever_is_tried_meanwhile(client: Client, admin):
    lock(client)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=200))
    refused = enter(client, "wrong")
    assert 90 <= int(refused["Retry-After"]) <= 100
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=101))
    assert enter(client, PASSWORD).status_code == 302


def test_a_right_password_forgets_the_wrong_ones_before_it(client: Client, admin):
    for _ in range(2):
        assert [enter(Client(), "wrong").status_code for _ in range(4)] == [200] * 4
        assert enter(Client(), PASSWORD).status_code == 302


def test_an_administrator_unlocks_in_the_admin(client: Client, admin):
    lock(client)
    administrator = Client()
    administrator.force_login(User.objects.create_superuser("root"), "project.login.PasswordBackend")
    for attempt in AccessAttempt.objects.all():
        page = administrator.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"})
        assert page.status_code == 302
    assert enter(client, PASSWORD).status_code == 302


def test_who_comes_when_three_are_at_the_door_is_not_counted(client: Client, admin):
    for _ in range(3):
        login.AT_THE_DOOR.acquire()
    try:
        refused = enter(client, PASSWORD)
    finally:
        for _ in range(3):
            login.AT_THE_DOOR.release()
    assert refused.status_code == 429
    assert refused["Retry-After"] == "2"
    assert "Your password was not looked at: try again in 2 seconds." in refused.content.decode()
    assert not AccessAttempt.objects.exists()
    assert enter(client, PASSWORD).status_code == 302


def test_the_door_stays_open_after_an_error(admin, monkeypatch):
    monkeypatch.setattr(ModelBackend, "authenticate", lambda *args, **kwargs: 1 / 0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            login.PasswordBackend().authenticate(None)
    assert not login.ONE_AT_A_TIME.locked()
    assert isinstance(login.AT_THE_DOOR, threading.BoundedSemaphore)


@pytest.mark.parametrize(
    ("proxies", "speaker", "forwarded", "found"),
    [
        ([], "10.0.0.5", "1.2.3.4", "10.0.0.5"),
        (["10.0.0.5"], "10.0.0.5", "1.2.3.4", "1.2.3.4"),
        (["10.0.0.5"], "10.0.0.5", "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        (["10.0.0.0/24"], "10.0.0.5", "9.9.9.9, 1.2.3.4, 10.0.0.6", "1.2.3.4"),
        (["10.0.0.5"], "192.0.2.1", "1.2.3.4", "192.0.2.1"),
        (["10.0.0.5"], "10.0.0.5", "nonsense", "10.0.0.5"),
        (["10.0.0.5"], "10.0.0.5", "", "10.0.0.5"),
        (["::1"], "::1", "2001:db8::7", "2001:db8::7"),
        ([], "", "", None),
    ],
)
def test_an_address_is_believed_from_our_own_proxies_only(settings, proxies, speaker, forwarded, found):
    settings.JOBS_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=speaker, HTTP_X_FORWARDED_FOR=forwarded)
    assert address(request) == found
