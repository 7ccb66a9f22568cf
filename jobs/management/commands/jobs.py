"""`manage.py jobs list state:failed`: finds, creates, changes and follows jobs; `manage.py jobs tokens`: tokens."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from jobs.client.cli.completing import MANAGE, script
from jobs.client.cli.parsing import COMPLETION, OF_JOBS, add_verbs
from jobs.client.cli.verbs import answered
from jobs.management import tokens
from jobs.management.asking import AskingCommand


class Command(AskingCommand):
    help = "Find, create, change and follow jobs, and make tokens, with the rules and sentences of REST (docs/cli.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_who(parser)
        several = add_verbs(parser, OF_JOBS)
        description = f"{tokens.HELP[0].upper()}{tokens.HELP[1:]}."
        tokens.add_words(several.add_parser(tokens.VERB, help=tokens.HELP, description=description))

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == COMPLETION:
            parser = self.create_parser("manage.py", "jobs")
            self.stdout.write(script(parser, MANAGE, options["shell"]), ending="")
        elif verb == tokens.VERB:
            self.do(options, lambda by, output: answered(lambda: tokens.run(options, by, output), output))
        else:
            self.ask(verb, options)
