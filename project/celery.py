"""The Celery app: `celery -A project beat`, `celery -A project worker -P threads -c 5 -n NAME@%h`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

app = Celery("runat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs.worker"])
