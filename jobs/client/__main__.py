"""`runat`: jobs from a command line anywhere, by the address of an installation and a token."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.client.cli import exits
from jobs.client.cli.asking import WrongUsage
from jobs.client.cli.completing import script
from jobs.client.cli.output import Output, jsoned
from jobs.client.cli.parsing import COMPLETION, OF_JOBS, OF_PLACES, add_verbs
from jobs.client.cli.verbs import run
from jobs.client.connection import Connection
from jobs.client.synchronous import Client

URL, TOKEN = "RUNAT_URL", "RUNAT_TOKEN"
INTERRUPTED = 130  # as shells say it, by Ctrl-C
TOKEN_UNSAID = (
    f"Say who asks: put a token into the environment variable {TOKEN}. You make one on the page /tokens/, an "
    "administrator by 'manage.py jobs tokens create USERNAME'. It is no option: command lines are seen by everybody."
)


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words ask, those of the process where none are given. Returns the exit code."""
    said = sys.argv[1:] if words is None else list(words)
    parser = _parser()
    options = vars(parser.parse_args(said))
    if options["verb"] == COMPLETION:
        sys.stdout.write(script(parser, for_shell=options["shell"]))
        return exits.DONE
    try:
        return _done(options, Output(sys.stdout, sys.stderr, as_json=options["json"]))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `runat list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.DONE


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="runat",
        description=f"Jobs of RunAt, by its address and the token in {TOKEN}.",
        epilog=f"Exit codes: {exits.DONE} done, {exits.REFUSED} refused, {exits.WRONG_USAGE} wrong usage, "
        f"{exits.ENDED_OTHERWISE} the job ended otherwise than completed, {exits.NOT_ENDED} it has not ended in time, "
        f"{exits.NO_ANSWER} no answer. Tokens are made on the page /tokens/, or by 'manage.py jobs tokens': REST has "
        "no way to.",
    )
    parser.add_argument("--url", default=os.environ.get(URL, ""), help=f"https://runat.example; {URL}, if not given")
    parser.add_argument("--timeout-each", type=float, default=30.0, metavar="SECONDS", help="for an answer; 30")
    add_verbs(parser, (*OF_JOBS, *OF_PLACES))
    return parser


def _done(options: Mapping[str, Any], output: Output) -> int:
    """Ask the installation that the options and the environment name, and return the exit code."""
    try:
        if not options["url"]:
            raise WrongUsage(
                f"Say where RunAt is: --url, or the environment variable {URL}, like https://runat.example."
            )
        if not os.environ.get(TOKEN):
            raise WrongUsage(TOKEN_UNSAID)
        connection = Connection(options["url"], os.environ[TOKEN], exact=True, dumps=jsoned)
        with Client("", "", timeout=options["timeout_each"], connection=connection) as client:
            return run(options["verb"], options, client, output)
    except (WrongUsage, ValueError) as error:
        output.say(str(error))
        return exits.WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())
