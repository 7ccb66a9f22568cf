"""`manage.py import_schedules FILE --from crontab`: shows what another scheduler's file would bring, and brings it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.web.bringing import SOURCES, BadTable, Line, NotBrought, Table, TooMuch, bring, preview

REFUSED = 1  # exit code


class Command(BaseCommand):
    help = "Show what a file of another scheduler would bring; with --apply, bring it. Exits with 1 if any is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file; - is the standard input")
        parser.add_argument("--from", dest="source", required=True, choices=SOURCES, help="where it comes from")
        parser.add_argument("--zone", default="UTC", help="zone of the machine it comes from, such as Europe/Berlin")
        parser.add_argument("--map", dest="table", metavar="FILE", help="TOML that maps commands to targets")
        parser.add_argument("--apply", action="store_true", help="create the schedules")
        parser.add_argument("--only-good", action="store_true", help="create the good ones although some are refused")
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")

    def handle(self, *args: Any, file: str, source: str, **options: Any) -> None:
        now, by = clock.current(), _person(options["by"])
        try:
            table = Table.of_toml(_read(options["table"])) if options["table"] else Table()
            lines = preview(source, _read(file), zone=options["zone"], table=table, now=now, by=by)
        except (BadTable, TooMuch) as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        show(self, lines)
        if options["apply"]:
            try:
                made = bring(lines, by=by, now=now, only_good=options["only_good"])
            except NotBrought as error:
                raise CommandError(str(error)) from None
            on = sum(schedule.enabled for schedule in made)
            self.stdout.write(f"{len(made)} brought, {on} of them switched on.")
        if any(not line.is_good for line in lines):
            sys.exit(REFUSED)


def show(command: BaseCommand, lines: Sequence[Line]) -> None:
    """Write the preview: a block of each line."""
    for line in lines:
        command.stdout.write(f"{line.number}: {line.name or '(refused)'}")
        written = " ".join(line.expression.split())
        command.stdout.write(f"    {written} ({line.dialect})" if line.dialect else f"    {written}")
        if line.meaning:
            command.stdout.write(f"    {line.meaning}")
        if line.starts:
            command.stdout.write(f"    next: {', '.join(f'{start:%a %Y-%m-%d %H:%M:%S %Z}' for start in line.starts)}")
        if line.command or line.target:
            command.stdout.write(f"    {line.command or '?'} -> {line.target or 'no target'}")
        for note in line.notes:
            command.stdout.write(f"    note: {note}")
        for problem in line.problems:
            command.stdout.write(f"    refused: {problem}")
    good = sum(line.is_good for line in lines)
    command.stdout.write(f"{good} good, {len(lines) - good} refused.")


def _read(path: str) -> str:
    """Return the text of a file. Raises CommandError."""
    try:
        return (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"The file {path} is not UTF-8: byte {error.start} is wrong; save it as UTF-8.") from None


def _person(username: str | None) -> Any:
    if not username:
        return None
    found = get_user_model().objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"There is no user '{username}'.")
    return found
