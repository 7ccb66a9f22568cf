"""Who has an authenticator is let in with its code, or a recovery code, and with nothing else."""

from __future__ import annotations

import re

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from project.account import totp
from tests.account.conftest import PASSWORD, code_of
from tests.bearing import secret_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(ada, settings):
    """Ada's authenticator. A wrong code does not make the next one wait: the clock is not waited for here."""
    settings.OTP_TOTP_THROTTLE_FACTOR = settings.OTP_STATIC_THROTTLE_FACTOR = 0
    return TOTPDevice.objects.create(user=ada, name="authenticator", confirmed=True)


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def test_it_is_set_up_with_its_first_code_and_asked_for_from_then_on(client: Client, ada, enter):
    assert enter(client).status_code == 302
    assert "Set it up" in client.get("/account/").content.decode()
    page = client.post("/account/totp/begin/", follow=True).content.decode()
    device = TOTPDevice.objects.get()
    assert not device.confirmed
    assert "<svg" in page
    assert totp.key_in_groups(device) in page
    assert enter(Client()).status_code == 302, "it does not count before it is confirmed"

    wrong = client.post("/account/totp/confirm/", {"code": "000000" if code_of(device) != "000000" else "111111"})
    assert "This code is not right" in wrong.content.decode()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    done = client.post("/account/totp/confirm/", {"code": code_of(device)})
    codes = re.findall(r"<code>([a-z2-7]{8})</code>", done.content.decode())
    assert len(codes) == 10
    assert "no-store" in done["Cache-Control"]
    assert codes[0] not in client.get("/account/").content.decode()

    bare = enter(Client())
    assert bare.status_code == 200
    assert "This user has an authenticator" in bare.content.decode()
    assert not AccessAttempt.objects.exists(), "no code is no guess"
    other = Client()
    assert enter(other, codes[0].upper()).status_code == 302
    assert is_in(other)
    assert "Recovery codes left: 9." in other.get("/account/").content.decode()
    assert enter(Client(), codes[0]).status_code == 200, "once"


def test_a_code_lets_in_once_and_only_beside_the_password(ada, device, enter):
    code, client = code_of(device), Client()
    assert enter(Client(), code, password="wrong").status_code == 200
    assert enter(client, f"{code[:3]} {code[3:]}").status_code == 302
    assert is_in(client)
    assert enter(Client(), code).status_code == 200
    assert enter(Client(), code_of(device, ahead=1)).status_code == 302


@pytest.mark.parametrize("page", ["/", "/admin/", "/api/v1/jobs/"])
def test_pages_admin_and_rest_know_nobody_without_the_code(ada, device, enter, page):
    User.objects.update(is_staff=True, is_superuser=True)
    client = Client()
    enter(client)
    assert client.get(page).status_code in (302, 401, 403)
    enter(client, code_of(device))
    assert client.get(page).status_code == 200


def test_the_admin_has_no_login_of_its_own(client: Client, ada, device):
    led = client.get("/admin/login/?next=/admin/jobs/job/")
    assert (led.status_code, led["Location"]) == (302, "/login/?next=/admin/jobs/job/")
    tried = client.post("/admin/login/?next=/admin/", {"username": "ada", "password": PASSWORD})
    assert tried["Location"] == "/login/?next=/admin/"
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_who_is_no_staff_is_told_so_in_place_of_being_led_in_circles(client: Client, ada):
    client.force_login(ada)
    refused = client.get("/admin/", follow=True)
    assert refused.status_code == 403
    assert "The admin is for staff, which the user &#x27;ada&#x27; is not." in refused.content.decode()


def test_wrong_codes_are_counted_as_wrong_passwords_are(ada, device, enter):
    wrong = f"{(int(code_of(device)) + 500_000) % 1_000_000:06d}"
    given = [wrong, "abcdefgh", wrong, "abcdefgh", wrong]
    assert [enter(Client(), code).status_code for code in given] == [200, 200, 200, 200, 429]
    assert enter(Client(), code_of(device)).status_code == 429
    assert "code=" not in AccessAttempt.objects.get().post_data.replace("code=********************", "")


def test_a_right_password_alone_forgets_no_wrong_codes(ada, device, enter):
    wrong = f"{(int(code_of(device)) + 500_000) % 1_000_000:06d}"
    for _ in range(4):
        enter(Client(), wrong)
        enter(Client())
    assert enter(Client(), wrong).status_code == 429


