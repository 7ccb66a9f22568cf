"""POST /api/v1/batches/ and GET /api/v1/batches/{id}/."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from jobs import transitions
from jobs.models import Batch, CreationLimit, Dependency, Job
from jobs.states import Awaited, Hold, State
from tests import starts
from tests.api.conftest import JOBS, Problem, ahead, new_job
from tests.conftest import NOW

BATCHES = "/api/v1/batches/"
RUN_AT = ahead()
LAST = {"target": "demo.log", "payload": {"message": "done"}}


def post(api: Client, count: int = 3, key: str = "", **fields: Any) -> Any:
    body = {"name": "nightly", "jobs": [new_job(run_at=RUN_AT) for _ in range(count)], "callback": LAST, **fields}
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(BATCHES, body, content_type="application/json", headers=headers)


def end(job: Job, outcome: State) -> None:
    started = starts.acquire(
        job.pk,
        job.version,
        worker=transitions.WorkerIdentity("w1", uuid.uuid4()),
        token=uuid.uuid4(),
        now=job.run_at,
        due_before=job.run_at.replace(year=9998),
    )
    assert started is not None
    starts.finish(started, outcome=outcome, execute_at=job.run_at, finished_at=job.run_at)


def test_a_batch_its_progress_and_its_last_job(api: Client) -> None:
    response = post(api)
    assert response.status_code == 201
    batch = response.json()
    assert response["Location"] == f"{BATCHES}{batch['id']}/"
    assert (batch["name"], batch["created_by"], batch["jobs"], batch["done"]) == ("nightly", "ada", 3, 0)
    last = Job.objects.get(pk=batch["callback"]["id"])
    assert (last.held_by, last.waits_for_end, last.batch_id) == (Hold.DEPENDENCIES, Awaited.ANY, None)
    jobs = list(Job.objects.filter(batch_id=batch["id"]).order_by("id"))
    assert [one["id"] for one in api.get(f"{JOBS}?batch={batch['id']}").json()["results"]] == [
        job.pk for job in reversed(jobs)
    ]
    end(jobs[0], State.COMPLETED)
    end(jobs[1], State.FAILED)
    now = api.get(response["Location"]).json()
    assert (now["states"]["completed"], now["states"]["failed"], now["states"]["pending"]) == (1, 1, 1)
    assert now["done"] == pytest.approx(2 / 3)
    transitions.cancel(jobs[2].pk, now=NOW, reason="no")
    assert api.get(response["Location"]).json()["done"] == 1
    last.refresh_from_db()
    assert (last.state, last.holds) == (State.PENDING, 0)


def test_the_last_job_may_know_its_batch(api: Client) -> None:
    fields = {"target": "demo.log", "payload": {"message": "$batch"}}
    batch = post(api, callback={**fields, "payload": {"message": "done"}}).json()
    assert Job.objects.get(pk=batch["callback"]["id"]).payload == {"message": "done"}
    batch = post(api, callback={"target": "demo.sleep", "payload": {"seconds": "$batch"}}).json()
    assert Job.objects.get(pk=batch["callback"]["id"]).payload == {"seconds": batch["id"]}


def test_without_a_last_job(api: Client) -> None:
    batch = post(api, callback=None).json()
    assert batch["callback"] is None
    assert not Dependency.objects.exists()


def test_a_thousand_in_few_statements(api: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(35):
        batch = post(api, count=1000).json()
    assert batch["jobs"] == 1000
    assert Dependency.objects.count() == 1000


def test_a_key_makes_one_batch(api: Client, problem: Problem) -> None:
    first, again = post(api, key="k"), post(api, key="k")
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert Job.objects.count() == 4
    problem(post(api, key="k", name="another"), 422)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"jobs": []}, "jobs", "1 to 1000"),
        ({"jobs": [new_job()] * 1001}, "jobs", "1 to 1000"),
        ({"jobs": "many"}, "jobs", "must be a list of jobs"),
        ({"jobs": [new_job(), new_job(target="nobody")]}, "jobs.1.target", "no target"),
        ({"jobs": [new_job(), {"payload": {}, "run_at": ahead()}]}, "jobs.1.target", "required"),
        ({"callback": {"target": "demo.sleep", "payload": {"seconds": "no"}}}, "callback.payload", "seconds"),
        ({"callback": {**LAST, "waits_for": [1]}}, "callback.waits_for", "no field of this name"),
        ({"name": "x" * 201}, "name", "shorten"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_created(
    api: Client, problem: Problem, fields: dict[str, Any], field: str, says: str
) -> None:
    problem(post(api, **fields), 400, field, says)
    assert not Job.objects.exists()
    assert not Batch.objects.exists()


def test_there_is_no_such_batch(api: Client, problem: Problem) -> None:
    problem(api.get(f"{BATCHES}999/"), 404, says="no batch 999")


def test_a_batch_that_is_deleted_by_sql_leaves_its_jobs(api: Client) -> None:
    batch = post(api, callback=None).json()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM jobs_batch WHERE id = %s", [batch["id"]])
    assert list(Job.objects.values_list("batch_id", flat=True)) == [None] * 3


def test_each_of_its_jobs_counts_in_the_budget_and_a_repeat_does_not(
    api: Client, problem: Problem, operator: User
) -> None:
    group = Group.objects.create(name="slow")
    group.user_set.add(operator)
    CreationLimit.objects.create(group=group, bulk_rate=0.001, bulk_burst=4)
    assert post(api, key="k").status_code == 201, "three and the last"
    assert post(api, key="k").status_code == 200
    problem(post(api, count=1, callback=None), 429)
    assert Job.objects.count() == 4
