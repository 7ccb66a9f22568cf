"""`manage.py keep_job 7 --reason "audit of 2026"`: keeps a job when its day has come, or lets it go."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.models.accounts import account
from jobs.transitions import keeping


class Command(BaseCommand):
    help = "Keep a job when its day has come to be removed; with --let-go it is removed like others again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_id", type=int, metavar="ID")
        parser.add_argument("--let-go", action="store_true", help="keep it no longer")
        parser.add_argument("--reason", required=True, help="why, for the audit")
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")

    def handle(self, *args: Any, job_id: int, let_go: bool, reason: str, **options: Any) -> None:
        by = None
        if options["by"]:
            by = account(options["by"])
            if by is None:
                raise CommandError(f"There is no user '{options['by']}'.")
        try:
            answer = (keeping.let_go if let_go else keeping.keep)(job_id, now=clock.current(), reason=reason, by=by)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if not answer.done:
            raise CommandError(answer.why)
        self.stdout.write(answer.why)
