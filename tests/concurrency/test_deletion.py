"""Deletion at every point of a job's way: only of what has ended, and nobody is told of one that has not been."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client

from jobs.models import Attempt, Job
from jobs.states import State
from tests.concurrency.points import (
    NOT_STARTED,
    POINTS,
    VERBS,
    listed,
    new_job,
    reached,
)
from tests.concurrency.steps import PATIENCE, acquire, beside, finish, wait_for_its_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin():
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    return client


def delete(client, job, *, many):
    if many:
        data = {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
        response = client.post("/admin/jobs/job/", data, follow=True)
    else:
        response = client.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"}, follow=True)
    return " ".join(str(message) for message in response.context["messages"])


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("point", POINTS)
def test_only_what_has_ended_is_deleted_and_nothing_else_is_said(admin, point, many):
    job = new_job()
    with reached(point, job) as go_on:
        said = beside(lambda: delete(admin, job, many=many)).result(PATIENCE)
        go_on()
    kept = Job.objects.filter(pk=job.pk).exists()
    assert kept == (point != "ended")
    if kept:
        first = "wait for its end first" if point == "running" else "cancel it first"
        assert f"{first}, then delete it." in said
        assert "uccessfully" not in said
    else:
        assert "uccessfully" in said
        assert acquire(job) is None


@pytest.mark.parametrize("many", [False, True])
def test_what_is_being_retried_is_not_deleted(admin, many):
    job = new_job()
    with reached("ended", job):
        locked, go_on = threading.Event(), threading.Event()

        def hold():
            with transaction.atomic():
                assert VERBS["retry"](job.pk).done
                locked.set()
                assert go_on.wait(PATIENCE)

        person = beside(hold)
        assert locked.wait(PATIENCE)
        asked = beside(lambda: delete(admin, job, many=many))
        wait_for_its_lock(asked)
        go_on.set()
        person.result(PATIENCE)
        said = asked.result(PATIENCE)
    job.refresh_from_db()
    assert job.state == State.PENDING
    assert "uccessfully" not in said
    assert f"Job {job.pk} is pending: cancel it first" in said


def delete_by_sql(job):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM jobs_job WHERE id = %s", [job.pk])


@pytest.mark.parametrize("point", NOT_STARTED)
def test_a_row_deleted_by_sql_leaves_a_message_that_acquires_nothing(point):
    job = new_job()
    with reached(point, job):
        delete_by_sql(job)
    assert acquire(job) is None
    assert [VERBS[verb](job.pk).why for verb in VERBS] == [f"There is no job {job.pk}."] * len(VERBS)
    assert listed() == []


@pytest.mark.parametrize("point", ["acquired", "running", "ended"])
def test_a_start_cannot_be_deleted_by_sql_behind_its_ledger(point):
    job = new_job()
    with reached(point, job) as go_on:
        asked = beside(lambda: delete_by_sql(job))
        if point == "acquired":
            wait_for_its_lock(asked)
        go_on()
        with pytest.raises(IntegrityError, match="jobs_attempt"):
            asked.result(PATIENCE)
    assert Attempt.objects.filter(job=job).count() == 1


def test_an_end_of_a_job_that_is_gone_with_its_ledger_disturbs_nobody():
    job = new_job()
    started = acquire(job)
    Attempt.objects.all().delete()
    delete_by_sql(job)
    assert not finish(started)
