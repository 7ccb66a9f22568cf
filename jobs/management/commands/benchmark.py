"""`python manage.py benchmark`: the punctuality exercise on real processes, and its score card."""

import json
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from kombu.exceptions import KombuError, OperationalError
from rich.console import Console

from jobs.benchmark import neighbours
from jobs.benchmark.options import ARGUMENTS, OptionError, Options, checked
from jobs.benchmark.peers import options as peers
from jobs.benchmark.peers import table
from jobs.benchmark.peers.compare import Comparing
from jobs.benchmark.peers.outcome import Outcome
from jobs.benchmark.peers.peer import NAMES
from jobs.benchmark.report import card
from jobs.benchmark.report.progress import progress
from jobs.benchmark.report.result import Result
from jobs.benchmark.round import Round, RoundFailed
from project.local.interrupts import Interrupts, StopRequested

CARD_WIDTH = 110  # characters, where no terminal says


class Command(BaseCommand):
    help = "Measure punctuality and cost by the public exercise; exit code 0 only if the round qualifies."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (kind, default, text) in ARGUMENTS.items():
            parser.add_argument(f"--{name}", type=kind, default=default, help=text)
        parser.add_argument(
            "--ha", action="store_true", help="workers live 10 - 30 s, stop, pause 0 - 9 s, start again"
        )
        parser.add_argument("--peers", action="store_true", help="compare RunAt with what others use instead")
        parser.add_argument("--only", action="append", help=f"with --peers: {', '.join(NAMES)}; may be repeated")
        parser.add_argument("--backlog", type=int, default=peers.BACKLOG, help="with --peers: jobs to drain (0: none)")
        parser.add_argument("--migrate", action="store_true", help="first apply what migrations the database lacks")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            options = checked(**{name: given[name] for name in [*ARGUMENTS, "ha"]})
            comparison = peers.checked(options, **{name: given[name] for name in ("peers", "only", "backlog")})
            if given["migrate"]:
                call_command("migrate", verbosity=0)
            neighbours.require_migrations()
            passed = self._compare(comparison) if comparison else self._run(options)
        except (OptionError, neighbours.NotMigrated, RoundFailed) as error:
            raise CommandError(str(error)) from None
        except (DatabaseError, KombuError, OperationalError, OSError) as error:
            raise CommandError(f"The benchmark was cut short: {' '.join(str(error).split())}") from error
        except StopRequested as stop:
            raise SystemExit(128 + stop.number) from None
        if not passed:
            raise SystemExit(1)

    def _run(self, options: Options) -> bool:
        benchmark = Round(options, uuid4().hex[:8], Interrupts())
        self.stdout.write(f"Round {benchmark.run}, --seed {options.seed}, logs in {benchmark.cluster.folder}")
        with progress() as tell:
            result = benchmark.carry_out(tell)
        card.show(result, self._console())
        self._write(options, result)
        if result.last_words:
            self.stderr.write(result.last_words)
        return result.passed

    def _compare(self, comparison: peers.Comparison) -> bool:
        options = comparison.round
        with progress() as tell:
            comparing = Comparing(comparison, uuid4().hex[:8], Interrupts(), tell)
            self.stdout.write(f"--seed {options.seed}, logs in {comparing.folder}")
            outcome = comparing.carry_out()
        table.show(outcome, self._console())
        self._write(options, outcome)
        return outcome.passed

    def _console(self) -> Console:
        return Console(width=None if self.stdout.isatty() else CARD_WIDTH)

    def _write(self, options: Options, found: Result | Outcome) -> None:
        if options.json:
            options.json.write_text(json.dumps(found.as_json(), indent=2, default=str) + "\n")
