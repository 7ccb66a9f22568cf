"""`manage.py import_schedules FILE --from crontab`: shows what another scheduler's file would bring, and brings it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.accounts import account
from jobs.web.bringing import (
    SOURCES,
    BadTable,
    Line,
    NotBrought,
    Table,
    TooMuch,
    bring,
    brought,
    periodic,
    preview,
    preview_of,
)
from jobs.web.bringing.sources import BEAT, MOST_ENTRIES

REFUSED = 1  # exit code


class Command(BaseCommand):
    help = "Show what a file of another scheduler would bring; with --apply, bring it. Exits with 1 if any is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", help="the file; - is the standard input; none for what Celery has")
        known = [*SOURCES, BEAT.key, periodic.KEY]
        parser.add_argument("--from", dest="source", required=True, choices=known, help="where it comes from")
        parser.add_argument("--zone", default="UTC", help="zone of the machine it comes from, such as Europe/Berlin")
        parser.add_argument("--map", dest="table", metavar="FILE", help="TOML that maps commands to targets")
        parser.add_argument("--apply", action="store_true", help="create the schedules")
        parser.add_argument("--shadow", action="store_true", help="they note when they would start, and start nothing")
        parser.add_argument("--only-good", action="store_true", help="create the good ones although some are refused")
        parser.add_argument("--by", metavar="USERNAME", help="who wants it, for the audit")
        parser.add_argument("--record", metavar="FILE", help="where --apply writes which periodic tasks it took over")
        parser.add_argument("--undo", metavar="FILE", help="give back what this record says was taken over")

    def handle(self, *args: Any, file: str | None, source: str, **options: Any) -> None:
        now, by = clock.current(), _person(options["by"])
        applies, shadow = options["apply"], options["shadow"]
        takes_over = source == periodic.KEY and not shadow
        if (file is None) is (source in SOURCES):
            why = "What Celery has is in no file; name none." if file else "Name the file; - is the standard input."
            raise CommandError(why)
        made: list[Schedule] = []
        try:
            if options["undo"]:
                self._undo(source, read_file(options["undo"]), by=by, now=now)
                return
            table = Table.of_toml(read_file(options["table"])) if options["table"] else Table()
            if takes_over and applies:
                path = Path(options["record"] or f"periodic-tasks-{now:%Y%m%dT%H%M%S}.json")
                lines, made = periodic.take_over(
                    table=table, by=by, now=now, only_good=options["only_good"], record=partial(_keep, path)
                )
                self.stdout.write(f"{path} says what was taken over; --undo {path} gives it back.")
            elif file is None:
                found = BEAT if source == BEAT.key else periodic.source(now)
                lines = preview_of(found, "", zone="UTC", table=table, now=now, by=by, most=MOST_ENTRIES, shadow=shadow)
            else:
                text, zone = read_file(file), options["zone"]
                lines = preview(source, text, zone=zone, table=table, now=now, by=by, shadow=shadow)
            show(self, lines)
            if applies and not takes_over:
                made = bring(lines, by=by, now=now, only_good=options["only_good"])
        except (BadTable, TooMuch, NotBrought, periodic.BadRecord) as error:
            more = [f"{line.number} {line.name}: {' '.join(line.problems)}" for line in getattr(error, "lines", ())]
            raise CommandError("\n".join([str(error), *more])) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if applies:
            self.stdout.write(f"{len(made)} brought, {brought(made)}")
        if any(not line.is_good for line in lines):
            sys.exit(REFUSED)

    def _undo(self, source: str, text: str, *, by: Any, now: datetime) -> None:
        if source != periodic.KEY:
            raise CommandError(f"Only what was taken over can be given back; write --from {periodic.KEY}.")
        for said in periodic.give_back(text, by=by, now=now):
            self.stdout.write(said)


def show(command: BaseCommand, lines: Sequence[Line]) -> None:
    """Write the preview: a block of each line."""
    for line in lines:
        command.stdout.write(f"{line.number}: {line.name or '(refused)'}")
        written = " ".join(line.expression.split())
        command.stdout.write(f"    {written} ({line.dialect})" if line.dialect else f"    {written}")
        if line.meaning:
            command.stdout.write(f"    {line.meaning}")
        if line.starts:
            command.stdout.write(f"    next: {', '.join(line.starts_shown)}")
        if line.command or line.target:
            command.stdout.write(f"    {line.command or '?'} -> {line.target or 'no target'}")
        for note in line.notes:
            command.stdout.write(f"    note: {note}")
        for problem in line.problems:
            command.stdout.write(f"    refused: {problem}")
    good = sum(line.is_good for line in lines)
    command.stdout.write(f"{good} good, {len(lines) - good} refused.")


def read_file(path: str) -> str:
    """Return the text of a file. Raises CommandError."""
    try:
        return (sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"The file {path} is not UTF-8: byte {error.start} is wrong; save it as UTF-8.") from None


def _keep(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises CommandError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CommandError(
            f"The record {path} cannot be written: {error.strerror}. Name another by --record."
        ) from None


def _person(username: str | None) -> Any:
    if not username:
        return None
    found = account(username)
    if found is None:
        raise CommandError(f"There is no user '{username}'.")
    return found
