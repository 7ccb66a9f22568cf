"""ETag, If-None-Match and If-Match: what is the same is not sent again, what was not seen is not changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs import transitions
from jobs.clock import clock
from jobs.models import Audit, Job, Verb
from tests.api.conftest import JOBS, Problem, ahead, bearer, new_job
from tests.conftest import NOW

JSON: dict[str, Any] = {"content_type": "application/json"}


def address(job: Job) -> str:
    return f"{JOBS}{job.pk}/"


def seen(tag: str) -> dict[str, dict[str, str]]:
    return {"headers": {"If-Match": tag}}


def test_a_job_that_is_the_same_is_not_sent_again(api: Client, make_job: Any) -> None:
    job = make_job()
    first = api.get(address(job))
    assert re.fullmatch(r'"1-[0-9a-f]{16}"', first["ETag"])
    assert (first["Cache-Control"], "Accept" in first["Vary"]) == ("private, no-cache", True)
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        again = api.get(address(job), headers={"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), known
    for other in ('"1"', '"1-0123456789abcdef"', "nonsense", ""):
        assert api.get(address(job), headers={"If-None-Match": other}).status_code == 200, other


def test_whatever_is_told_of_a_job_is_another_answer(api: Client, make_job: Any) -> None:
    job = make_job()
    first = api.get(address(job))["ETag"]
    Job.objects.filter(pk=job.pk).update(enqueued_at=NOW)
    second = api.get(address(job), headers={"If-None-Match": first})
    assert (second.status_code, second["ETag"].partition("-")[0]) == (200, first.partition("-")[0])


def test_a_page_for_a_browser_has_no_tag(api: Client, make_job: Any) -> None:
    page = api.get(address(make_job()), headers={"Accept": "text/html", "If-None-Match": "*"})
    assert (page.status_code, "ETag" in page) == (200, False)


@pytest.mark.parametrize("asked", [{}, {"If-None-Match": '"1"'}, {"If-None-Match": "*"}])
def test_a_tag_costs_no_statement(
    api: Client, make_job: Any, django_assert_num_queries: Any, asked: dict[str, str]
) -> None:
    job = make_job()
    # 1 token, user and permissions, 2 the job, 3 its attempts, 4 its audit
    with django_assert_num_queries(4):
        api.get(address(job), headers=asked)


def test_a_created_job_says_its_version(api: Client) -> None:
    made = api.post(JOBS, new_job(), **JSON)
    assert made["ETag"] == '"1"'
    edited = api.patch(made["Location"], {"name": "new"}, **JSON, **seen(made["ETag"]))
    assert (edited.status_code, edited["ETag"], edited.json()["version"]) == (200, '"2"', 2)


EDITS: dict[str, Any] = {
    "name": "new",
    "payload": {"seconds": 0.5},
    "queue": "slow",
    "labels": {"team": "payroll"},
    "run_at": "2099-01-01T00:00:00Z",
    "rerunnable": True,
    "max_attempts": 3,
    "retry_on": ["failure"],
    "start_within": 60,
    "deadline": 30,
    "if_late": "hold",
    "key": "books",
    "key_limit": 2,
    "overlap": "skip",
}


def test_whatever_can_be_edited_is_edited_and_audited(api: Client, operator: User, make_job: Any) -> None:
    job = make_job(3600, target="demo.sleep", payload={"seconds": 1})
    tag = api.get(address(job))["ETag"]
    answer = api.patch(address(job), {**EDITS, "reason": "they asked"}, **JSON, **seen(tag))
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()[name] for name in EDITS} == EDITS
    row = Audit.objects.get()
    assert (row.verb, row.by, row.reason) == (Verb.EDIT, operator, "they asked")
    assert row.after is not None
    assert set(row.after) == set(EDITS)


def test_an_edit_says_what_it_has_seen(api: Client, problem: Problem, make_job: Any) -> None:
    job = make_job()
    body = problem(api.patch(address(job), {"queue": "slow"}, **JSON), 428, says="If-Match")
    assert body["type"] == "urn:runat:problem:precondition-required"
    assert address(job) in body["detail"]
    assert Job.objects.get().version == 1
    assert api.patch(address(job), {"queue": "slow"}, **JSON, **seen("*")).status_code == 200


def test_a_job_is_moved_without_a_word_about_versions(api: Client, make_job: Any) -> None:
    job = make_job()
    assert api.patch(address(job), {"run_at": ahead(), "reason": "later"}, **JSON).status_code == 200
    assert Audit.objects.get().verb == Verb.RESCHEDULE


@pytest.mark.parametrize("change", [{"queue": "slow"}, {"run_at": "2099-01-01T00:00:00Z"}])
def test_of_two_who_edit_the_second_learns_what_the_first_did(
    api: Client, problem: Problem, make_job: Any, change: dict[str, Any]
) -> None:
    job = make_job()
    tag = api.get(address(job))["ETag"]
    assert api.patch(address(job), {"queue": "fast", "reason": "urgent"}, **JSON, **seen(tag)).status_code == 200
    body = problem(api.patch(address(job), change, **JSON, **seen(tag)), 412, says="was changed since")
    assert body["type"] == "urn:runat:problem:precondition-failed"
    assert body["etag"] == '"2"'
    assert set(body["current"]) == {"version", *change}
    assert body["current"].get("queue", "fast") == "fast"
    (done,) = body["changes"]
    assert (done["reason"], done["by"], done["after"]) == ("urgent", "ada", {"queue": "fast"})
    assert api.patch(address(job), change, **JSON, **seen(body["etag"])).status_code == 200


def test_nobody_reads_in_a_refusal_what_is_not_his(problem: Problem, make_job: Any) -> None:
    nobody = User.objects.create_user("bob")
    problem(bearer(nobody).patch(address(make_job()), {"queue": "slow"}, **JSON, **seen('"9"')), 403)


@pytest.mark.parametrize("verb", ["cancel", "run-now", "retry"])
def test_other_changes_heed_what_was_seen_where_it_is_said(
    api: Client, problem: Problem, make_job: Any, verb: str
) -> None:
    job = make_job()
    if verb == "retry":
        transitions.cancel(job.pk, now=clock.current(), reason="wrong")
    else:
        transitions.run_now(job.pk, now=clock.current())
    problem(api.post(f"{address(job)}{verb}/", {}, **JSON, **seen('"1"')), 412, says="changed since")
    assert api.post(f"{address(job)}{verb}/", {}, **JSON, **seen('"1", "2-00ff"')).status_code == 200


def test_a_publication_is_no_reason_to_refuse_an_edit(api: Client, make_job: Any) -> None:
    job = make_job()
    tag = api.get(address(job))["ETag"]
    Job.objects.filter(pk=job.pk).update(enqueued_at=NOW, deliveries=1)
    assert api.patch(address(job), {"name": "new"}, **JSON, **seen(f"W/{tag}")).status_code == 200


@pytest.mark.parametrize("tag", ["3-x y", '"abc"', '"', '"1" "2"', "W/", '"1234567890"'])
def test_a_tag_that_cannot_be_ours(api: Client, problem: Problem, make_job: Any, tag: str) -> None:
    problem(api.patch(address(make_job()), {"name": "n"}, **JSON, **seen(tag)), 400, "If-Match", "give the ETag")


def test_what_is_wrong_in_an_edit_is_said_as_of_a_new_job(api: Client, problem: Problem, make_job: Any) -> None:
    job = make_job(target="demo.sleep", payload={"seconds": 1})
    wrong = {"payload": {"seconds": "x"}, "queue": "no queue!", "max_attempts": 3}
    found = problem(api.patch(address(job), wrong, **JSON, **seen("*")), 400, "payload", "argument 'seconds' is wrong")
    assert {(error["field"], error["pointer"]) for error in found["errors"]} == {
        ("payload", "#/payload/seconds"),
        ("queue", "#/queue"),
        ("max_attempts", "#/max_attempts"),
    }
    assert Job.objects.get().version == 1


def test_what_has_started_is_not_edited(api: Client, problem: Problem, make_job: Any) -> None:
    job = make_job()
    transitions.cancel(job.pk, now=clock.current(), reason="")
    problem(api.patch(address(job), {"name": "n"}, **JSON, **seen("*")), 409, says="is cancelled")


def test_an_edit_that_changes_nothing_is_none(api: Client, make_job: Any) -> None:
    job = make_job()
    answer = api.patch(address(job), {"name": job.name}, **JSON, **seen('"1"'))
    assert (answer.status_code, answer["ETag"], Audit.objects.count()) == (200, '"1"', 0)


def test_what_an_edit_costs(api: Client, make_job: Any, django_assert_num_queries: Any) -> None:
    job = make_job()
    api.get(address(job))
    # 1 token, user and permissions, 2 savepoint, 3 the job locked, 4 its columns, 5 whether it has a turn, 6 its version,
    # 7 its places in limits, 8 what it is now, 9 its audit, 10 release, 11 the job as it is answered
    with django_assert_num_queries(11):
        assert api.patch(address(job), {"name": "new"}, **JSON, **seen('"1"')).status_code == 200