def test_wrong_codes_make_the_authenticator_wait_whatever_address_they_come_from(ada, device, enter, settings):
    settings.OTP_TOTP_THROTTLE_FACTOR = 60
    wrong = f"{(int(code_of(device)) + 500_000) % 1_000_000:06d}"
    assert enter(Client(), wrong, REMOTE_ADDR="203.0.113.1").status_code == 200
    assert enter(Client(), code_of(device), REMOTE_ADDR="203.0.113.2").status_code == 200


def test_to_renew_or_remove_takes_a_code(ada, device, enter):
    client = Client()
    client.force_login(ada)
    for what in ("recovery", "remove"):
        assert "This code is not right" in client.post(f"/account/totp/{what}/", {"code": "abcdefgh"}).content.decode()
    assert totp.is_set_up(ada)
    first = totp.new_recovery_codes(ada)
    client.post("/account/totp/recovery/", {"code": first[0]})
    assert StaticToken.objects.count() == 10
    assert not StaticToken.objects.filter(token__in=first).exists()
    assert client.post("/account/totp/begin/").status_code == 302
    assert TOTPDevice.objects.count() == 1, "one that is in force is not replaced"
    removed = client.post("/account/totp/remove/", {"code": code_of(device)}, follow=True)
    assert "Set it up" in removed.content.decode()
    assert not StaticDevice.objects.exists()


def test_a_key_that_waits_does_not_replace_one_in_force(ada, device):
    waiting = TOTPDevice.objects.create(user=ada, name="another", confirmed=False)
    assert totp.confirm(ada, code_of(waiting)) is None


def test_an_administrator_removes_what_is_lost(ada, device, client):
    totp.new_recovery_codes(ada)
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 403
    rights = Permission.objects.filter(codename__in=["view_totpdevice", "delete_totpdevice"])
    User.objects.get(username="root").user_permissions.set(rights)
    page = client.get(f"/admin/otp_totp/totpdevice/{device.pk}/change/").content.decode()
    assert device.key not in page
    assert totp.key_in_groups(device) not in page
    assert client.post(f"/admin/otp_totp/totpdevice/{device.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not StaticDevice.objects.exists()
    assert client.get("/admin/otp_static/staticdevice/").status_code == 404


def test_so_does_a_command(ada, device, capsys):
    call_command("remove_totp", "ada")
    assert "The authenticator of ada is removed." in capsys.readouterr().out
    with pytest.raises(CommandError, match="has no authenticator"):
        call_command("remove_totp", "ada")
    with pytest.raises(CommandError, match="There is no user 'bob'"):
        call_command("remove_totp", "bob")


class TestDemanded:
    @pytest.fixture(autouse=True)
    def demanded(self, settings):
        settings.JOBS_STAFF_NEED_TOTP = True

    def test_staff_without_one_gets_no_further_than_to_setting_it_up(self, ada, enter):
        User.objects.update(is_staff=True, is_superuser=True)
        client = Client()
        enter(client)
        for page in ("/", "/admin/", "/admin/jobs/job/"):
            assert client.get(page)["Location"] == "/account/"
        refused = client.get("/api/v1/jobs/")
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:runat:problem:code-needed")
        assert client.get("/api/v1/jobs/", HTTP_AUTHORIZATION="Basic eDp5").status_code == 403
        client.post("/account/totp/begin/")
        client.post("/account/totp/confirm/", {"code": code_of(TOTPDevice.objects.get())})
        assert client.get("/admin/").status_code == 200

    def test_a_session_that_came_without_the_code_is_told_to_come_with_it(self, ada, device, client):
        User.objects.update(is_staff=True)
        client.force_login(ada)
        assert client.get("/admin/")["Location"] == "/account/"
        assert "Log out, and log in with its code." in client.get("/account/").content.decode()

    def test_others_and_tokens_go_on(self, ada, client):
        ada.user_permissions.set(Permission.objects.filter(codename="view_job"))
        client.force_login(ada)
        assert client.get("/").status_code == 200
        User.objects.update(is_staff=True)
        token = secret_of(ada)
        assert Client().get("/api/v1/jobs/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
