"""One call makes a Celery app RunAt's, and leaves what the app has said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from celery import Celery
from celery.concurrency.thread import TaskPool
from django.core.checks import run_checks

from jobs import celery
from jobs.worker.process import options

OPTIONS = ("autoscale", "max_tasks_per_child", "max_memory_per_child")


@pytest.fixture
def app():
    """A Celery app of theirs; `installed` says ours again afterwards."""
    installed = celery.installed()
    yield Celery("theirs", set_as_current=False)
    celery._installed[:] = [installed]


def configured(app, **settings):
    app.conf.update(settings)
    celery.install(app)
    return app.conf


def test_an_app_that_has_said_nothing_gets_what_jobs_need(app):
    celery.install(app)
    app.config_from_object({"broker_url": "redis://127.0.0.1:1/0"})
    conf = app.conf
    assert (conf.beat_scheduler, conf.worker_consumer) == (celery.SCHEDULER, celery.CONSUMER)
    assert celery.STEP in app.steps["worker"]
    assert (conf.broker_connection_timeout, conf.broker_connection_max_retries) == (2, None)
    assert conf.broker_transport_options["max_retries"] == 0
    assert conf.broker_transport_options["socket_keepalive"]
    assert celery.installed() is app


def test_it_does_not_matter_whether_its_settings_come_before_or_after(app):
    app.config_from_object({"broker_url": "amqp://127.0.0.1:1//"})
    assert app.conf.broker_url == "amqp://127.0.0.1:1//"
    celery.install(app)
    assert app.conf.broker_transport_options == {**celery.TRANSPORT, **celery.OF_AMQP}


def test_what_it_has_said_of_its_broker_and_tasks_stays(app):
    theirs = {
        "broker_connection_timeout": 30,
        "broker_transport_options": {"max_retries": 7, "visibility_timeout": 60},
        "task_serializer": "pickle",
        "accept_content": ["pickle"],
        "result_backend": "cache+memory://",
        "task_default_queue": "celery",
        "beat_schedule": {"count": {"task": "count", "schedule": 2.0}},
        "timezone": "Australia/Lord_Howe",
    }
    conf = configured(app, **theirs)
    changed = {name: conf[name] for name, value in theirs.items() if conf[name] != value}
    assert changed.keys() == {"broker_transport_options", "accept_content"}
    assert conf.broker_transport_options["max_retries"] == 7
    assert conf.broker_transport_options["visibility_timeout"] == 60
    assert conf.accept_content == ["pickle", "json"]


@pytest.mark.parametrize("scheduler", celery.IN_WHOSE_PLACE)
def test_ours_comes_in_the_place_of_a_scheduler_that_it_can_stand_for(app, scheduler):
    assert configured(app, beat_scheduler=scheduler).beat_scheduler == celery.SCHEDULER


def test_another_scheduler_stays(app):
    assert configured(app, beat_scheduler="redbeat.RedBeatScheduler").beat_scheduler == "redbeat.RedBeatScheduler"


def test_a_consumer_of_its_own_stays_and_is_refused_by_a_check_and_at_the_start(app):
    assert configured(app, worker_consumer="theirs:Consumer").worker_consumer == "theirs:Consumer"
    assert "jobs.E025" in {found.id for found in run_checks(tags=["jobs"])}
    with pytest.raises(SystemExit, match="worker_consumer is theirs:Consumer"):
        options.check(SimpleNamespace(app=app, pool_cls=TaskPool, **dict.fromkeys(OPTIONS)))


@pytest.mark.parametrize(
    ("asked", "taken"), [(None, ["celery", "default"]), (["mail"], ["mail"]), (["default"], ["default"])]
)
def test_a_worker_without_q_takes_plain_jobs_besides_its_own_queue(app, asked, taken):
    app.amqp.queues.select(asked)
    options.take_plain_jobs(SimpleNamespace(app=app))
    assert sorted(app.amqp.queues.consume_from) == taken


def test_where_the_default_queue_is_that_of_jobs_nothing_changes(app):
    app.conf.task_default_queue = "default"
    options.take_plain_jobs(SimpleNamespace(app=app))
    assert (list(app.amqp.queues.consume_from), app.amqp.queues._consume_from) == (["default"], None)
