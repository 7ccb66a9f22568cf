"""Celery's app beside which schedules are measured: one task that notes when it is entered, and the beat of
django-celery-beat, with a Django that has nothing else in it. It knows nothing of RunAt."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import environ
from celery import Celery, signals
from django.apps import apps
from django.conf import settings

TASK = "periodic.note"
FOLDER = "PERIODIC_FOLDER"  # the variable that says where the file of stamps is
DATABASE = "PERIODIC_DATABASE"
QUEUE = "PERIODIC_QUEUE"
SCHEDULER = "verification.benchmark.schedules.periodic_beat:Noting"
READY, TICKED, RUN = "ready", "ticked", "run"

# Not the current app: a benchmark that imports this publishes its jobs through ours.
app = Celery("periodic", broker=os.environ.get("BROKER_URL", ""), set_as_current=FOLDER in os.environ)
app.conf.update(
    task_ignore_result=True,
    result_expires=None,  # or its beat would add a periodic task of its own, and leave it there
    broker_connection_retry_on_startup=True,
    task_default_queue=os.environ.get(QUEUE, "celery"),
    beat_scheduler=SCHEDULER,
    timezone="UTC",
)
_writing = threading.Lock()


def note(*words: object) -> None:
    """Append a line to the stamps, whole, since threads and processes share them."""
    line = " ".join(map(str, words)) + "\n"
    with _writing, open(os.path.join(os.environ[FOLDER], "stamps"), "ab", buffering=0) as file:
        file.write(line.encode())


@app.task(name=TASK, ignore_result=True)
def run(number: int) -> None:
    """Note which it is, and when it was entered."""
    note(RUN, number, time.time())


@signals.worker_ready.connect
def _ready(**kwargs: Any) -> None:
    if FOLDER in os.environ:
        note(READY)


def configure() -> None:
    """Set up a Django of its own, if there is none."""
    if not settings.configured:
        settings.configure(
            INSTALLED_APPS=["django_celery_beat"],
            DATABASES={"default": environ.Env.db_url_config(os.environ[DATABASE])},
            USE_TZ=True,
            TIME_ZONE="UTC",
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        )
        apps.populate(settings.INSTALLED_APPS)
