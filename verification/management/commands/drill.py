"""`python manage.py drill`: kill, stop and cut real processes and services, and check the promise."""

import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from launcher.interrupts import Interrupts, StopRequested
from verification.benchmark import preconditions
from verification.benchmark.report.progress import progress
from verification.drill import report
from verification.drill.options import OptionError, add_arguments, checked
from verification.drill.round import RoundFailed
from verification.drill.run import DrillRun
from verification.drill.services import current

CARD_WIDTH = 120  # characters, where no terminal says
NAMES = ("rounds", "fault", "seed", "duration", "beats", "workers", "json", "i_know")


class Command(BaseCommand):
    help = "Inject faults into real processes under load; exit code 0 only if no job was lost, doubled, early or late."

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **given: Any) -> None:
        services = current()
        if services is None:
            raise CommandError("A drill is started as 'python manage.py drill', which brings up its services first.")
        try:
            options = checked(**{name: given[name] for name in NAMES}, foreign=services.foreign)
            if services.database:
                call_command("migrate", verbosity=0)
            preconditions.require_migrations()
            run = DrillRun(options, services, Interrupts())
            rounds = ", ".join(plan.name for plan in options.plans)
            self.stdout.write(f"Drill ({rounds}), --seed {options.seed}, logs in {services.folder}")
            with progress() as tell:
                found = run.carry_out(tell)
        except (OptionError, preconditions.NotMigrated, RoundFailed) as error:
            raise CommandError(str(error)) from None
        except StopRequested as stop:
            raise SystemExit(128 + stop.number) from None
        report.show(found, Console(width=None if self.stdout.isatty() else CARD_WIDTH))
        if options.json:
            options.json.write_text(json.dumps(found.as_json(), indent=2, default=str) + "\n")
        if not found.passed:
            raise SystemExit(1)
