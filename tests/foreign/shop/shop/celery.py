"""The shop's Celery app, with a task of its own."""

import os

from celery import Celery

from jobs.celery import install

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
install(app)
