"""`manage.py schedules plan | apply [FILE]`: makes schedules what a file and the code declare."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import declarations
from jobs.clock import clock
from jobs.conf import conf
from jobs.models.accounts import account

DIFFERENT = 2  # exit code of a plan that would change something


class Command(BaseCommand):
    help = (
        "Make schedules what a file and the code of targets declare (docs/schedules.md). plan: say what would be "
        "added, changed and removed, write nothing, and exit with 2 if there is anything; apply: do it, all or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["plan", "apply"])
        parser.add_argument("file", nargs="?", help="TOML; without it, that of JOBS_SCHEDULES")
        parser.add_argument(
            "--no-prune",
            action="store_true",
            help="keep those that were declared in code or in a file of this name, and are no more",
        )
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for rights and the audit")

    def handle(self, *args: Any, action: str, file: str | None, **options: Any) -> None:
        path = Path(file or conf().schedules)
        by = None
        if options["by"]:
            by = account(options["by"])
            if by is None:
                raise CommandError(f"There is no user '{options['by']}'; give the name of one.")
        do = declarations.plan if action == "plan" else declarations.apply
        try:
            declared = declarations.gather(path, named=file is not None)
            found = do(declared, prune=not options["no_prune"], now=clock.current(), by=by)
        except declarations.Refused as refused:
            raise CommandError("\n".join([*refused.problems, "Nothing was changed."])) from None
        self.stdout.write("\n".join(found.lines()))
        if action == "plan" and found:
            sys.exit(DIFFERENT)
