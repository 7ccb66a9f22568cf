"""Labels by REST: given with whatever makes jobs, read back, and asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from jobs.models import Audit, Batch, Job
from tests.api.conftest import JOBS, Problem, new_job
from tests.api.schedules import BODY, JSON, RIGHTS, URL, make, permit

LABELS = {"team": "payroll", "env": "prod"}


@pytest.fixture
def api(api: Client, operator: User) -> Client:
    permit(operator, *RIGHTS)
    return api


def ids(api: Client, *labels: str, url: str = JOBS) -> list[int]:
    answer = api.get(url, {"label": labels})
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


def test_a_job_has_the_labels_that_it_was_given(api: Client) -> None:
    made = api.post(JOBS, new_job(labels=LABELS), content_type=JSON)
    assert (made.status_code, made.json()["labels"]) == (201, LABELS)
    assert api.get(f"{JOBS}{made.json()['id']}/").json()["labels"] == LABELS
    assert api.post(JOBS, new_job(), content_type=JSON).json()["labels"] == {}


def test_a_form_carries_them_as_json(api: Client) -> None:
    sent = {**new_job(), "payload": '{"seconds": 1}', "labels": json.dumps(LABELS)}
    assert api.post(JOBS, sent).json()["labels"] == LABELS


def test_all_that_makes_jobs_takes_them(api: Client) -> None:
    api.post(f"{JOBS}bulk/", {"jobs": [new_job(labels={"n": "1"}), new_job()]}, content_type=JSON)
    assert [job.labels for job in Job.objects.order_by("id")] == [{"n": "1"}, {}]
    callback = {"target": "demo.noop", "labels": {"n": "3"}}
    sent = {"name": "night", "jobs": [new_job(labels={"n": "2"})], "callback": callback}
    assert api.post("/api/v1/batches/", sent, content_type=JSON).status_code == 201
    last = Batch.objects.get().callback
    assert last is not None
    assert last.labels == {"n": "3"}
    assert Job.objects.get(batch__isnull=False).labels == {"n": "2"}


@pytest.mark.parametrize("labels", [[], {"a": 1}, {"-": "x"}, "a:b", {"a": "\n"}])
def test_what_is_none_is_refused_by_name(api: Client, problem: Problem, labels: Any) -> None:
    problem(api.post(JOBS, new_job(labels=labels), content_type=JSON), 400, "labels")
    bulk = {"jobs": [new_job(), new_job(labels=labels)]}
    problem(api.post(f"{JOBS}bulk/", bulk, content_type=JSON), 400, "jobs.1.labels")
    assert not Job.objects.exists()


def test_a_retry_and_another_time_keep_them(api: Client) -> None:
    made = api.post(JOBS, new_job(labels=LABELS), content_type=JSON).json()["id"]
    api.post(f"{JOBS}{made}/cancel/", {}, content_type=JSON)
    assert api.post(f"{JOBS}{made}/retry/", {}, content_type=JSON).json()["labels"] == LABELS
    moved = api.patch(f"{JOBS}{made}/", {"run_at": new_job()["run_at"]}, content_type=JSON)
    assert moved.json()["labels"] == LABELS


def test_a_schedule_and_each_of_its_jobs_has_them(api: Client) -> None:
    made = api.post(URL, {**BODY, "labels": LABELS}, content_type=JSON)
    assert (made.status_code, made.json()["labels"]) == (201, LABELS)
    job = Job.objects.get(pk=made.json()["next_job_id"])
    assert job.labels == LABELS
    changed = api.patch(f"{URL}{made.json()['id']}/", {"labels": {"team": "sales"}}, content_type=JSON)
    assert changed.json()["labels"] == {"team": "sales"}
    job = Job.objects.get(pk=changed.json()["next_job_id"])
    assert job.labels == {"team": "sales"}
    row = Audit.objects.filter(subject="schedule").latest("id")
    assert row.before is not None
    assert row.after is not None
    assert (row.before["labels"], row.after["labels"]) == (LABELS, {"team": "sales"})
    other = api.patch(f"{URL}{made.json()['id']}/", {"queue": "slow"}, content_type=JSON)
    assert other.json()["labels"] == {"team": "sales"}, "what is not named stays"


def test_jobs_are_found_by_their_labels(api: Client) -> None:
    payroll, both, _none = (
        Job.objects.create(target="demo.noop", payload={}, run_at="2030-01-01T00:00Z", labels=labels)
        for labels in ({"team": "payroll"}, {**LABELS, "n": "a:b, c"}, {})
    )
    assert ids(api, "team:payroll") == [both.pk, payroll.pk]
    assert ids(api, "team:payroll", "env:prod") == [both.pk]
    assert ids(api, "team:payroll", "env:test") == []
    assert ids(api, "n:a:b, c") == [both.pk]
    assert ids(api, "team:pay") == []
    assert len(ids(api, "")) == 3
    assert api.get(f"{JOBS}?label=team:payroll&label=env:prod&page_size=1").json()["next"] is None


def test_schedules_are_found_by_their_labels(api: Client) -> None:
    both, _other, _none = make(labels=LABELS), make(name="b", labels={"team": "sales"}), make(name="c")
    assert ids(api, "team:payroll", "env:prod", url=URL) == [both.pk]
    assert len(ids(api, url=URL)) == 3


@pytest.mark.parametrize("url", [JOBS, URL])
@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("label=payroll", "has no colon; write a label as key:value"),
        ("label=-a:b", "no key"),
        ("label=a:%00", "control character"),
        ("label=a:b&label=a:c", "Nothing has two values of 'a'"),
        (f"label=a:{'x' * 101}", "shorten it"),
    ],
)
def test_a_filter_that_is_no_label_is_refused(api: Client, problem: Problem, url: str, query: str, says: str) -> None:
    problem(api.get(f"{url}?{query}"), 400, "label", says)


def test_other_filters_may_still_be_given_but_once(api: Client, problem: Problem) -> None:
    problem(api.get(f"{JOBS}?queue=a&queue=b&label=a:b"), 400, "queue", "given twice")


def test_few_of_many_jobs_are_found_on_an_index(api: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, labels) SELECT 'x', '{}', now(), "
            """CASE WHEN n % 1000 = 0 THEN '{"rare": "yes"}' WHEN n % 2 = 0 THEN '{"often": "yes"}' ELSE '{}' END::jsonb"""
            " FROM generate_series(1, 3000) n"
        )
        cursor.execute("ANALYZE jobs_job")
    plan = Job.objects.labelled({"rare": "yes"}).order_by("-id")[:51].explain()
    assert "jobs_labels" in plan, plan
    assert len(ids(api, "rare:yes")) == 3
