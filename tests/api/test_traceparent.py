"""The header traceparent: a job keeps the trace of whoever has created it, by whatever way it came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jobs import rules, traceparent, transitions
from jobs.clock import clock
from jobs.models import Job, Trigger
from jobs.rules.asked import digest
from tests.api.conftest import JOBS, new_job
from tests.api.test_idempotency import WAYS

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
UNREADABLE = [
    TRACE.upper(),
    TRACE[:-1],
    f"{TRACE}-more",
    f"ff{TRACE[2:]}",
    f"00-{'0' * 32}-00f067aa0ba902b7-01",
    f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
    f"{TRACE},{TRACE}",
    "x",
]


@pytest.mark.parametrize("way", [*WAYS, "ndjson"])
def test_each_job_of_a_request_has_it(api: Client, way: str) -> None:
    if way == "ndjson":
        line = '{"target": "demo.noop", "run_at": "2099-01-01T00:00:00Z"}\n'
        url, sent, kind = f"{JOBS}bulk/", line * 2, "application/x-ndjson"
    else:
        (url, sent), kind = WAYS[way](new_job()), "application/json"
    response = api.post(url, sent, content_type=kind, headers={"traceparent": TRACE})
    assert response.status_code == 201, response.content
    assert set(Job.objects.values_list("traceparent", flat=True)) == {TRACE}


def test_its_answer_says_so(api: Client) -> None:
    made = api.post(JOBS, new_job(), content_type="application/json", headers={"traceparent": TRACE}).json()
    assert made["traceparent"] == TRACE
    assert api.get(f"{JOBS}{made['id']}/").json()["traceparent"] == TRACE


def test_the_job_of_a_trigger_has_that_of_its_caller(api: Client, operator: User) -> None:
    operator.user_permissions.add(Permission.objects.get(codename="fire_trigger"))
    Trigger.objects.create(name="report", target="demo.noop", payload={})
    assert api.post("/api/v1/triggers/report/", headers={"traceparent": TRACE}).status_code == 202
    assert Job.objects.get().traceparent == TRACE


@pytest.mark.parametrize("header", ["", *UNREADABLE])
def test_one_that_cannot_be_read_counts_as_none(api: Client, header: str) -> None:
    response = api.post(JOBS, new_job(), content_type="application/json", headers={"traceparent": header})
    assert response.status_code == 201
    assert Job.objects.get().traceparent is None


def test_one_of_a_later_version_is_kept_as_we_write_it() -> None:
    assert traceparent.read(f" cc{TRACE[2:]}-what-is-more ") == TRACE


def test_a_repeat_with_another_trace_is_the_same_request(api: Client) -> None:
    sent = new_job()
    key = {"Idempotency-Key": "order-17"}
    first = api.post(JOBS, sent, content_type="application/json", headers={**key, "traceparent": TRACE})
    second = api.post(JOBS, sent, content_type="application/json", headers={**key, "traceparent": OTHER})
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["traceparent"] == TRACE


def asked(**more: Any) -> rules.NewJob:
    return rules.check_new_job(target="demo.noop", payload={}, run_at=None, now=clock.current(), **more)


@pytest.mark.django_db
def test_a_program_gives_it_by_name() -> None:
    job, _ = transitions.create(asked(traceparent=TRACE), now=clock.current())
    assert Job.objects.get(pk=job.pk).traceparent == TRACE
    (other,) = transitions.create_many([replace(asked(), traceparent=OTHER)], now=clock.current())
    assert Job.objects.get(pk=other).traceparent == OTHER
    assert digest([asked()]) == digest([asked(traceparent=TRACE)])
    assert rules.checked(asked(traceparent=TRACE), now=clock.current()).traceparent == TRACE


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", *UNREADABLE, f"{TRACE}\n"])
def test_what_is_none_is_refused_of_programs_and_of_sql(wrong: str) -> None:
    with pytest.raises(ValidationError, match="is written like 00-4bf92f"):
        asked(traceparent=wrong)
    with pytest.raises(IntegrityError, match="jobs_traceparent_written_so"), transaction.atomic():
        Job.objects.create(target="demo.noop", payload={}, run_at=clock.now(), traceparent=wrong)


@pytest.mark.django_db
def test_the_view_of_all_jobs_has_it_as_its_last_column() -> None:
    Job.objects.create(target="demo.noop", payload={}, run_at=clock.now(), traceparent=TRACE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM jobs_all")
        (row,) = cursor.fetchall()
        assert "traceparent" in [column.name for column in cursor.description]
    assert TRACE in row
