#!/usr/bin/env python
"""Django's command line, with our settings."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    words = sys.argv[1 : sys.argv.index("--") if "--" in sys.argv else None]  # what follows is another program's
    if words and words[0] != "help" and not {"-h", "--help", "--version"} & set(words):
        if (
            sys.argv[1:2] == ["benchmark"]
            and find_spec("launcher")
            and not (os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL"))
        ):
            start_over_with_throwaway_services()
        if sys.argv[1:2] == ["drill"] and find_spec("verification"):
            drill()
            return
    elif not (os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL") and os.environ.get("SECRET_KEY")):
        # Who asks what there is needs no servers; the settings only want addresses.
        nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/help", "BROKER_URL": "redis://127.0.0.1:1/0"}
        for name, value in (nowhere | {"SECRET_KEY": "help" * 10}).items():
            os.environ[name] = os.environ.get(name) or value
    execute()


def execute() -> None:
    """Run the command; a database that cannot be reached ends it with a sentence."""
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from django.db import OperationalError  # noqa: PLC0415

    from project import unreachable  # noqa: PLC0415

    unreachable.guard_threads()
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if (said := unreachable.sentence(error)) is None:
            raise
        sys.exit(said)


def drill() -> None:
    """A drill stops and starts its servers, so they are children of this very process."""
    from verification.drill.services import brought_up  # noqa: PLC0415

    with brought_up(sys.argv[2:]):
        execute()


def start_over_with_throwaway_services() -> None:
    """Become the launcher, which runs this command again with fresh servers in place of what is not set.

    A benchmark must disturb nobody: it never uses the installation that `make run` may have up. Durable servers,
    since the figures are to hold for real use.
    """
    launcher = [sys.executable, "-m", "launcher", "exec", "--throwaway", "--durable", "--"]
    migrate = [] if os.environ.get("DATABASE_URL") else ["--migrate"]  # somebody's database is theirs to migrate
    search = [str(Path(__file__).resolve().parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, search))
    os.execv(sys.executable, [*launcher, sys.executable, *sys.argv, *migrate])  # noqa: S606 - a list, no shell


if __name__ == "__main__":
    main()
