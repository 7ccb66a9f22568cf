"""Commands that ask the installation: who acts, and what they exit with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser

from jobs.api.problems import problem_of
from jobs.client.cli import exits
from jobs.client.cli.output import Output
from jobs.client.cli.verbs import run
from jobs.management.here import Here
from jobs.unavailable import AWAY

Act = Callable[[Any, Output], int]  # of who asks, and where it is said


class AskingCommand(BaseCommand):
    """Base of the commands whose words are those of `runat`."""

    requires_system_checks = ()  # each would ask the broker, too; `manage.py doctor` looks at all

    def add_who(self, parser: CommandParser) -> None:
        """Add the option that says who acts."""
        parser.add_argument(
            "--as",
            dest="username",
            metavar="USERNAME",
            help="who asks: it may do no more than this user, and the audit names him; a program, if not given",
        )

    def ask(self, verb: str, options: dict[str, Any]) -> None:
        """Do it through the door of this installation, and exit with its code."""
        self.do(options, lambda by, output: run(verb, options, Here(by), output))

    def do(self, options: dict[str, Any], act: Act) -> None:
        """Do it for whoever asks, and exit with its code."""
        output = Output(self.stdout, self.stderr, as_json=options["json"])  # type: ignore[arg-type]
        code = self._code(act, options, output)
        if code:
            sys.exit(code)

    def _code(self, act: Act, options: dict[str, Any], output: Output) -> int:
        try:
            by = None
            if options["username"]:
                by = get_user_model().objects.filter(username=options["username"]).first()
                if by is None:
                    output.say(f"There is no user '{options['username']}'; give the name of one.")
                    return exits.WRONG_USAGE
            return act(by, output)
        except AWAY as error:
            problem = problem_of(error)
            output.say(problem.detail if problem is not None else str(error))
            return exits.NO_ANSWER
        except KeyboardInterrupt:
            return 130
