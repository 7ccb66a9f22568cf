"""A caller who may do everything with schedules, and what he sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User

from jobs import rules
from jobs.clock import clock
from jobs.models import Schedule
from jobs.transitions.schedules import definitions

URL = "/api/v1/schedules/"
BODY = {"name": "report", "target": "demo.noop", "dialect": "cron", "expression": "30 2 * * *"}
JSON = "application/json"
RIGHTS = ("view_schedule", "add_schedule", "change_schedule", "delete_schedule", "control_schedule")


def permit(user: User, *codenames: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def withdraw(user: User, codename: str) -> None:
    user.user_permissions.remove(Permission.objects.get(codename=codename))


def make(now: datetime | None = None, **asked: Any) -> Schedule:
    now = now or clock.current()
    new = rules.check_new_schedule(now=now, by=None, **{**BODY, **asked})
    return definitions.create_schedule(new.columns(), by=None, now=now)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)
