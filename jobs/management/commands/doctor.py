"""`manage.py doctor`: looks at all that jobs depend on, and says of each how it is and what to do."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.doctor import examine
from jobs.doctor.finding import Verdict


class Command(BaseCommand):
    help = (
        "Look at all that jobs depend on: settings, versions, clocks, database, broker, beat, workers, growth, "
        "certificates and known risks. Changes nothing. Exits with 0 if all is well, with 1 if there is something to "
        "warn of or that could not be looked at, with 2 if something is bad."
    )
    requires_system_checks = ()  # they are among what is looked at

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON, as docs/doctor.md describes it")

    def handle(self, *args: Any, **options: Any) -> None:
        report = examine()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            columns = shutil.get_terminal_size().columns
            self.stdout.write("\n".join(report.as_text(columns=columns, paint=self._paint)))
        if report.exit_code:
            sys.exit(report.exit_code)

    def _paint(self, verdict: Verdict, text: str) -> str:
        """Colour a text, on a terminal only."""
        styles = {
            Verdict.BAD: self.style.ERROR,
            Verdict.WARN: self.style.WARNING,
            Verdict.UNKNOWN: self.style.WARNING,
            Verdict.NOTE: self.style.HTTP_INFO,
            Verdict.OK: self.style.SUCCESS,
        }
        return str(styles[verdict](text))
