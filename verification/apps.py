"""The verification app: its commands, and the target of a drill."""

import os
from importlib import import_module

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "verification"

    def ready(self) -> None:
        if os.environ.get("JOBS_DRILL_LEDGER"):  # set by `manage.py drill` for itself and its processes only
            import_module("verification.drill.load.body")
