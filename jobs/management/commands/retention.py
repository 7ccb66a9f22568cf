"""`manage.py retention`: shows what would be removed, and switches it on."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.models import Installation
from jobs.models.accounts import account
from jobs.models.old_rows import count_before
from jobs.rules.keeping import old_before
from jobs.transitions import retention
from jobs.transitions.going import Going, going

ROW = "{:<12} {:<24} {:<32} {:>10} {:>10}  {:<10}  {:<10}"


class Command(BaseCommand):
    help = "Show which jobs that are over would be removed, and when; switch that on or off."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--switch-on", action="store_true", help="move and remove from now on")
        what.add_argument("--switch-off", action="store_true", help="move and remove nothing any more")
        what.add_argument(
            "--bring-back", action="store_true", help="switch off, and put all of the history back into jobs_job"
        )
        parser.add_argument("--no-input", action="store_true", help="do not ask before it is switched on")
        parser.add_argument("--reason", default="", help="why, for the audit")
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.current()
        by = None
        if options["by"]:
            by = account(options["by"])
            if by is None:
                raise CommandError(f"There is no user '{options['by']}'.")
        switch = partial(retention.switch, now=now, reason=options["reason"], by=by)
        if options["switch_off"] or options["bring_back"]:
            switch(False)
            self.stdout.write("It is off: nothing is moved or removed.")
            if options["bring_back"]:
                self.stdout.write(f"{retention.bring_all_back():,} jobs are back in jobs_job.")
            return
        self._show(going(now=now), now)
        if not options["switch_on"]:
            on = Installation.current().retention_on_at
            since = f"It is on since {on:%Y-%m-%d %H:%M} UTC." if on else "It is off: --switch-on has these removed."
            self.stdout.write(since)
            return
        question = "Remove them, and what comes to be old from now on? [y/N] "
        if not options["no_input"] and input(question).lower() != "y":
            raise CommandError("Nothing was changed.")
        done = switch(True)
        self.stdout.write("It is on from now on." if done else "It was on already.")

    def _show(self, groups: list[Going], now: datetime) -> None:
        jobs, first = sum(one.jobs for one in groups), sum(one.at_once for one in groups)
        if groups:
            self.stdout.write(ROW.format("state", "queue", "target", "jobs", "at once", "first on", "last on"))
        for one in groups:
            self.stdout.write(
                ROW.format(
                    one.state, one.queue, one.target, f"{one.jobs:,}", f"{one.at_once:,}", str(one.first), str(one.last)
                )
            )
        self.stdout.write(f"{jobs:,} jobs in jobs_job are over, {first:,} of them old enough to be removed tomorrow.")
        for table, moment in old_before(now).items():
            rows = count_before(table, moment)
            self.stdout.write(f"{rows:,} rows of the {table} are old enough to be removed at once.")
