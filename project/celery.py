"""The Celery app: `celery -A project beat`, `celery -A project worker -P threads -c 5 -n NAME@%h`."""

import os

from celery import Celery
from django.conf import settings

from jobs.celery import install
from project import logs, pages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

PREFIX = "CELERY_"

pages.do_without()
app = Celery("runat")
# Its own settings only, under its own names, by which it knows which to hide: it shows what it has to whoever asks a
# worker (`celery -A project inspect conf`).
app.config_from_object(
    {name[len(PREFIX) :].lower(): getattr(settings, name) for name in dir(settings) if name.startswith(PREFIX)}
)
if logs.as_json():
    from project import json_lines

    json_lines.take_over(app)
install(app)
