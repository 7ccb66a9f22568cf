"""Keys that schedules and triggers of other teams have by themselves, and what a token's scope leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs import transitions
from jobs.clock import clock
from jobs.models import Alert, AlertRule, Installation, Job, Operation, Schedule, Subscription, Team
from jobs.rights import reach_of
from jobs.rights.alert_rules import may_change
from jobs.rights.reach import keep
from jobs.states import State
from jobs.tokens import Asked
from jobs.tokens import make as make_token
from jobs.transitions import operations
from jobs.transitions.refusals import _make_way
from tests.admin.schedule_rows import schedule
from tests.api.conftest import JOBS, bearer
from tests.conftest import NOW
from tests.rights.conftest import MakeUser
from tests.rights.world import make, open_destination, operation

JSON = {"content_type": "application/json"}
OPERATIONS, RULES, SUBSCRIPTIONS = "/api/v1/operations/", "/api/v1/alert-rules/", "/api/v1/subscriptions/"


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


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"queues": ["mail"]}, "no queues and targets"),
        ({"targets": ["demo.noop"]}, "no queues and targets"),
        ({"scopes": ["jobs.control_job", "jobs.view_schedule", "jobs.all_teams"]}, "'jobs.view_job'"),
        ({"scopes": ["jobs.control_job", "jobs.view_schedule", "jobs.view_job"]}, "'jobs.all_teams'"),
    ],
)
def test_a_token_that_reaches_less_than_its_owner_begins_and_ends_no_operations(
    make_user: MakeUser, make_job: Any, asked: dict[str, Any], says: str
) -> None:
    owner = make_user("boss", "admin")
    Team.objects.create(name="theirs")
    of = {"target": "demo.noop", "payload": {}}
    jobs = [make_job(3600, now=clock.now(), queue=queue, **of) for queue in ("mail", "billing")]
    cancel = operations.AskedOfMany(operations.OFFERED[0], {"queue": "mail", "target": "demo.noop"})
    theirs = operations.begin(cancel, reason="x", by=owner, now=clock.now()).operation
    client, asks = token(owner, **asked), {"action": "cancel", "filter": "", "reason": "x"}
    address = f"{OPERATIONS}{theirs.pk}/"
    for path, body in (
        (OPERATIONS, asks),
        (OPERATIONS, {**asks, "apply": True}),
        (f"{address}cancel/", {"reason": "x"}),
        (f"{address}undo/", {"reason": "x"}),
        (f"{address}undo/", {"reason": "x", "apply": True}),
    ):
        answer = client.post(path, body, **JSON)
        assert (answer.status_code, says in answer.json()["detail"]) == (403, True), answer.content
    theirs.refresh_from_db()
    assert (theirs.ended_at, Operation.objects.count()) == (None, 1)
    assert set(Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("state", flat=True)) == {State.PENDING}


def test_a_token_with_scopes_that_reaches_all_that_its_owner_does_begins_operations(
    make_user: MakeUser, make_job: Any
) -> None:
    owner = make_user("boss", "operator", "jobs.view_schedule")
    owner.user_permissions.remove(Permission.objects.get(codename="all_teams"))
    Team.objects.create(name="theirs")
    Job.objects.filter(pk=make_job(3600, now=clock.now(), queue="mail").pk).update(created_by=owner)
    client = token(owner, scopes=["jobs.control_job", "jobs.view_schedule", "jobs.view_job"])
    answer = client.post(OPERATIONS, {"action": "cancel", "filter": "", "reason": "x", "apply": True}, **JSON)
    assert answer.status_code == 202, answer.content


def test_a_token_for_a_queue_sees_the_rules_of_alerts_of_its_scope_and_changes_none(
    make_user: MakeUser, make_job: Any
) -> None:
    owner = make_user("boss", "admin")
    mail, billing = (make_job(3600, now=clock.now(), queue=queue) for queue in ("mail", "billing"))
    schedule("of-mail", now=NOW, queue="mail")
    schedule("of-billing", now=NOW, queue="billing")
    about = [("queue", "mail"), ("schedule", "of-mail"), ("job", str(mail.pk))]
    beyond = [("queue", "billing"), ("schedule", "of-billing"), ("job", str(billing.pk)), ("target", "demo.noop")]
    made = {
        (kind, name): AlertRule.objects.create(kind=kind, name=name, when="failed", owner=owner).pk
        for kind, name in [*about, *beyond, ("team", "mail"), ("job", "no id")]
    }
    client = token(owner, queues=["mail"])
    assert {(one["kind"], one["name"]) for one in client.get(RULES).json()} == set(about)
    of_target = token(owner, targets=["demo.noop"]).get(RULES).json()
    assert ("target", "demo.noop") in {(one["kind"], one["name"]) for one in of_target}
    for pk in made.values():
        Alert.objects.create(
            rule="own_failed", kind="queue", level="warn", own_rule=pk, sentence="x", opened_at=NOW, last_seen_at=NOW
        )
    seen = Alert.objects.within(reach_of(User.objects.get(pk=owner.pk)).scoped(queues=["mail"]))
    assert set(seen.values_list("own_rule", flat=True)) == {made[one] for one in about}
    for one, code in (*((one, 403) for one in about), *((one, 404) for one in beyond)):
        address = f"{RULES}{made[one]}/"
        assert client.patch(address, {"enabled": False}, **JSON).status_code == code
        assert client.delete(address).status_code == code
        assert not may_change(client_user(owner), AlertRule.objects.get(pk=made[one]))
    assert AlertRule.objects.filter(enabled=True).count() == len(made)


@pytest.mark.parametrize(
    ("asked", "named"),
    [({"queues": ["mail"]}, ["mail"]), ({"targets": ["demo.noop"]}, ["noop"]), ({}, ["mail", "noop", "billing", "x"])],
)
def test_a_token_sees_the_operations_and_subscriptions_of_its_scope(
    make_user: MakeUser, asked: dict[str, Any], named: list[str]
) -> None:
    owner = make_user("boss", "admin")
    about = {"mail": {"queue": "mail"}, "noop": {"target": "demo.noop"}, "billing": {"queue": "billing"}, "x": {}}
    began = {name: begun(owner, wanted).pk for name, wanted in about.items()}
    hook = open_destination("hook", "webhook")
    told = {name: Subscription.objects.create(destination=hook, **wanted).pk for name, wanted in about.items()}
    client = token(owner, **asked)
    assert {one["id"] for one in client.get(OPERATIONS).json()["results"]} == {began[one] for one in named}
    assert {one["id"] for one in client.get(SUBSCRIPTIONS).json()} == {told[one] for one in named}
    for address, made in ((OPERATIONS, began), (SUBSCRIPTIONS, told)):
        codes = {name: client.get(f"{address}{pk}/").status_code for name, pk in made.items()}
        assert codes == {name: 200 if name in named else 404 for name in about}


def test_a_token_that_shows_no_jobs_of_others_shows_no_operations_of_others(make_user: MakeUser) -> None:
    owner, other = make_user("boss", "admin"), make_user("grace", "admin")
    mine, theirs = begun(owner, {"queue": "mail"}), begun(other, {"queue": "mail"})
    of_schedule = operation(schedule("s", now=NOW), NOW)
    whole, blind = token(owner), token(owner, scopes=["jobs.view_schedule", "jobs.all_teams"])
    ids = {one["id"] for one in whole.get(OPERATIONS).json()["results"]}
    assert ids == {mine.pk, theirs.pk, of_schedule.pk}
    assert {one["id"] for one in blind.get(OPERATIONS).json()["results"]} == {mine.pk, of_schedule.pk}


def begun(by: User, wanted: dict[str, Any]) -> Operation:
    return Operation.objects.create(
        kind="jobs", verb="cancel", wanted=wanted, newest_id=1, total=1, created_at=NOW, created_by=by, per_minute=None
    )


def client_user(owner: User) -> User:
    """The owner as a token for a queue has him."""
    user = User.objects.get(pk=owner.pk)
    keep(user, reach_of(user).scoped(queues=["mail"]))
    return user
