"""Who gets which rights stands in the audit, by whatever way: the admin, Django's own code, plain SQL."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from jobs.models import Audit, Ownership, TargetRule, Team
from jobs.rights import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rights_audited")]


@pytest.fixture
def roles_there(rights_audited: None) -> None:
    """The groups of these roles, with something to take from them: a test that empties the tables may have come before."""
    for name in ("viewer", "creator", "admin"):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(Permission.objects.get(codename="view_job"))


def noted() -> list[tuple[Any, ...]]:
    """What was written since this was last asked for."""
    global _seen  # noqa: PLW0603 - of one test
    rows = list(Audit.objects.filter(pk__gt=_seen).order_by("id"))
    _seen = rows[-1].pk if rows else _seen
    return [(row.subject, row.name, row.verb, row.before, row.after) for row in rows]


_seen = 0


@pytest.fixture(autouse=True)
def _from_now_on(roles_there: None) -> None:
    global _seen  # noqa: PLW0603 - as above
    _seen = Audit.objects.ends()[1]


@pytest.fixture
def ada() -> User:
    user = User.objects.create_user("ada", password="first")
    noted()
    return user


def test_an_account_from_its_beginning_to_its_end() -> None:
    was = {"username": "bob", "is_active": True, "is_staff": False, "is_superuser": False}
    bob = User.objects.create_user("bob")
    assert noted() == [("account", "bob", "create", None, was)]
    User.objects.filter(pk=bob.pk).update(is_superuser=True, is_staff=True)
    no, yes = {"is_staff": False, "is_superuser": False}, {"is_staff": True, "is_superuser": True}
    assert noted() == [("account", "bob", "change", no, yes)], "by a statement that sends no signal"
    bob.refresh_from_db()
    bob.set_password("another")
    bob.save()
    assert noted() == [("account", "bob", "change", {}, {"password": "stored anew"})]
    bob.email = "bob@example.com"
    bob.save()
    assert noted() == [], "what gives no right is not written down"
    bob.delete()
    assert noted() == [("account", "bob", "delete", {**was, **yes}, None)]


def test_groups_and_permissions_of_an_account(ada: User) -> None:
    ada.groups.set(Group.objects.filter(name__in=["viewer", "creator"]))
    assert noted() == [("account", "ada", "change", None, {"groups": ["creator", "viewer"]})]
    ada.groups.clear()
    assert noted() == [("account", "ada", "change", {"groups": ["creator", "viewer"]}, None)]
    one = Permission.objects.get(codename="approve_job")
    ada.user_permissions.add(one)
    ada.user_permissions.remove(one)
    given = {"permissions": ["jobs.approve_job"]}
    assert noted() == [("account", "ada", "change", None, given), ("account", "ada", "change", given, None)]


def test_what_a_group_may_do() -> None:
    group = Group.objects.create(name="night")
    group.permissions.add(Permission.objects.get(codename="control_job"))
    group.delete()
    given = {"permissions": ["jobs.control_job"]}
    assert noted() == [
        ("group", "night", "create", None, {"name": "night"}),
        ("group", "night", "change", None, given),
        ("group", "night", "change", given, None),
        ("group", "night", "delete", {"name": "night"}, None),
    ]


def test_teams_what_they_own_and_rules_of_targets(ada: User) -> None:
    team = Team.objects.create(name="payroll")
    team.members.add(ada)
    Ownership.objects.create(team=team, kind="queue", name="pay")
    TargetRule.objects.create(target="http", switched_off=True)
    TargetRule.objects.update(switched_off=False)
    rule = {"target": "http", "switched_off": True, "dangerous": False, "reason": ""}
    assert noted() == [
        ("team", "payroll", "create", None, {"name": "payroll", "description": ""}),
        ("team", "payroll", "change", None, {"members": ["ada"]}),
        ("team", "payroll", "change", None, {"owns": ["queue pay"]}),
        ("target", "http", "create", None, rule),
        ("target", "http", "change", {"switched_off": True}, {"switched_off": False}),
    ]


def test_plain_sql_is_written_down_with_its_role(ada: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = 'admin'",
            [ada.pk],
        )
        cursor.execute("UPDATE auth_user_groups SET group_id = (SELECT id FROM auth_group WHERE name = 'viewer')")
        cursor.execute("SELECT session_user")
        (role,) = cursor.fetchone()
    admin, viewer = {"groups": ["admin"]}, {"groups": ["viewer"]}
    assert noted() == [
        ("account", "ada", "change", None, admin),
        ("account", "ada", "change", admin, None),
        ("account", "ada", "change", None, viewer),
    ]
    row = Audit.objects.latest("id")
    assert (row.by_name, row.reason.startswith(f"As the role {role} of the database, by ")) == ("", True)


def test_who_says_so_stands_in_it(ada: User) -> None:
    said.say(ada, "her first day")
    User.objects.create_user("bob")
    row = Audit.objects.latest("id")
    assert (row.by_name, row.by_id, row.reason) == ("ada", None, "her first day")


def test_a_person_whose_key_is_no_number_says_so_too(ada: User) -> None:
    ada.pk = uuid4()  # as in a project of somebody else's
    said.say(ada)
    User.objects.create_user("bob")
    assert Audit.objects.latest("id").by_name == "ada"


def test_the_admin_says_who_it_was(ada: User) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    noted()
    team = {"name": "payroll", "members": [ada.pk], "owns-TOTAL_FORMS": 0, "owns-INITIAL_FORMS": 0}
    assert root.post("/admin/jobs/team/add/", team).status_code == 302
    viewer = Group.objects.get(name="viewer")
    form = {
        "username": "ada",
        "is_active": "on",
        "groups": [viewer.pk],
        "date_joined_0": "2026-01-01",
        "date_joined_1": "12:00",
    }
    assert root.post(f"/admin/auth/user/{ada.pk}/change/", form).status_code == 302
    assert root.post(f"/admin/auth/group/{viewer.pk}/change/", {"name": "viewer", "permissions": []}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [ada.pk], "post": "yes"}
    assert root.post("/admin/auth/user/", chosen).status_code == 302
    rows = Audit.objects.filter(pk__gt=_seen)
    assert {row.by_name for row in rows.filter(name__in=["payroll", "viewer"])} == {"root"}
    assert rows.filter(subject="account", name="ada", verb="delete").get().by_name == "root"
    given = [row[:3] for row in noted()]
    assert given.count(("group", "viewer", "change")) == 1
    assert ("team", "payroll", "create") in given


def test_whoever_deletes_the_own_account_is_named_all_the_same() -> None:
    root = Client()
    me = User.objects.create_superuser("root")
    root.force_login(me)
    assert root.post(f"/admin/auth/user/{me.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Audit.objects.filter(subject="account", verb="delete").get().by_name == "root"


def test_a_command_is_a_program(ada: User) -> None:
    call_command("createsuperuser", "--noinput", username="root", email="root@example.com")
    assert Audit.objects.latest("id").name == "root"
    assert Audit.objects.latest("id").by_name == ""
