"""Teams, and users of a role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from jobs.models import Ownership, Team
from jobs.roles import ROLES
from tests.api.conftest import problem  # noqa: F401

BY_NAME = {role.name: role for role in ROLES}


def permissions(names: Any) -> list[Permission]:
    known = {
        f"{one.content_type.app_label}.{one.codename}": one for one in Permission.objects.select_related("content_type")
    }
    return [known[name] for name in names]


MakeUser = Callable[..., User]
MakeTeam = Callable[..., Team]


@pytest.fixture
def make_user(db: None) -> MakeUser:
    """A user with the permissions of a role (or of none), and others by their full names."""

    def make(name: str, role: str | None = None, *others: str, **fields: Any) -> User:
        user = User.objects.create_user(name, **fields)
        user.user_permissions.set(permissions([*(BY_NAME[role].full if role else ()), *others]))
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def make_team(db: None) -> MakeTeam:
    """A team with members, and what it owns: queues=[...], keys=[...], calendars=[...], targets=[...]."""

    def make(name: str, *members: User, **owns: list[str]) -> Team:
        team = Team.objects.create(name=name)
        team.members.set(members)
        for kind, names in owns.items():
            for one in names:
                Ownership.objects.create(team=team, kind=kind.removesuffix("s"), name=one)
        return team

    return make


@pytest.fixture
def ada(make_user: MakeUser, make_team: MakeTeam) -> User:
    """All that an admin may, but in one team only."""
    ada = make_user("ada", "admin", is_staff=True)
    ada.user_permissions.remove(Permission.objects.get(codename="all_teams"))
    make_team("ours", ada, queues=["ours-q"])
    make_team("theirs", queues=["theirs-q"])
    return User.objects.get(pk=ada.pk)


def page_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    cache.clear()  # the monitor keeps a picture for a second
    return client
