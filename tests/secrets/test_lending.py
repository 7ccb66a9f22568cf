"""References to secrets: which are refused when a job is created or starts, and that the others arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jobs import rules
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.transitions import create
from tests.secrets.steps import CANARY, in_database
from tests.worker.runner.steps import run

pytestmark = pytest.mark.django_db
STRIPE = {"$secret": "stripe"}


def new(target: str = "http", payload: Any = None, **fields: Any) -> rules.NewJob:
    return rules.check_new_job(target=target, payload=payload or {}, now=clock.now(), **fields)


def refused(**fields: Any) -> str:
    with pytest.raises(ValidationError) as error:
        new(**fields)
    (problem,) = error.value.message_dict["payload"]
    return problem


def to(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "headers": {"Authorization": STRIPE}, **more}


def started(target: str, payload: Any, **fields: Any) -> Job:
    job, _ = create(new(target, payload, **fields), now=clock.now())
    job.refresh_from_db()
    return run(job)


def by_sql(target: str, payload: Any, *, late: float = 0, **fields: Any) -> Job:
    """As a program writes it that asks no rules; `late` seconds ago."""
    job = Job.objects.create(target=target, payload=payload, run_at=clock.now() - timedelta(seconds=late), **fields)
    job.refresh_from_db()
    return run(job)


# --- what is refused when it is created ---


def test_one_that_nobody_has_declared(declare):
    said = refused(payload=to("https://localhost/", headers={"Authorization": {"$secret": "strpe"}}))
    assert said == (
        "Argument 'headers.Authorization' is wrong: there is no secret 'strpe'; an administrator can declare it in "
        "JOBS_SECRETS."
    )


def test_none_is_declared(settings):
    settings.JOBS_SECRETS = {}
    assert "there is no secret 'stripe'" in refused(payload=to("https://localhost/"))


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "RUNAT_SECRET_STRIPE", "env:SECRET_KEY", "../stripe"])
def test_only_declared_names_are_names(declare, name):
    assert "there is no secret" in refused(payload=to("https://localhost/", headers={"X": {"$secret": name}}))


def test_a_target_that_it_is_not_for(declare):
    declare(targets=["http"])
    assert refused(target="demo.log", payload={"message": STRIPE}) == (
        "Argument 'message' is wrong: the secret 'stripe' is not for the target demo.log, only for http; an "
        "administrator can add that in JOBS_SECRETS."
    )


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://evil.example/", "the secret 'stripe' is not for evil.example:443, only for api.stripe.com:443, .pay"),
        ("https://api.stripe.com.evil.example/", "is not for api.stripe.com.evil.example:443"),
        ("https://api.stripe.com:8443/", "is not for api.stripe.com:8443"),
        ("https://evilpay.example/", "is not for evilpay.example:443"),
        ("http://pay.pay.example/", "the secret 'stripe' goes by TLS only: write https://"),
    ],
)
def test_a_host_that_it_is_not_for(declare, url, why):
    declare(hosts=["api.stripe.com:443", ".pay.example"], plain_http=False)
    assert why in refused(payload=to(url))


@pytest.mark.parametrize("url", ["https://api.stripe.com/v1", "https://API.Stripe.com./", "https://a.pay.example:9/"])
def test_a_host_that_it_is_for(declare, url):
    declare(hosts=["api.stripe.com:443", ".pay.example"], plain_http=False)
    assert new(payload=to(url)).target == "http"


def test_an_address_is_no_place_for_it(declare):
    said = refused(payload={"url": STRIPE})
    assert said == "Argument 'url' is wrong: an address is never secret; give the secret in a header or in the body."
    assert "nobody knows where" in refused(payload={"url": 7, "text": STRIPE})
    assert "nobody knows where" in refused(payload={"url": "https://[", "text": STRIPE})


@pytest.mark.parametrize(
    "written", [{"$secret": 7}, {"$secret": "stripe", "more": 1}, {"$secret": "stripe", "prefix": 1}, {"$secret": None}]
)
def test_what_is_not_written_as_a_reference(declare, written):
    assert refused(payload=to("https://localhost/", json={"a": [written]})) == (
        'Argument \'json.a.0\' is wrong: a reference is written {"$secret": "name"}, with "prefix": "Bearer " beside '
        "it at most."
    )


def test_arguments_of_programs_are_seen_by_everybody(declare, settings):
    from jobs.commands import parsed  # noqa: PLC0415

    settings.JOBS_COMMANDS = parsed({"cat": {"program": "/bin/cat", "more_arguments": True}})
    declare(targets=["command"])
    said = refused(target="command", payload={"command": "cat", "arguments": [STRIPE]})
    assert "everybody on a machine sees the arguments of its programs; give the secret by stdin" in said
    done = started("command", {"command": "cat", "stdin": STRIPE})
    assert (done.state, Attempt.objects.get().result["output"]) == (State.COMPLETED, "********")


def test_the_rules_of_the_target_hold_beside_it(declare):
    assert "Argument 'wrong' is not known" in refused(payload=to("https://localhost/", wrong=1))
    assert "A request has one body" in refused(payload=to("https://localhost/", text=STRIPE, json=1))
    deep: Any = STRIPE
    for _ in range(3000):
        deep = [deep]
    assert refused(payload=to("https://localhost/", json=deep)) == "The payload is nested too deeply; flatten it."


def test_a_key_is_no_reference(declare, server):
    done = started("http", {"url": f"{server.url}/ok", "json": {"a": {"b": "$secret"}, "stripe": "$secret"}})
    assert done.state == State.COMPLETED
    assert b'"stripe":"$secret"' in server.counts.requests[0].body


# --- teams ---


def test_a_team_that_it_is_not_for(declare, make_team):
    declare(teams=["payroll"])
    make_team("payroll", queues=["payroll-q"])
    make_team("sales", queues=["sales-q"])
    log = {"target": "demo.log", "payload": {"message": STRIPE}}
    assert refused(**log) == (
        "The secret 'stripe' is for jobs of payroll only, and this one is of no team. Label it team=payroll, or give "
        "it a queue of that team."
    )
    assert "this one is of the team 'sales'" in refused(**log, queue="sales-q")
    assert "this one is of the team 'sales'" in refused(**log, labels={"team": "sales"}, queue="payroll-q")
    assert "of no team" in refused(**log, labels={"team": "payrol"}), "there is no such team"
    assert new(**log, queue="payroll-q")
    assert new(**log, labels={"team": "payroll"})
    assert new(target="demo.log", payload={"message": "$secret"}), "that refers to nothing"


def test_of_many_jobs_each_is_asked_whose_it_is(declare, make_team):
    from jobs.rules.many import ManyChecks  # noqa: PLC0415

    declare(teams=["payroll"])
    make_team("payroll")
    many = ManyChecks(clock.now())
    job = {"target": "demo.log", "payload": {"message": STRIPE}, "labels": {"team": "payroll"}}
    assert many.check(job)
    assert many.check({**job, "payload": {"message": "plain"}, "labels": {}})
    with pytest.raises(ValidationError, match="of no team"):
        many.check({**job, "labels": {}})
    with pytest.raises(ValidationError, match="there is no secret"):
        many.check({**job, "payload": {"message": {"$secret": "other"}}})


def test_a_team_that_it_is_not_for_any_more_when_it_starts(declare, make_team):
    declare(teams=["payroll"])
    team = make_team("payroll")
    job, _ = create(new("demo.log", {"message": STRIPE}, labels={"team": "payroll"}), now=clock.now())
    team.delete()
    job.refresh_from_db()
    waits = run(job)
    assert (waits.state, Attempt.objects.count()) == (State.PENDING, 0)
    assert "is for jobs of payroll only, and this one is of no team" in waits.waited_for


# --- rows that no rule has seen ---


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"message": {"$secret": "strpe"}}, "there is no secret 'strpe'"),
        ({"message": {"$secret": ["stripe"]}}, "a reference is written"),
    ],
)
def test_a_row_by_sql_that_refers_to_none_fails_for_its_target(declare, payload, why):
    job = by_sql("demo.log", payload, late=60)
    assert (job.state, Attempt.objects.count()) == (State.FAILED, 0)
    assert why in job.reason


def test_a_row_by_sql_to_another_host_or_of_another_team(declare, make_team):
    make_team("payroll")
    assert "is not for evil.example" in by_sql("http", to("https://evil.example/"), late=60).reason
    declare(teams=["payroll"])
    assert "of no team" in by_sql("demo.log", {"message": STRIPE}, late=60).reason
    assert by_sql("demo.log", {"message": STRIPE}, labels={"team": "payroll"}).state == State.COMPLETED


def test_a_row_by_sql_that_is_nested_too_deeply(declare):
    deep = '{"message":' * 900 + '{"$secret":"stripe"}' + "}" * 900
    job = Job.objects.create(target="demo.log", payload={}, run_at=clock.now() - timedelta(seconds=60))
    Job.objects.filter(pk=job.pk).update(
        payload={"message": {"$secret": "stripe"}, "deep": __import__("json").loads(deep)}
    )
    job.refresh_from_db()
    assert run(job).state == State.FAILED


# --- what arrives ---


def test_it_arrives_in_headers_and_bodies_however_deep(declare, server):
    url = f"{server.url}/ok"
    started("http", to(url, json={"a": [{"b": STRIPE}, 1.5, {"$secret": "stripe", "prefix": "k="}]}))
    started("http", to(url, form={"key": STRIPE}))
    started("http", {"url": url, "headers": {"X-Api-Key": {"$secret": "stripe", "prefix": "Bearer "}}, "text": STRIPE})
    first, second, third = server.counts.requests
    assert first.headers["authorization"] == CANARY
    assert first.body.decode() == f'{{"a":[{{"b":"{CANARY}"}},1.5,"k={CANARY}"]}}'
    assert b"key=canary-7f3a" in second.body
    assert (third.headers["x-api-key"], third.body.decode()) == (f"Bearer {CANARY}", CANARY)
    assert in_database() == {}


def test_a_redirect_takes_it_nowhere(declare, server):
    done = started("http", to(f"{server.url}/redirect/1"))
    assert done.state == State.FAILED
    assert "redirects are not followed" in done.reason
    assert [seen.path for seen in server.counts.requests] == ["/redirect/1"]


def test_it_is_read_when_the_job_starts(declare, crm, monkeypatch):
    job, _ = create(new("crm.push", {"token": STRIPE}), now=clock.now())
    job.refresh_from_db()
    monkeypatch.setenv("RUNAT_SECRET_STRIPE", "another-value")
    assert run(job).state == State.COMPLETED
    assert crm == [{"token": "another-value", "note": ""}]


def test_a_worker_that_has_none_leaves_the_job_to_others(declare, monkeypatch):
    job, _ = create(new("demo.log", {"message": STRIPE}), now=clock.now())
    monkeypatch.delenv("RUNAT_SECRET_STRIPE")
    job.refresh_from_db()
    waits = run(job)
    assert (waits.state, Attempt.objects.count()) == (State.PENDING, 0)
    assert waits.waited_for == (
        "A worker could not start it: The secret 'stripe' is not here: set RUNAT_SECRET_STRIPE for this worker."
    )


def test_what_is_not_for_the_target_is_no_argument_for_it(declare, crm, monkeypatch):
    """Also where admission has not asked: the call itself is refused."""
    from jobs.transitions import admission  # noqa: PLC0415

    monkeypatch.setattr(admission, "refusals", lambda rows, now: {})
    failed = by_sql("crm.push", {"token": {"$secret": "other"}})
    assert (failed.state, crm) == (State.FAILED, [])
    assert "there is no secret 'other'" in failed.reason
    monkeypatch.delenv("RUNAT_SECRET_STRIPE")
    assert "The secret 'stripe' is not here" in by_sql("crm.push", {"token": STRIPE}).reason


def test_a_job_without_a_reference_is_not_walked_through(declare, monkeypatch):
    from jobs.targets.secrecy import lending  # noqa: PLC0415

    def walked(*_: Any) -> Any:
        raise AssertionError("it has no reference")

    for name in ("found", "replaced"):
        monkeypatch.setattr(lending, name, walked)
    assert started("demo.log", {"message": "the $ secret"}).state == State.COMPLETED
    assert by_sql("demo.noop", {}).state == State.COMPLETED
