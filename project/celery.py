"""The Celery app: `celery -A project beat`, `celery -A project worker -P threads -c 5 -n NAME@%h`."""

import os
import sys

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("runat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs.worker.inbox"])
# Celery closes Django's connections after each task; a job about to start has no 20 ms to open one. Broken
# ones are replaced at their next use (project/postgresql/base.py).
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize

# By name, since the step imports our models, which are not there yet.
app.steps["worker"].add("jobs.worker.station:StationStep")
