"""The monitor without a broker: each test says what it answers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from jobs.clock import clock
from jobs.models import Ownership, Team
from jobs.monitor import broker
from jobs.monitor.broker import Depths


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def broker_answers(monkeypatch):
    """The broker has one message in `default`; a test may set `reachable`."""
    answer = {"reachable": True}

    def depths(queues):
        names = list(queues)
        return Depths(True, dict.fromkeys(names, 0) | {"default": 1}) if answer["reachable"] else Depths(False, {})

    monkeypatch.setattr(broker.client, "depths", depths)
    return answer


@pytest.fixture
def at(db):
    """Now, by the database's clock, as the views read it."""
    return clock.current()


@pytest.fixture
def stopped_clock(at, monkeypatch):
    """No time passes while pages are asked for, however slow the machine is."""
    monkeypatch.setattr(clock, "current", lambda: at)


@pytest.fixture
def person(db):
    """Make a user who holds these permissions of the app, such as `view_job`."""

    def make(*permissions: str, staff: bool = False, name: str = "grace") -> User:
        user = User.objects.create_user(name, password="pw", is_staff=staff)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="jobs", codename__in=permissions))
        return user

    return make


@pytest.fixture
def in_a_team(person):
    """Log in Ada, who holds these permissions and is in the team that owns the queue pay; another owns till."""

    def make(*permissions: str) -> Client:
        for name, queue in (("payroll", "pay"), ("shop", "till")):
            Ownership.objects.create(team=Team.objects.create(name=name), kind="queue", name=queue)
        ada, client = person(*permissions, name="ada"), Client()
        Team.objects.get(name="payroll").members.add(ada)
        client.force_login(ada)
        return client

    return make


@pytest.fixture
def viewer(client, person):
    """A client whose user may look and nothing else."""
    client.force_login(person("view_job"))
    return client


@pytest.fixture
def operator(client, person):
    """A client whose user may look and control."""
    client.force_login(person("view_job", "control_job", staff=True))
    return client
