"""`manage.py jobs list state:failed`: finds, creates, changes and follows jobs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from jobs.client.cli.parsing import OF_JOBS, add_verbs
from jobs.management.asking import AskingCommand


class Command(AskingCommand):
    help = "Find, create, change and follow jobs, with the rules and sentences of REST (docs/cli.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_who(parser)
        add_verbs(parser, OF_JOBS)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.ask(verb, options)
