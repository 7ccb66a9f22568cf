"""`manage.py release_restored --reason ...`: lets jobs start again in a database that was restored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.models import Installation
from jobs.models.accounts import account
from jobs.transitions import restoring


class Command(BaseCommand):
    help = "Let jobs start again in a database that was restored. Without --reason: say what is held, and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="why, for those who look at it later")
        parser.add_argument(
            "--cancel-due-before",
            type=datetime.fromisoformat,
            metavar="TIME",
            help="cancel the jobs that were due before, with the zone, such as 2026-11-28T06:00:00+00:00",
        )
        parser.add_argument(
            "--copy", action="store_true", help="the installation that this was copied from goes on: take another name"
        )
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")

    def handle(self, *args: Any, reason: str, **options: Any) -> None:
        restored = Installation.restored()
        if restored is None or not reason:
            self.stdout.write(restored.what if restored else "Nothing is held.")
            return
        before: datetime | None = options["cancel_due_before"]
        if before is not None and before.tzinfo is None:
            raise CommandError("Give the time with its zone, such as 2026-11-28T06:00:00+00:00.")
        by = None
        if options["by"]:
            by = account(options["by"])
            if by is None:
                raise CommandError(f"There is no user '{options['by']}'.")
        try:
            answer = restoring.release(
                now=clock.current(), reason=reason, by=by, cancel_due_before=before, copy=options["copy"]
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        self.stdout.write(answer.why)
