"""`manage.py seed_demo`: a first administrator and a few jobs to watch. Safe to repeat at each start."""

from __future__ import annotations

import itertools
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from jobs import rules, tokens, transitions
from jobs.clock import clock
from jobs.models import Job

SOON = 15  # seconds
# (name, target, payload, seconds from now)
EVERY_START = [("hello from make run", "demo.log", {"message": "Hello! This job started on time."}, SOON)]
FIRST_START: list[tuple[str, str, dict[str, Any], float]] = [
    ("a short sleep", "demo.sleep", {"seconds": 0.083}, 30),
    *((f"burst {n} of 5", "demo.sleep", {"seconds": 0.083}, 40) for n in range(1, 6)),
    ("a line in the log", "demo.log", {"message": "This line is from a demo job."}, 45),
    ("fails on purpose", "demo.fail", {}, 50),
    ("tomorrow", "demo.noop", {}, 86_400),
]


class Command(BaseCommand):
    help = "Make the first administrator (if there is none) and demo jobs; prints the credentials it made."

    def handle(self, *args: Any, **options: Any) -> None:
        credentials = self._administrator()
        now = clock.current()
        wanted = EVERY_START if Job.objects.exists() else [*EVERY_START, *FIRST_START]
        jobs = transitions.create_many([_new(*job, now=now) for job in wanted], now=now)
        self.stdout.write(f"created {len(jobs)} demo jobs; the first starts in {SOON} s")
        self.stdout.write(f"credentials: {json.dumps(credentials)}")

    def _administrator(self) -> dict[str, str | None]:
        users = get_user_model().objects
        existing = users.filter(is_superuser=True, is_active=True).order_by("pk").first()
        if existing is not None:
            return {"username": existing.get_username(), "password": None, "token": None}
        names = itertools.chain(["admin"], (f"admin{n}" for n in itertools.count(2)))
        username = next(name for name in names if not users.filter(username=name).exists())
        password = secrets.token_urlsafe(12)
        user = users.create_superuser(username=username, password=password)
        made = tokens.make(user, tokens.Asked("make run", tokens.longest()), by=None, now=clock.current())
        self.stdout.write(f"created the administrator '{username}'")
        return {"username": username, "password": password, "token": made.secret}


def _new(name: str, target: str, payload: dict[str, Any], after: float, *, now: datetime) -> rules.NewJob:
    run_at = now + timedelta(seconds=after)
    return rules.checked(rules.NewJob(target, payload, run_at, name=name), now=now)
