"""Keys that schedules and triggers of other teams have by themselves, and what a token's scope leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import transitions
from jobs.clock import clock
from jobs.models import Installation, Job, Schedule, Team
from jobs.states import State
from jobs.tokens import Asked
from jobs.tokens import make as make_token
from jobs.transitions.refusals import _make_way
from tests.api.conftest import JOBS, bearer
from tests.conftest import NOW
from tests.rights.conftest import MakeUser
from tests.rights.world import make

JSON = {"content_type": "application/json"}


def token(owner: User, **asked: Any) -> Client:
    made = make_token(owner, Asked(**asked), by=None, now=clock.now())
    return Client(headers={"Authorization": f"Bearer {made.secret}"})


@pytest.mark.parametrize("kind", ["schedule", "trigger"])
def test_the_key_of_what_another_team_owns(make_user: MakeUser, ada: User, kind: str) -> None:
    """A creator takes the place of the runs of others."""
    cleo = make_user("cleo", "creator")
    Team.objects.get(name="ours").members.add(cleo)
    row: Any = make(kind, "theirs", ada)
    if kind == "schedule":
        Schedule.objects.filter(pk=row.pk).update(overlap="skip")
        row = Schedule.objects.get(pk=row.pk)
    asked = {"target": "demo.sleep", "payload": {"seconds": 1}, "key": row.shared_key}
    answer = bearer(User.objects.get(pk=cleo.pk)).post(JOBS, asked, **JSON)
    assert answer.status_code == 403, answer.content


def test_a_token_for_a_queue_releases_no_installation(make_user: MakeUser) -> None:
    owner = make_user("boss", "admin")
    Installation.objects.update(held_at=clock.current(), held_why="A dump was restored.")
    answer = token(owner, queues=["mail"]).post("/api/v1/installation/release/", {"reason": "x"}, **JSON)
    assert answer.status_code == 403, answer.content


def test_a_token_for_a_queue_stops_nothing_in_others(make_user: MakeUser, make_job: Any) -> None:
    owner = make_user("boss", "admin")
    first = make_job(1, key="k", queue="billing")
    asked = {"target": "demo.noop", "queue": "mail", "key": "k", "overlap": "cancel"}
    answer = token(owner, queues=["mail"]).post(JOBS, asked, **JSON)
    if answer.status_code == 201:
        _make_way(first.pk, answer.json()["id"], NOW)
    assert Job.objects.get(pk=first.pk).state == State.PENDING


def test_a_repeat_shows_what_is_in_scope(make_user: MakeUser) -> None:
    owner = make_user("boss", "admin")
    asked = {"target": "demo.sleep", "payload": {"seconds": 1}, "queue": "mail", "run_at": "2099-01-01T00:00:00Z"}
    client = token(owner, queues=["mail"])
    made = client.post(JOBS, asked, headers={"Idempotency-Key": "k"}, **JSON).json()
    transitions.edit(made["id"], {"queue": "billing", "payload": {"seconds": 77}}, now=clock.now(), by=owner)
    assert client.get(f"{JOBS}{made['id']}/").status_code == 404
    again = client.post(JOBS, asked, headers={"Idempotency-Key": "k"}, **JSON)
    assert "77" not in again.content.decode()
