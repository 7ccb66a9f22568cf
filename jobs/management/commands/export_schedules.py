"""`manage.py export_schedules --to json`: writes all schedules for others."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.clock import clock
from jobs.models import Schedule
from jobs.web.bringing import exporting


class Command(BaseCommand):
    help = "Write all schedules to the standard output: as JSON, as a crontab, or their next starts as an iCalendar."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, choices=exporting.FORMATS)

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        schedules = Schedule.objects.select_related("calendar").order_by("name")
        self.stdout.write(exporting.written(to, schedules, now=clock.current()), ending="")
