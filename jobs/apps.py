"""The jobs app: registers the targets of every installed app and the start-up checks."""

import os
from importlib import import_module

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from jobs import checks  # noqa: F401, PLC0415
        from jobs.targets.loading import load  # noqa: PLC0415

        load()
        if os.environ.get("JOBS_DRILL_LEDGER"):  # set by `manage.py drill` for itself and its processes only
            import_module("jobs.drill.load.body")
