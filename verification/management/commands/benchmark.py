"""`python manage.py benchmark`: the exercise on real processes, or one of the other modes, as a card."""

import json
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from kombu.exceptions import KombuError, OperationalError
from rich.console import Console

from launcher.interrupts import Interrupts, StopRequested
from verification.benchmark import modes, preconditions
from verification.benchmark.options import ARGUMENTS, OptionError
from verification.benchmark.processes.start import RoundFailed
from verification.benchmark.report.progress import progress

CARD_WIDTH = 110  # characters, where no terminal says


class Command(BaseCommand):
    help = "Measure punctuality and cost by the public exercise; exit code 0 only if the round qualifies."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (kind, text) in ARGUMENTS.items():
            if kind is list:
                parser.add_argument(f"--{name}", action="append", help=text)
            else:
                parser.add_argument(f"--{name}", type=kind, help=text)
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--ha", action="store_true", help="workers live 10 - 30 s, stop, pause 0 - 9 s, start again")
        mode.add_argument("--throughput", action="store_true", help="drain a backlog instead, and one of bare Celery")
        mode.add_argument("--drain", action="store_true", help="drain a backlog by RunAt and by others, in turns")
        mode.add_argument("--scale-out", action="store_true", help="drain a backlog with 1, 2 and 4 workers, in turns")
        mode.add_argument("--create", action="store_true", help="create jobs by REST, one by one and in bulk")
        mode.add_argument("--operations", action="store_true", help="cancel many jobs by a filter, and take it back")
        mode.add_argument("--burst", action="store_true", help="start many jobs at one instant instead")
        mode.add_argument("--steady", action="store_true", help="everything at once, at one rate, instead")
        mode.add_argument("--profile", action="store_true", help="where the processor is in that, by samples of stacks")
        mode.add_argument("--limits", action="store_true", help="what limits cost those that have them, and others")
        mode.add_argument("--schedules", action="store_true", help="many schedules, and django-celery-beat with fewer")
        mode.add_argument("--forecast", action="store_true", help="forecast a load with overloads, and do it")
        mode.add_argument("--years", action="store_true", help="every question with few and with many rows")
        mode.add_argument("--look", action="store_true", help="viewers of the overview of many jobs")
        mode.add_argument("--upgrade", action="store_true", help="what readers and writers wait for while it migrates")
        mode.add_argument("--peers", action="store_true", help="compare RunAt with what others use instead")
        parser.add_argument("--migrate", action="store_true", help="first apply what migrations the database lacks")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            mode = modes.choose(given)
            if given["migrate"]:
                call_command("migrate", verbosity=0)
            preconditions.require_migrations()
            passed = self._run(mode)
        except (OptionError, preconditions.NotMigrated, preconditions.NotAlone, RoundFailed) as error:
            raise CommandError(str(error)) from None
        except (DatabaseError, KombuError, OperationalError, OSError) as error:
            raise CommandError(f"The benchmark was cut short: {' '.join(str(error).split())}") from error
        except StopRequested as stop:
            raise SystemExit(128 + stop.number) from None
        if not passed:
            raise SystemExit(1)

    def _run(self, mode: modes.Mode) -> bool:
        benchmark = mode.make(uuid4().hex[:8], Interrupts())
        self.stdout.write(benchmark.headline)
        with progress() as tell:
            result: modes.Result = benchmark.carry_out(tell)
        mode.show(result, Console(width=None if self.stdout.isatty() else CARD_WIDTH))
        if mode.json:
            mode.json.write_text(json.dumps(result.as_json(), indent=2, default=str) + "\n")
        if result.last_words:
            self.stderr.write(result.last_words)
        return result.passed
