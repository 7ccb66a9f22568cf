"""Roles are groups that a migration makes."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from jobs.roles import ROLES, roles_with

migration = import_module("jobs.migrations.0051_rights")
tokens = import_module("jobs.migrations.0052_tokens")
stops = import_module("jobs.migrations.0054_stops")
secrets = import_module("jobs.migrations.0064_view_secrets")
redaction = import_module("jobs.migrations.0066_redaction_validated")
alerts = import_module("jobs.migrations.0069_alerts")
objectives = import_module("jobs.migrations.0075_objectives")
alert_rules = import_module("jobs.migrations.0076_alert_rules")
subscriptions = import_module("jobs.migrations.0077_subscriptions")
unlocks = import_module("jobs.migrations.0080_admin_unlocks")
forms = import_module("jobs.migrations.0089_forms")


class Editor:
    connection = connection


@pytest.fixture
def _none(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No group; what the migrations do to their apps, which are the real ones here, is undone after the test."""
    for label in ("auth", "knox", "jobs"):
        config = apps.get_app_config(label)
        monkeypatch.setattr(config, "models_module", config.models_module)
    Group.objects.all().delete()


def has(group: Group) -> set[str]:
    return {f"{app}.{code}" for app, code in group.permissions.values_list("content_type__app_label", "codename")}


def test_the_names() -> None:
    assert [role.name for role in ROLES] == ["viewer", "creator", "operator", "approver", "admin", "service"]
    assert list(migration.ROLES) == [role.name for role in ROLES]


@pytest.mark.usefixtures("_none")
def test_the_migration_makes_them_as_they_are_described() -> None:
    migration.make_groups(apps, Editor)
    as_made = {group.name: has(group) for group in Group.objects.all()}
    tokens.for_our_page(apps, Editor)
    stops.give(apps, Editor)
    secrets.give(apps, Editor)
    redaction.give(apps, Editor)
    alerts.give(apps, Editor)
    objectives.give(apps, Editor)
    alert_rules.give(apps, Editor)
    subscriptions.give(apps, Editor)
    unlocks.give(apps, Editor)
    forms.give(apps, Editor)
    assert {group.name: has(group) for group in Group.objects.all()} == {role.name: set(role.full) for role in ROLES}
    forms.take(apps, Editor)
    unlocks.take(apps, Editor)
    subscriptions.take(apps, Editor)
    alert_rules.take(apps, Editor)
    objectives.take(apps, Editor)
    alerts.take(apps, Editor)
    redaction.take(apps, Editor)
    secrets.take(apps, Editor)
    stops.take(apps, Editor)
    tokens.for_knoxs_page(apps, Editor)
    assert {group.name: has(group) for group in Group.objects.all()} == as_made


@pytest.mark.usefixtures("_none")
def test_a_role_that_somebody_has_changed_stays_as_it_is() -> None:
    migration.make_groups(apps, Editor)
    group = Group.objects.get(name="admin")
    group.permissions.remove(group.permissions.first())
    before = has(group)
    tokens.for_our_page(apps, Editor)
    tokens.for_knoxs_page(apps, Editor)
    assert has(group) == before


@pytest.mark.usefixtures("_none")
def test_a_group_that_there_is_stays_as_it_is() -> None:
    operator = Group.objects.create(name="operator")
    migration.make_groups(apps, Editor)
    assert has(operator) == set()
    assert Group.objects.count() == len(ROLES)


@pytest.mark.usefixtures("_none")
def test_the_way_back_removes_what_nobody_has_touched() -> None:
    migration.make_groups(apps, Editor)
    User.objects.create_user("ada").groups.add(Group.objects.get(name="viewer"))
    Group.objects.get(name="service").permissions.clear()
    Group.objects.create(name="payroll")
    migration.remove_groups(apps, Editor)
    assert set(Group.objects.values_list("name", flat=True)) == {"viewer", "service", "payroll"}


def test_who_has_a_permission() -> None:
    assert roles_with("jobs.approve_job") == ["approver", "admin"]
    assert roles_with("jobs.add_job") == ["creator", "service", "operator", "admin"]


@pytest.mark.usefixtures("_none")
def test_the_way_back_of_forms_leaves_what_it_has_not_given() -> None:
    migration.make_groups(apps, Editor)
    viewer, operator = (Group.objects.get(name=name) for name in ("viewer", "operator"))
    of_others = ContentType.objects.get_for_model(Group)
    theirs = Permission.objects.create(codename="view_form", content_type=of_others, name="Of another app")
    viewer.permissions.add(theirs)
    forms.give(apps, Editor)
    operator.permissions.set(Permission.objects.filter(codename="view_form", content_type__app_label="jobs"))
    forms.take(apps, Editor)
    assert theirs in viewer.permissions.all()
    assert "jobs.view_form" not in has(viewer)
    assert has(operator) == {"jobs.view_form"}, "it is none of ours any more"
