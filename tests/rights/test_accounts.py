"""Who may change accounts makes no superuser of one, lets in who is locked out, and removes authenticators that are lost."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from jobs.models import Audit
from project.account import totp
from tests.rights.conftest import MakeUser, page_of

YES = {"post": "yes"}
JSON = {"content_type": "application/json"}


def test_a_role_makes_no_superuser(make_user: MakeUser) -> None:
    boss = make_user("boss", "admin", is_staff=True)
    address = reverse("admin:auth_user_change", args=[boss.pk])
    page = page_of(boss).get(address)
    form = page.context["adminform"].form
    sent = {n: ("" if form.initial.get(n) is None else form.initial.get(n)) for n in form.fields if n != "password"}
    sent |= {"is_superuser": "on", "is_staff": "on", "is_active": "on", "user_permissions": [], "groups": []}
    sent |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "last_login_0": "", "last_login_1": ""}
    sent.pop("last_login", None), sent.pop("date_joined", None)
    page_of(boss).post(address, sent)
    assert not User.objects.get(pk=boss.pk).is_superuser


def test_nor_takes_the_account_of_one(make_user: MakeUser) -> None:
    boss, root = make_user("boss", "admin", is_staff=True), User.objects.create_superuser("root")
    answer = page_of(boss).post(
        reverse("admin:auth_user_password_change", args=[root.pk]),
        {"password1": "aVery-long-1!x", "password2": "aVery-long-1!x", "usable_password": "true", "set-password": "1"},
    )
    assert answer.status_code == 403
    assert not User.objects.get(pk=root.pk).check_password("aVery-long-1!x")


def test_an_administrator_lets_in_who_is_locked_out(make_user: MakeUser) -> None:
    boss = page_of(make_user("boss", "admin", is_staff=True))
    User.objects.create_user("ada", password="a long enough one")
    wrong, right = {"username": "ada", "password": "wrong"}, {"username": "ada", "password": "a long enough one"}
    assert [Client().post("/login/", wrong).status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    assert Client().post("/login/", right).status_code == 429
    Client().post("/login/", {"username": "my password", "password": "wrong"})
    assert b"ada" in boss.get(reverse("admin:axes_accessattempt_changelist")).content
    counted = AccessAttempt.objects.get(username="ada")
    page = boss.get(reverse("admin:axes_accessattempt_change", args=[counted.pk])).content
    assert b"Locked Out" in boss.get(reverse("admin:axes_accessattempt_changelist")).content
    assert b'name="_save"' not in page
    assert boss.post(reverse("admin:axes_accessattempt_delete", args=[counted.pk]), YES).status_code == 302
    assert Client().post("/login/", right).status_code == 302

    chosen = {"action": "delete_selected", "_selected_action": AccessAttempt.objects.values_list("pk", flat=True)}
    assert boss.post(reverse("admin:axes_accessattempt_changelist"), {**chosen, **YES}).status_code == 302
    assert not AccessAttempt.objects.exists()
    rows = Audit.objects.filter(subject="login", verb="delete").order_by("id")
    assert [(row.name, row.by_name, row.before) for row in rows] == [
        ("ada", "boss", {"from": "127.0.0.1", "wrong": 5}),
        ("", "boss", {"from": "127.0.0.1", "wrong": 1}),
    ], "what was typed for a name may be a password"


@pytest.mark.usefixtures("rights_audited")
def test_an_administrator_removes_a_lost_authenticator_but_no_superusers(make_user: MakeUser) -> None:
    boss = page_of(make_user("boss", "admin", is_staff=True))
    devices = {
        user: TOTPDevice.objects.create(user=user, name="authenticator", confirmed=True)
        for user in (User.objects.create_user("ada"), User.objects.create_superuser("root"))
    }
    for user in devices:
        totp.new_recovery_codes(user)
    ada, root = devices.values()
    assert b"root" in boss.get(reverse("admin:otp_totp_totpdevice_changelist")).content
    page = boss.get(reverse("admin:otp_totp_totpdevice_change", args=[ada.pk])).content.decode()
    assert ada.key not in page
    assert boss.post(reverse("admin:otp_totp_totpdevice_delete", args=[root.pk]), YES).status_code == 403
    both = {"action": "delete_selected", "_selected_action": [ada.pk, root.pk], **YES}
    boss.post(reverse("admin:otp_totp_totpdevice_changelist"), both)
    assert TOTPDevice.objects.count() == 2, "with a superuser's among them none is removed"
    assert boss.post(reverse("admin:otp_totp_totpdevice_delete", args=[ada.pk]), YES).status_code == 302
    assert list(TOTPDevice.objects.values_list("user__username", flat=True)) == ["root"]
    assert list(StaticDevice.objects.values_list("user__username", flat=True)) == ["root"]
    entry = Audit.objects.filter(subject="account", name="ada").latest("id")
    assert (entry.by_name, entry.before, entry.after) == ("boss", {"authenticator": True}, {"authenticator": False})
