"""The jobs app: registers the targets of every installed app and the start-up checks."""

import os
from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs import checks  # noqa: F401, PLC0415

        autodiscover_modules("targets")
        if os.environ.get("JOBS_DRILL_LEDGER"):  # set by `manage.py drill` for itself and its processes only
            import_module("jobs.drill.body")
