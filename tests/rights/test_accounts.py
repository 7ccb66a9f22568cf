"""Who may change accounts makes no superuser of one."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from tests.rights.conftest import MakeUser, page_of

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
