"""Makes a Celery app RunAt's: `install(app)`, once, where the app is made. Imports neither Django nor models."""

from __future__ import annotations

import sys
from typing import Any

from celery import Celery

STEP = "jobs.worker.runtime:RuntimeStep"  # by name: it imports our models, which are not there yet
CONSUMER = "jobs.worker.receive.consumer:JobConsumer"
SCHEDULER = "jobs.scheduler:WindowScheduler"
# What a scheduler may be in whose place ours comes: it runs their periodic tasks as that one does.
IN_WHOSE_PLACE = ("django_celery_beat.schedulers:DatabaseScheduler", "django", "celery.beat:PersistentScheduler")

# Where a project has not said otherwise.
DEFAULTS: dict[str, object] = {
    "broker_connection_retry_on_startup": True,
    # RabbitMQ closes a channel on which a message waits longer than its consumer_timeout: the worker opens another.
    "broker_channel_error_retry": True,
    "broker_connection_max_retries": None,  # a worker waits for its broker however long it is away
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # a lost broker must not stop a job in its body
    "broker_connection_timeout": 2,  # seconds
    "broker_heartbeat": 10,  # seconds: a connection that has silently died is noticed after two of them
}
# Publishing fails at once instead of waiting for a broker that is away: the row is safe and goes out later.
TRANSPORT: dict[str, object] = {"max_retries": 0, "interval_start": 0, "interval_step": 0}
OF_REDIS: dict[str, object] = {
    "socket_connect_timeout": 2,
    "socket_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,  # seconds: what the heartbeat is for RabbitMQ
}
OF_AMQP: dict[str, object] = {"confirm_publish": True}

_installed: list[Celery] = []


def install(app: Celery) -> None:
    """Make this app one whose beats list jobs and whose workers start them. Its own tasks, queues, serializer, result
    backend and periodic tasks stay as they are; what it says of its broker stays where it says something. A consumer
    of its own stays, too, and is refused by a check and where a worker starts."""
    app.steps["worker"].add(STEP)
    app.autodiscover_tasks(["jobs.worker.receive"])
    app.on_after_configure.connect(_set, weak=False)
    if app.configured:  # type: ignore[attr-defined]  # celery-types does not know it
        _set(app)
    _installed[:] = [app]


def installed() -> Celery | None:
    """Return the app that `install` was last called for in this process; None where it was not."""
    return _installed[0] if _installed else None


def _set(sender: Celery, **kwargs: Any) -> None:
    conf = sender.conf
    if not conf.value_set_for("worker_consumer"):
        conf.worker_consumer = CONSUMER
    if not conf.value_set_for("beat_scheduler") or conf.beat_scheduler in IN_WHOSE_PLACE:
        conf.beat_scheduler = SCHEDULER
    for name, value in DEFAULTS.items():
        if not conf.value_set_for(name):
            conf[name] = value
    of_broker = OF_REDIS if str(conf.broker_url or "").startswith("redis") else OF_AMQP
    conf.broker_transport_options = TRANSPORT | of_broker | dict(conf.broker_transport_options or {})
    accepted = conf.accept_content or ()
    if "json" not in accepted and "application/json" not in accepted:
        conf.accept_content = [*accepted, "json"]
    # Celery closes Django's connections after each task; a job about to start has no 20 ms to open one. Broken
    # ones are replaced at their next use (jobs/postgresql/base.py).
    if "CELERY_DB_REUSE_MAX" not in conf:
        conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
