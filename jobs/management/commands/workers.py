"""`manage.py workers`: lists the workers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from jobs.client.cli.parsing import HELPS, add_words
from jobs.management.asking import AskingCommand


class Command(AskingCommand):
    help = f"{HELPS['workers'].capitalize()} (docs/cli.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_who(parser)
        add_words(parser, "workers")

    def handle(self, *args: Any, **options: Any) -> None:
        self.ask("workers", options)
