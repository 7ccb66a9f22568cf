"""Celery tasks that are allowed by name run in place; all others are refused."""

import sys

import pytest
from celery import current_app, shared_task

from jobs import targets
from jobs.models import Attempt, Job
from jobs.rules import why_not_startable
from jobs.states import State
from tests.worker.runner.steps import job, run

pytestmark = pytest.mark.django_db


@shared_task(name="shop.add")
def add(a, b=0):
    return a + b


@shared_task(name="shop.bound", bind=True)
def bound(self, exc=None, message="closed"):
    raise self.retry(exc=TimeoutError(message) if exc else None)


@shared_task(name="shop.auto", autoretry_for=(TimeoutError,), retry_backoff=True)
def auto():
    raise TimeoutError("closed")


@shared_task(name="shop.fails")
def fails():
    raise ValueError("boom")


@pytest.fixture(autouse=True)
def allowed(settings):
    settings.JOBS_CELERY_TASKS = ["shop.add", "shop.bound", "shop.auto", "shop.fails", "no.such.module.task"]


@pytest.mark.parametrize("name", ["celery:shop.add", "shop.add"])
def test_it_runs_in_place_and_its_result_is_kept(name):
    done = run(job(target=name, payload={"args": [1], "kwargs": {"b": 2}}))
    assert done.state == State.COMPLETED, done.reason
    assert Attempt.objects.get().result == 3


def test_it_fails_by_what_it_raises():
    done = run(job(target="shop.fails"))
    assert (done.state, done.reason) == (State.FAILED, "ValueError: boom")


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("shop.bound", {}, "Retry: Task can be retried"),
        ("shop.bound", {"args": [1]}, "TimeoutError: closed"),
        ("shop.auto", {}, "TimeoutError: closed"),
    ],
)
def test_its_retries_are_not_followed(monkeypatch, name, payload, why):
    monkeypatch.setattr(current_app, "send_task", lambda *a, **more: pytest.fail("it was sent"))
    done = run(job(target=name, payload=payload))
    assert done.state == State.FAILED
    assert done.reason.startswith(
        f"{name} asked Celery for a retry, which a job does not follow; name its ends in retry_on"
    )
    assert why in done.reason


def test_but_the_job_may_name_them():
    due = job(target="shop.auto")
    Job.objects.update(rerunnable=True, max_attempts=2, retry_on=["TimeoutError"])
    assert run(due).state == State.PENDING


@pytest.mark.parametrize("name", ["celery:shop.other", "celery:os.system"])
def test_one_that_is_not_allowed_is_refused_and_the_setting_is_named(name):
    assert "add it to JOBS_CELERY_TASKS first" in why_not_startable(name, {})
    done = run(job(target=name))
    assert (done.state, done.attempt) == (State.PENDING, 0), "another worker may allow it"
    assert "JOBS_CELERY_TASKS" in done.waited_for
    late = run(job(-60, target=name))
    assert (late.state, late.attempt) == (State.FAILED, 0)
    assert "JOBS_CELERY_TASKS" in late.reason


def test_a_known_task_is_refused_by_its_bare_name_too(settings):
    settings.JOBS_CELERY_TASKS = []
    assert "add it to JOBS_CELERY_TASKS first" in why_not_startable("shop.add", {})


def test_our_own_task_is_refused_although_it_is_on_the_list(settings):
    settings.JOBS_CELERY_TASKS = ["jobs.run"]
    for name in ("celery:jobs.run", "jobs.run"):
        with pytest.raises(targets.UnknownTarget, match="is what starts jobs"):
            targets.find(name)


@pytest.mark.parametrize("payload", [{"args": 1}, {"kwargs": []}, {"a": 1}])
def test_its_arguments_have_a_form(payload):
    with pytest.raises(targets.InvalidArguments):
        targets.find("shop.add").check(payload)


def test_an_allowed_task_that_this_worker_does_not_have_fails_with_the_remedy():
    done = run(job(0.1, target="no.such.module.task"))
    assert (done.state, done.execute_at) == (State.FAILED, None)
    assert "this worker has no such Celery task (No module named 'no')" in done.reason


def test_its_module_is_imported_when_it_is_needed(settings, tmp_path, monkeypatch):
    (tmp_path / "late_tasks.py").write_text(
        "from celery import shared_task\n@shared_task(name='late_tasks.hello')\ndef hello():\n    return 'hello'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    settings.JOBS_CELERY_TASKS = ["late_tasks.hello"]
    assert run(job(target="celery:late_tasks.hello")).state == State.COMPLETED
    del sys.modules["late_tasks"]


def test_they_are_offered_by_name():
    assert "celery:shop.add" in targets.names()
    assert targets.find("celery:shop.add").usage() == "args: list = [], kwargs: dict = {}"
