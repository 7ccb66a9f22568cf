"""Targets that are switched off, made dangerous, or given to some teams."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Audit, Job, Schedule, TargetRule, Trigger
from jobs.models.audit import ON_ITS_WAY
from jobs.rights import target_rules
from jobs.states import Hold, State
from jobs.transitions import definitions, triggers
from jobs.transitions.limits import pausing  # noqa: F401 - the transitions know it
from tests.api.conftest import JOBS, Problem, bearer, new_job
from tests.conftest import NOW
from tests.rights.conftest import MakeTeam, MakeUser
from tests.rights.world import make
from tests.transitions.steps import acquire, again

OFF = "The target 'demo.sleep' is switched off (too loud); an administrator can switch it on in the admin."
SCHEDULE = {"name": "nightly", "dialect": "cron", "expression": "0 3 * * *"}


@pytest.fixture
def off(db: None) -> TargetRule:
    return TargetRule.objects.create(target="demo.sleep", switched_off=True, reason="too loud.")


@pytest.fixture
def creator(make_user: MakeUser) -> Client:
    return bearer(make_user("ada", "operator"))


@pytest.mark.usefixtures("off")
@pytest.mark.parametrize(
    ("address", "body", "field"),
    [
        (JOBS, new_job(), "target"),
        ("/api/v1/jobs/bulk/", {"jobs": [new_job(target="demo.noop", payload={}), new_job()]}, "jobs.1.target"),
        ("/api/v1/batches/", {"jobs": [new_job()]}, "jobs.0.target"),
        ("/api/v1/schedules/", {**SCHEDULE, "target": "demo.sleep", "payload": {"seconds": 0}}, "target"),
    ],
)
def test_what_is_switched_off_is_created_by_no_way(
    creator: Client, problem: Problem, address: str, body: dict[str, Any], field: str
) -> None:
    problem(creator.post(address, body, content_type="application/json"), 400, field, OFF)
    assert not Job.objects.exists()
    assert not Schedule.objects.exists()


@pytest.mark.usefixtures("off")
def test_nor_by_a_trigger_a_form_or_a_program(make_user: MakeUser, problem: Problem, client: Client) -> None:
    Trigger.objects.create(name="loud", target="demo.sleep", payload={"seconds": 0})
    admin = make_user("root", "admin")
    problem(bearer(admin).post("/api/v1/triggers/loud/", content_type="application/json"), 400, "target", OFF)
    client.force_login(admin)
    page = client.post("/jobs/new/", {"target": "demo.sleep", "payload": '{"seconds": 0}', "queue": "default"})
    assert (page.status_code, "switched off (too loud)" in page.content.decode()) == (400, True)
    assert 'value="demo.noop"' in page.content.decode()
    assert 'value="demo.sleep">' not in client.get("/jobs/new/").content.decode(), "nobody can choose it"
    with pytest.raises(ValidationError, match="switched off"):
        rules.check_new_job(target="demo.sleep", payload={"seconds": 0}, run_at=NOW, now=NOW)


def test_what_was_created_before_is_held_until_it_is_switched_on(make_job: Any, off: TargetRule) -> None:
    off.delete()
    job = make_job(1)
    rule = TargetRule.objects.create(target="demo.sleep", switched_off=True)
    assert acquire(job) is None
    held = again(job)
    assert (held.state, held.held_by) == (State.PENDING, Hold.PERSON)
    assert "switched off" in held.waited_for
    rule.delete()
    assert transitions.run_now(job.pk, now=NOW).done
    assert acquire(again(job)) is not None


def test_a_row_by_sql_is_held_too(off: TargetRule) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at) VALUES ('demo.sleep', '{\"seconds\": 0}', %s)", [NOW]
        )
    job = Job.objects.get()
    assert acquire(job) is None
    assert again(job).held_by == Hold.PERSON


def test_what_a_rule_makes_dangerous_waits_for_approval(make_job: Any, make_user: MakeUser) -> None:
    before = make_job(1)
    TargetRule.objects.create(target="demo.sleep", dangerous=True)
    job = make_job(1)
    assert job.held_by == Hold.APPROVAL
    assert acquire(before) is None
    assert again(before).held_by == Hold.APPROVAL
    assert transitions.approve(job.pk, now=NOW, by=make_user("bob", "approver")).done
    assert acquire(again(job)) is not None


def test_a_rule_costs_a_job_no_statement(make_job: Any, django_assert_num_queries: Any) -> None:
    make_job(1)
    with django_assert_num_queries(0):
        assert not target_rules.why_switched_off("demo.sleep")
        assert not target_rules.is_dangerous("demo.sleep", {})
    target_rules.forget()
    with django_assert_num_queries(1):  # once in KEPT seconds
        for _ in range(100):
            target_rules.why_switched_off("demo.sleep")


def test_a_target_that_is_given_to_teams(make_user: MakeUser, make_team: MakeTeam, problem: Problem) -> None:
    ada, bob = make_user("ada", "creator"), make_user("bob", "creator")
    make_team("payroll", ada, targets=["demo.sleep"])
    make_team("web", targets=["demo.sleep"])

    def create(user: User) -> Any:
        return bearer(user).post(JOBS, new_job(), content_type="application/json")

    assert create(ada).status_code == 201
    problem(create(bob), 403, says="given to some teams")
    assert create(make_user("ops", "operator")).status_code == 201
    assert (
        bearer(bob).post(JOBS, new_job(target="demo.noop", payload={}), content_type="application/json").status_code
        == 201
    )


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"labels": {"team": "web"}}, "You are not in the team 'web'"),
        ({"queue": "site"}, "The queue 'site' is another team's"),
        ({"key": "deploys"}, "The key 'deploys' is another team's"),
        ({"labels": {"team": "payroll"}}, ""),
        ({"labels": {"team": "no-team"}}, ""),
        ({"queue": "pay"}, ""),
        ({}, ""),
    ],
)
def test_whose_a_new_job_may_be(
    make_user: MakeUser, make_team: MakeTeam, problem: Problem, more: dict[str, Any], says: str
) -> None:
    ada = make_user("ada", "operator")
    ada.user_permissions.remove(*ada.user_permissions.filter(codename="all_teams"))
    make_team("payroll", ada, queues=["pay"])
    make_team("web", queues=["site"], keys=["deploys"])
    schedule = {**SCHEDULE, "target": "demo.noop", **more}
    for address, body, status in (
        (JOBS, new_job(**more), 403),
        ("/api/v1/jobs/bulk/", {"jobs": [new_job(), new_job(**more)]}, 403),
        ("/api/v1/batches/", {"jobs": [new_job()], "callback": {"target": "demo.noop", "payload": {}, **more}}, 403),
        ("/api/v1/schedules/", schedule, 400),
    ):
        answer = bearer(ada).post(address, body, content_type="application/json")
        if says:
            assert answer.status_code == status, (address, answer.content)
            assert says in answer.json()["detail"]
            assert "'jobs.all_teams'" in answer.json()["detail"]
        else:
            assert answer.status_code == 201, (address, answer.content)


def test_whoever_defines_a_trigger_does_not_approve_its_runs(make_user: MakeUser) -> None:
    first, last, caller = (make_user(name, role) for name, role in (("x", "admin"), ("y", "admin"), ("s", "service")))
    TargetRule.objects.create(target="demo.sleep", dangerous=True)
    for by, seconds in ((first, 1), (last, 5)):
        what = {"target": "demo.sleep", "payload": {"seconds": seconds}}
        trigger, _ = definitions.define_trigger("wipe", what, by=by, now=NOW)
    job = triggers.fire(trigger, now=NOW, by=caller).job
    Job.objects.filter(pk=job.pk).update(created_at=NOW + 2 * ON_ITS_WAY)
    refused = transitions.approve(job.pk, now=NOW, by=last)
    assert (refused.done, "You have defined what job" in refused.why) == (False, True)
    assert transitions.approve(job.pk, now=NOW, by=first).done


@pytest.mark.parametrize("becomes", ["deleted", "another's"])
def test_nor_does_he_when_the_trigger_is_not_his_any_more(make_user: MakeUser, becomes: str) -> None:
    his, other, third = (make_user(name, "admin") for name in ("x", "y", "z"))
    TargetRule.objects.create(target="demo.sleep", dangerous=True)
    now = clock.current()
    what = {"target": "demo.sleep", "payload": {"seconds": 1}}
    trigger, _ = definitions.define_trigger("wipe", what, by=his, now=now)
    job = triggers.fire(trigger, now=now, by=make_user("s", "service")).job
    if becomes == "deleted":
        definitions.forget(trigger, by=his, now=now)
    else:
        definitions.define_trigger("wipe", {**what, "payload": {"seconds": 9}}, by=other, now=now)
    refused = transitions.approve(job.pk, now=now, by=his)
    assert (refused.done, "You have defined what job" in refused.why) == (False, True)
    assert transitions.approve(job.pk, now=now, by=third).done


@pytest.mark.parametrize(
    ("verb", "state", "sent"),
    [
        ("retry", State.FAILED, {"reason": "x"}),
        ("run-now", State.PENDING, {}),
    ],
)
def test_no_start_is_asked_for_of_a_target_that_others_have_been_given(
    make_user: MakeUser, make_team: MakeTeam, verb: str, state: State, sent: dict[str, str]
) -> None:
    ada = make_user("ada", "viewer", "jobs.control_job")
    make_team("ours", ada)
    make_team("theirs", targets=["demo.noop"])
    job = make("job", "ours", ada, state=state)
    answer = bearer(ada).post(f"/api/v1/jobs/{job.pk}/{verb}/", sent, content_type="application/json")
    assert answer.status_code == 403, answer.content
    assert "is given to some teams" in answer.json()["detail"]


@pytest.mark.usefixtures("rights_audited")
def test_who_makes_a_rule_in_the_admin_stands_in_the_audit(make_user: MakeUser) -> None:
    page = Client()
    page.force_login(make_user("ada", "admin", is_staff=True))
    asked = {"target": "demo.fail", "switched_off": "on", "reason": "too loud"}
    assert page.post("/admin/jobs/targetrule/add/", asked).status_code == 302
    noted = Audit.objects.get(subject="target")
    assert (noted.name, noted.verb, noted.who) == ("demo.fail", "create", "ada")
    assert page.post("/admin/jobs/targetrule/add/", {**asked, "target": "demo.faill"}).status_code == 200
    assert TargetRule.objects.count() == 1, "there is no such target"
