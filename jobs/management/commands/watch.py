"""`manage.py watch`: judges the platform and sends alerts, until it is told to stop. Any number may run; one judges."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.alerts.watcher import Watcher
from jobs.postgresql import session as sessions
from jobs.scheduler.locksession import BehindPooler, bound_transactions

PATIENCE = "10s"  # for a statement


class Command(BaseCommand):
    help = "Watch the platform: alerts for what is late, missed, failed or away. Any number may run, one judges."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sessions.pin(statement_timeout=PATIENCE)
        bound_transactions()
        try:
            Watcher(f"watch@{socket.gethostname()}:{os.getpid()}").run(stop)
        except BehindPooler as error:
            raise CommandError(f"RunAt cannot watch: {error}") from None
