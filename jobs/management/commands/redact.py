"""`manage.py redact --job 7 --reason "..."`: takes away what jobs that are over were given, said and returned."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.models.accounts import account
from jobs.transitions import redaction

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


class Command(BaseCommand):
    help = "Redact jobs that are over: payload, result, errors, output, name, key and labels go; the ledger stays."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--job", type=int, action="append", metavar="ID", help="this one; may be given again")
        which.add_argument("--label", metavar="KEY:VALUE", help="all with this label")
        parser.add_argument("--reason", required=True, help="why, for the audit; name nobody who is to be forgotten")
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")
        parser.add_argument("--dry-run", action="store_true", help="list the jobs, and change nothing")
        parser.add_argument("--no-input", action="store_true", help="do not ask first")

    def handle(self, *args: Any, job: list[int] | None, label: str | None, **options: Any) -> None:
        by = None
        if options["by"]:
            by = account(options["by"])
            if by is None:
                raise CommandError(f"There is no user '{options['by']}'.")
        ids = job or self._labelled(label or "")
        if options["dry_run"]:
            self.stdout.write(f"{len(ids):,} jobs would be redacted: {', '.join(map(str, ids)) or 'none'}.")
            return
        question = f"Redact {len(ids):,} jobs? Nothing brings back what they hold. [y/N] "
        if ids and not options["no_input"] and input(question).lower() != "y":
            raise CommandError("Nothing was changed.")
        self._redact(ids, reason=options["reason"], by=by, now=clock.current())

    def _labelled(self, label: str) -> list[int]:
        key, colon, value = label.partition(":")
        if not (key and colon):
            raise CommandError(f"'{label}' is no label; write it like customer:4711.")
        return redaction.labelled(key, value)

    def _redact(self, ids: list[int], *, reason: str, by: AbstractBaseUser | None, now: datetime) -> None:
        refused = []
        for job_id in ids:
            try:
                answer = redaction.redact(job_id, now=now, reason=reason, by=by)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from None
            if not answer.done:
                refused.append(answer.why)
        self.stdout.write(f"{len(ids) - len(refused):,} jobs are redacted.")
        if refused:
            raise CommandError("\n".join([f"{len(refused):,} are not:", *refused]))
