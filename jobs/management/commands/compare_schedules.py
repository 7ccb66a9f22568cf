"""`manage.py compare_schedules LOG --from crontab --file FILE`: what schedules have noted in shadow beside what ran."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.clock import clock
from jobs.management.commands.import_schedules import read_file
from jobs.web import parsing
from jobs.web.bringing import SOURCES, TooMuch, periodic
from jobs.web.bringing.comparing import WITHIN, Compared, compare
from jobs.web.bringing.logs import NoLog, key_of, key_of_name, read
from jobs.web.bringing.sources import BEAT

DIFFERS = 1  # exit code
LISTED = 20  # starts of one that are on one side alone
OF_FILES = ("crontab", "crontab-system", "systemd")


class Command(BaseCommand):
    help = (
        "Compare what schedules have noted in shadow with the log of where they come from. Exits with 1 if they differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("log", help="cron's syslog, journalctl -o json, or the log of Celery's beat; - is stdin")
        known = [*OF_FILES, BEAT.key, periodic.KEY]
        parser.add_argument("--from", dest="source", required=True, choices=known, help="where they come from")
        parser.add_argument("--file", help="the file that was brought; none for what Celery has")
        parser.add_argument("--zone", default="UTC", help="zone of the machine, for times of the log that say none")
        parser.add_argument("--since", metavar="MOMENT", help="2026-12-24T00:00Z: leave out what was before")
        parser.add_argument("--until", metavar="MOMENT", help="leave out what was later")
        parser.add_argument(
            "--within",
            type=float,
            default=WITHIN.total_seconds(),
            metavar="SECONDS",
            help="so near to each other two starts are one (default: %(default)g)",
        )

    def handle(self, *args: Any, log: str, source: str, file: str | None, **options: Any) -> None:
        now = clock.current()
        if (file is None) is (source in OF_FILES):
            raise CommandError("What Celery has is in no file; name none." if file else "Name the file by --file.")
        if not 0 < options["within"] <= timedelta(days=1).total_seconds():
            raise CommandError("Give --within more than 0 and up to 86400 seconds.")
        try:
            zone = parsing.zone(options["zone"])
            since, until = (_moment(options[name]) for name in ("since", "until"))
            with nullcontext(sys.stdin) if log == "-" else Path(log).open(errors="replace") as lines:
                found = read(lines, zone=zone, now=now)
            wanted = list(_wanted(source, "" if file is None else read_file(file), now))
        except OSError as error:
            raise CommandError(f"The log {log} cannot be read: {error.strerror}.") from None
        except (NoLog, TooMuch, ValueError) as error:
            raise CommandError(str(error)) from None
        if not wanted:
            raise CommandError("Nothing that was brought can be compared: no entry of it is readable.")
        within = timedelta(seconds=options["within"])
        all_of_them = list(compare(wanted, found, now=now, since=since, until=until, within=within))
        for one in all_of_them:
            self._show(one)
        agree = sum(one.agrees for one in all_of_them)
        self.stdout.write(f"{agree} of {len(all_of_them)} agree.")
        if agree < len(all_of_them):
            sys.exit(DIFFERS)

    def _show(self, one: Compared) -> None:
        names = ", ".join(one.names)
        if one.why_not:
            self.stdout.write(f"{names}: not compared. {one.why_not}")
            return
        counts = f"{len(one.differences)} both, {len(one.only_there)} only there, {len(one.only_here)} only here"
        self.stdout.write(f"{names}: {counts}; seconds: {one.median:+.1f} median, {one.worst:+.1f} worst")
        for where, moments in (("there", one.only_there), ("here", one.only_here)):
            if moments:
                self.stdout.write(f"    only {where}: {_listed(moments)}")
        if one.left_out:
            self.stdout.write(f"    left out: {one.left_out} that ran there while it was off or paused here")


def _wanted(source: str, text: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield keys of the log with the names of the schedules that were brought. Raises TooMuch."""
    if source in OF_FILES:
        entries, _ = SOURCES[source].found(text)
        yield from ((key_of(entry), entry.name) for entry in entries if entry.enabled)
    else:
        entries, _ = (BEAT if source == BEAT.key else periodic.source(now)).found("")
        yield from ((key_of_name(entry.name), entry.name) for entry in entries if entry.enabled)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parsing.moment(text)
    except parsing.Unreadable as error:
        raise CommandError(f"{text} is no moment: {error}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _listed(moments: Sequence[datetime]) -> str:
    more = f" and {len(moments) - LISTED} more" if len(moments) > LISTED else ""
    return ", ".join(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" for moment in moments[:LISTED]) + f"{more} (UTC)"
